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
        <span className={interrupt.approvable ? "badge badge-good" : "badge badge-warn"}>
          {interrupt.approvable ? "✓ ready for review" : "! not approvable as it is"}
        </span>
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
