/** The agent's way through its graph, as it goes. */

import type { Step } from "../../state/conversation";

const WORDS: Readonly<Record<string, string>> = {
  interpret: "interpret",
  gather: "call tools",
  draft: "draft plan",
  check: "simulate and check",
  repair: "repair",
  review: "review",
  oversee: "confirm",
  conclude: "conclude",
};

export function Steps({ steps }: { steps: readonly Step[] }) {
  return (
    <ol className="steps" aria-label="Steps of the agent">
      {steps.map((step, index) => (
        <li
          key={index}
          className={step.done ? "step step-done" : "step step-now"}
          data-testid="step"
          data-step={step.name}
          data-done={step.done}
          aria-current={step.done ? undefined : "step"}
        >
          <span aria-hidden="true">{step.done ? "✓" : "◌"}</span> {WORDS[step.name] ?? step.name}
        </li>
      ))}
    </ol>
  );
}
