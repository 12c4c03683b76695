/** Where the agent waits: a plan that a person decides about. */

import type { Interrupt } from "../../contract/events";
import { shortHash } from "../../lib/format";
import { useConsole } from "../../state/console";
import { Markdown } from "../common/Markdown";

export function ReviewCard({ interrupt, current }: { interrupt: Interrupt; current: boolean }) {
  const { openPlan } = useConsole();
  return (
    <article className="message assistant review-card" data-testid="message-assistant" data-kind="review">
      <Markdown text={interrupt.reason} />
      <div className="review-foot">
        <Standing approvable={interrupt.approvable} current={current} />
        <code title={interrupt.revision_hash}>
          r{interrupt.revision} · {shortHash(interrupt.revision_hash)}
        </code>
        <button className="button small" data-testid="open-plan" onClick={() => openPlan(interrupt.plan_id)}>
          {current ? "Review the plan" : "Show the plan"}
        </button>
      </div>
    </article>
  );
}

function Standing({ approvable, current }: { approvable: boolean; current: boolean }) {
  if (!current) return <span className="badge">reviewed</span>;
  if (!approvable) return <span className="badge badge-warn">! not approvable as it is</span>;
  return <span className="badge badge-good">✓ ready for review</span>;
}
