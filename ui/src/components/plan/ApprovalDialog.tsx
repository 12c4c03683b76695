/** What exactly is approved: the revision, its commands, its hazards, and each unknown by name. */

import { useState } from "react";
import type { TaggedPlan } from "../../api/client";
import type { MissionPlan } from "../../contract/plan";
import { hazardousCommands, undecidedCodes, whyNotApprove } from "../../lib/review";
import { formatDateTime } from "../../lib/time";
import { useConsole } from "../../state/console";
import { useView, useWork } from "../../state/hooks";
import { Dialog } from "../common/Dialog";
import { Notice } from "../common/Notice";
import { UnknownFindings } from "./UnknownFindings";

interface ApprovalProps {
  loaded: TaggedPlan;
  onClose: () => void;
  onDone: (words: string) => void;
  onFailed: () => void;
}

export function ApprovalDialog({ loaded, onClose, onDone, onFailed }: ApprovalProps) {
  const { plan, revisionHash } = loaded;
  const { client } = useConsole();
  const [comment, setComment] = useState("");
  const [accepted, setAccepted] = useState<ReadonlySet<string>>(new Set());
  const work = useWork();
  const unknown = undecidedCodes(plan);
  const complete = unknown.every((code) => accepted.has(code));
  const user = useView((view) => view.user);
  const whyNot = user === null ? "Sign in first." : (whyNotApprove(plan, user) ?? (complete ? null : "Accept each unknown finding first."));

  const approve = async (): Promise<void> => {
    const ok = await work.run(async () => {
      const outcome = await client.approve(plan.plan_id, revisionHash, comment, [...accepted]);
      const left = outcome.approvals_needed - outcome.plan.approvals.length;
      onDone(outcome.released ? "Approved and released: its commands are on their way." : `Approved. ${left} more approval needed.`);
    });
    if (!ok) onFailed();
  };

  return (
    <Dialog
      title="Approve this revision"
      onClose={onClose}
      footer={
        <>
          <button className="button" onClick={onClose}>
            Cancel
          </button>
          <button
            className="button primary"
            data-testid="approve-confirm"
            disabled={whyNot !== null || work.busy}
            title={whyNot ?? undefined}
            onClick={() => void approve()}
          >
            {work.busy ? "Approving…" : confirmWords(plan)}
          </button>
        </>
      }
    >
      <p>
        You approve revision {plan.revision} of <code>{plan.plan_id}</code>, and nothing else. It is checked once more against the
        present state; once everybody needed has approved it, its commands are signed and sent.
      </p>
      <p className="hash" title="SHA-256 over everything that this approval binds">
        <code>{revisionHash}</code>
      </p>
      <CommandTable plan={plan} />
      <UnknownFindings codes={unknown} plan={plan} accepted={accepted} onChange={setAccepted} />
      <label className="field">
        Comment (optional)
        <textarea rows={2} maxLength={2000} value={comment} onChange={(event) => setComment(event.target.value)} />
      </label>
      {work.error !== null && <Notice tone="bad">{work.error}</Notice>}
    </Dialog>
  );
}

/** What this approval will do: only the last one that is needed releases the commands. */
function confirmWords(plan: MissionPlan): string {
  const first = hazardousCommands(plan).length > 0 && plan.approvals.length === 0;
  return first ? "Approve as the first of two" : "Approve and release";
}

function CommandTable({ plan }: { plan: MissionPlan }) {
  const hazardous = new Set(hazardousCommands(plan).map((one) => one.command));
  const rows = plan.activities.flatMap((activity) => activity.commands.map((command) => ({ activity, command })));
  rows.sort((one, other) => one.command.execute_at.localeCompare(other.command.execute_at));
  if (rows.length === 0) return <p>It has no commands.</p>;
  return (
    <div className="table-scroll">
      <table className="table">
        <caption>
          {rows.length} {rows.length === 1 ? "command" : "commands"}
          {hazardous.size > 0 && <span className="bad-text"> · hazardous ones need two different people, one a flight director</span>}
        </caption>
        <thead>
          <tr>
            <th scope="col">Time (UTC)</th>
            <th scope="col">Satellite</th>
            <th scope="col">Command</th>
            <th scope="col">For</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ activity, command }, index) => (
            <tr key={index} className={hazardous.has(command.command) ? "row-hazardous" : ""}>
              <td>{formatDateTime(command.execute_at)}</td>
              <td>{activity.satellite}</td>
              <td>
                <code>{command.command}</code> {hazardous.has(command.command) && <span className="badge badge-bad">⚠ hazardous</span>}
              </td>
              <td>{activity.activity_id}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
