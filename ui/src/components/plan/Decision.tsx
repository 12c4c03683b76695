/** The decision: approve this exact revision, reject it with a reason, check it again, or release it. */

import { useState } from "react";
import type { TaggedPlan } from "../../api/client";
import { covers } from "../../contract/session";
import { hazardousCommands, whyNotApprove, whyNotReject } from "../../lib/review";
import { useConsole } from "../../state/console";
import { type LoadedPlan, useView, useWork } from "../../state/hooks";
import { Notice } from "../common/Notice";
import { ApprovalDialog } from "./ApprovalDialog";
import { RejectDialog } from "./RejectDialog";

const RELEASED = new Set(["released", "executing", "completed"]);
const OPEN = new Set(["draft", "validated"]);

export function Decision({ loaded, plan }: { loaded: TaggedPlan; plan: LoadedPlan }) {
  const user = useView((view) => view.user);
  const { client, view } = useConsole();
  const [asking, setAsking] = useState<"approve" | "reject" | null>(null);
  const [outcome, setOutcome] = useState<string | null>(null);
  const work = useWork();
  if (user === null) return null;
  const { plan: mission } = loaded;
  const approveReason = whyNotApprove(mission, user);
  const rejectReason = whyNotReject(mission, user);
  const check = (): void => void work.run(async () => plan.put(await client.validate(mission.plan_id)));
  const release = (): void =>
    void work.run(async () => {
      await client.release(mission.plan_id);
      plan.reload();
    });
  return (
    <div className="decision">
      <div className="decision-row">
        {OPEN.has(mission.state) && (
          <button
            className="button primary"
            data-testid="approve"
            disabled={approveReason !== null}
            aria-describedby="approve-reason"
            onClick={() => setAsking("approve")}
          >
            Approve…
          </button>
        )}
        {(OPEN.has(mission.state) || mission.state === "approved") && (
          <button
            className="button danger"
            data-testid="reject"
            disabled={rejectReason !== null}
            title={rejectReason ?? undefined}
            onClick={() => setAsking("reject")}
          >
            Reject…
          </button>
        )}
        {OPEN.has(mission.state) && covers(user.role, "operator") && (
          <button className="button" data-testid="revalidate" disabled={work.busy} onClick={check}>
            {work.busy ? "Checking…" : "Check again"}
          </button>
        )}
        {mission.state === "approved" && covers(user.role, "planner") && (
          <button className="button" data-testid="release" disabled={work.busy} onClick={release}>
            Release the commands
          </button>
        )}
        {RELEASED.has(mission.state) && (
          <button className="button" onClick={() => view.dispatch({ tab: "commands" })}>
            Follow its commands
          </button>
        )}
        <span id="approve-reason" className="decision-reason" data-testid="approve-reason">
          {approveReason ?? (hazardousCommands(mission).length > 0 ? "Hazardous commands: two different people must approve." : "")}
        </span>
      </div>
      {outcome !== null && (
        <Notice tone="good" onClose={() => setOutcome(null)}>
          {outcome}
        </Notice>
      )}
      {work.error !== null && (
        <Notice tone="bad" onClose={work.clear}>
          {work.error}
        </Notice>
      )}
      {asking === "approve" && (
        <ApprovalDialog
          loaded={loaded}
          onClose={() => setAsking(null)}
          onDone={(words) => {
            setAsking(null);
            setOutcome(words);
            plan.reload();
          }}
          onFailed={plan.reload}
        />
      )}
      {asking === "reject" && (
        <RejectDialog
          plan={mission}
          onClose={() => setAsking(null)}
          onDone={(rejected) => {
            setAsking(null);
            plan.put(rejected);
          }}
        />
      )}
    </div>
  );
}
