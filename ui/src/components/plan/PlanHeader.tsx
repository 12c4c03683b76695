/** Whose plan it is, in which state, and which exact revision. */

import type { MissionPlan, PlanState } from "../../contract/plan";
import { shortHash } from "../../lib/format";
import { formatDateTime, formatTime } from "../../lib/time";

const MARKS: Readonly<Record<PlanState, [string, string]>> = {
  draft: ["◌", "neutral"],
  validated: ["✓", "info"],
  approved: ["✓✓", "good"],
  released: ["▲", "good"],
  executing: ["▶", "good"],
  completed: ["■", "good"],
  rejected: ["✕", "bad"],
  superseded: ["–", "neutral"],
};

export function PlanHeader({ plan, revisionHash }: { plan: MissionPlan; revisionHash: string }) {
  const [mark, tone] = MARKS[plan.state];
  return (
    <header className="plan-head">
      <div className="plan-title">
        <span className={`badge badge-${tone}`} data-testid="plan-state" data-state={plan.state}>
          <span aria-hidden="true">{mark}</span> {plan.state}
        </span>
        <blockquote className="intent">{plan.intent.text}</blockquote>
      </div>
      <p className="plan-meta">
        <span>asked by {plan.intent.author}</span>
        <span title={plan.plan_id}>
          revision {plan.revision} · <code title={revisionHash}>{shortHash(revisionHash)}</code>
        </span>
        <span>
          {formatDateTime(plan.horizon.start).slice(0, 16)} – {formatTime(plan.horizon.end, plan.horizon.start).slice(0, -3)} UTC
        </span>
      </p>
      {plan.diff !== null && <Changes plan={plan} diff={plan.diff} />}
      {plan.approvals.length > 0 && (
        <ul className="approvals" aria-label="Approvals">
          {plan.approvals.map((one) => (
            <li key={one.by}>
              <span className="badge badge-good">✓ approved</span> by {one.by} ({one.role.replace("_", " ")}) at{" "}
              {formatDateTime(one.at)} UTC{one.comment !== "" && <>: “{one.comment}”</>}
            </li>
          ))}
        </ul>
      )}
    </header>
  );
}

function Changes({ plan, diff }: { plan: MissionPlan; diff: NonNullable<MissionPlan["diff"]> }) {
  const changed = Object.entries(diff.changed).map(([id, fields]) => `${id} (${fields.join(", ")})`);
  const parts = [
    diff.added.length > 0 && `added ${diff.added.join(", ")}`,
    diff.removed.length > 0 && `removed ${diff.removed.join(", ")}`,
    changed.length > 0 && `changed ${changed.join(", ")}`,
  ].filter((part) => part !== false);
  if (parts.length === 0) return null;
  return (
    <p className="plan-diff">
      Since revision {plan.parent_revision}: {parts.join("; ")}
    </p>
  );
}
