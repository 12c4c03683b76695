/** Orders about a stack: edit, start, pause, go on, abort; each only where it is possible and allowed. */

import { useState } from "react";
import { covers } from "../../contract/session";
import type { StackRecord } from "../../contract/stack";
import { whyNotApproveStack } from "../../lib/inbox";
import { useConsole } from "../../state/console";
import { useView, useWork } from "../../state/hooks";
import { Notice } from "../common/Notice";
import { ReasonDialog } from "../common/ReasonDialog";

/** States in which a run has ended. */
export const OVER: ReadonlySet<string> = new Set(["completed", "failed", "aborted"]);
const PLANNER = "This needs the planner role";
const OPERATOR = "This needs the operator role";

interface OrdersProps {
  record: StackRecord;
  onEdit: () => void;
  onChanged: () => void;
}

export function StackOrders({ record, onEdit, onChanged }: OrdersProps) {
  const { client, view } = useConsole();
  const user = useView((state) => state.user);
  const [asking, setAsking] = useState<"pause" | "abort" | null>(null);
  const work = useWork();
  if (user === null) return null;
  const { stack, state } = record;
  const id = stack.stack_id;
  const operator = covers(user.role, "operator");
  const planner = covers(user.role, "planner");
  const give = (order: () => Promise<unknown>): void => void work.run(order).then(onChanged);
  const editable = state === "draft" || OVER.has(state);
  return (
    <div className="stack-orders">
      <div className="decision-row" role="group" aria-label="Orders">
        {editable && (
          <button className="button" data-testid="stack-edit" disabled={!operator} title={operator ? undefined : OPERATOR} onClick={onEdit}>
            {OVER.has(state) ? "Write a new revision…" : "Edit…"}
          </button>
        )}
        {state === "draft" && (
          <button className="button" data-testid="stack-to-inbox" onClick={() => view.dispatch({ tab: "approvals" })}>
            {whyNotApproveStack(record, user) === null ? "Review and approve" : "See it in the approvals"}
          </button>
        )}
        {state === "approved" && (
          <button className="button primary" data-testid="stack-start" disabled={!planner || work.busy} title={planner ? undefined : PLANNER} onClick={() => give(() => client.orderStack(id, "start"))}>
            Start
          </button>
        )}
        {state === "running" && (
          <button className="button" data-testid="stack-pause" disabled={!operator} title={operator ? undefined : OPERATOR} onClick={() => setAsking("pause")}>
            Pause…
          </button>
        )}
        {state === "paused" && <Resume record={record} allowed={planner} busy={work.busy} onResume={(to) => give(() => client.orderStack(id, "resume", { to }))} />}
        {!OVER.has(state) && (
          <button className="button danger" data-testid="stack-abort" disabled={!operator} title={operator ? undefined : OPERATOR} onClick={() => setAsking("abort")}>
            Abort…
          </button>
        )}
      </div>
      {state === "draft" && <p className="muted">A draft waits for the approval of somebody who did not write it; each change is a new revision that has to be approved anew.</p>}
      {work.error !== null && (
        <Notice tone="bad" onClose={work.clear}>
          {work.error}
        </Notice>
      )}
      {asking !== null && (
        <ReasonDialog
          title={asking === "pause" ? `Pause ${stack.title}` : `Abort ${stack.title}`}
          verb={asking === "pause" ? "Pause" : "Abort"}
          danger={asking === "abort"}
          order={async (reason) => {
            await client.orderStack(id, asking, { reason });
            onChanged();
          }}
          onClose={() => setAsking(null)}
        >
          <p>{asking === "pause" ? "No further step is taken; what has been entered goes on." : "It ends for good: what has not left will not leave; what is on its way is not called back."}</p>
        </ReasonDialog>
      )}
    </div>
  );
}

interface ResumeProps {
  record: StackRecord;
  allowed: boolean;
  busy: boolean;
  onResume: (to: string | null) => void;
}

/** Going on: past a hold, from where it was, or into the branch that a person chooses. */
function Resume({ record, allowed, busy, onResume }: ResumeProps) {
  const step = record.stack.steps.find((one) => one.step_id === record.position);
  const title = allowed ? undefined : PLANNER;
  const button = (words: string, to: string | null) => (
    <button key={words} className="button primary" data-testid="stack-resume" data-to={to ?? ""} disabled={!allowed || busy} title={title} onClick={() => onResume(to)}>
      {words}
    </button>
  );
  if (step?.kind !== "branch") return button(step?.kind === "hold" ? "Go on past the hold" : "Go on", null);
  return (
    <>
      {button("Ask telemetry again", null)}
      {button(`Go to ${step.then} (if so)`, step.then)}
      {button(`Go to ${step.otherwise} (if not)`, step.otherwise)}
    </>
  );
}
