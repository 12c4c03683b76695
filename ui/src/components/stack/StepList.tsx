/** The steps of a stack, with the one where the run stands and how its commands fare. */

import { BAD_ENDS } from "../../contract/command";
import type { StackRecord, Step } from "../../contract/stack";
import { formatValue } from "../../lib/format";
import { jumpsOf, longestS, stepWords } from "../../lib/stack";
import { countdown } from "../../lib/queue";
import { useLive } from "../../state/hooks";

const STANDS = new Set(["running", "paused"]);

export function StepList({ record, now }: { record: StackRecord; now: number | null }) {
  const { stack } = record;
  const here = STANDS.has(record.state) || record.position !== "" ? record.position : null;
  return (
    <ol className="steps-list" aria-label="Steps">
      {stack.steps.map((step) => (
        <StepRow key={step.step_id} step={step} record={record} isHere={step.step_id === here} now={now} />
      ))}
    </ol>
  );
}

interface StepRowProps {
  step: Step;
  record: StackRecord;
  isHere: boolean;
  now: number | null;
}

function StepRow({ step, record, isHere, now }: StepRowProps) {
  const running = isHere && record.state === "running";
  const bound = longestS(step);
  const until = bound === null || record.entered_at === null ? null : new Date(Date.parse(record.entered_at) + bound * 1000).toISOString();
  return (
    <li className={isHere ? "step-row step-here" : "step-row"} aria-current={isHere ? "step" : undefined} data-testid="step-row" data-step={step.step_id} data-here={isHere}>
      <span className="step-mark" aria-hidden="true">
        {isHere ? (running ? "▶" : record.state === "paused" ? "❚❚" : "■") : ""}
      </span>
      <span className="step-text">
        <strong>{step.step_id}</strong> {stepWords(step)}{" "}
        {step.kind === "command" && <ArgumentsOf step={step} />}
        {jumpsOf(step).map((one) => (
          <span key={one.when} className="muted">
            {" "}
            · {one.when} → {one.to}
          </span>
        ))}
        {isHere && (
          <span className="badge badge-info">
            {running ? "it stands here" : `${record.state} here`}
            {running && until !== null && now !== null && `, over ${countdown(until, now)}`}
          </span>
        )}
      </span>
      {step.kind === "command" && <CommandOutcome id={`${record.stack.stack_id}-r${record.stack.revision}-${step.step_id}-0`} />}
    </li>
  );
}

function ArgumentsOf({ step }: { step: Extract<Step, { kind: "command" }> }) {
  return (
    <span className="muted">
      {Object.entries(step.arguments).map(([name, value]) => (
        <span key={name} className="argument">
          {name} {formatValue(value)}
        </span>
      ))}
      {` · contact ${step.contact}`}
    </span>
  );
}

/** How the command of a step fares, once it was entered. */
function CommandOutcome({ id }: { id: string }) {
  const command = useLive((live) => live.commands[id]);
  if (command === undefined) return null;
  const bad = BAD_ENDS.has(command.state);
  return (
    <span className={bad ? "badge badge-bad" : command.state === "completed" ? "badge badge-good" : "badge badge-info"} title={command.detail}>
      {bad ? "✕ " : command.state === "completed" ? "✓ " : ""}
      {command.state}
    </span>
  );
}
