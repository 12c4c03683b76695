/** One step while it is written: its id, its kind, its fields, and what is wrong with it. */

import { useState } from "react";
import type { Definitions } from "../../contract/commanding";
import type { StackDocument, Step, StepKind } from "../../contract/stack";
import { KINDS, newStep } from "../../lib/stack";
import { AddStep } from "./StackEditor";
import { StepFields } from "./StepFields";

interface StepCardProps {
  step: Step;
  index: number;
  document: StackDocument;
  definitions: Definitions;
  error: string | null;
  onChange: (step: Step) => void;
  onRename: (to: string) => void;
  onMove: (by: -1 | 1) => void;
  onRemove: () => void;
  onInsert: (kind: StepKind) => void;
}

export function StepCard({ step, index, document, definitions, error, onChange, onRename, onMove, onRemove, onInsert }: StepCardProps) {
  const last = document.steps.length - 1;
  const errorId = `step-error-${index}`;
  const changeKind = (kind: StepKind): void => onChange({ ...newStep(kind, document.steps.slice(0, index)), step_id: step.step_id });
  return (
    <li className={error === null ? "step-card" : "step-card step-wrong"} data-testid="step-card" data-step={step.step_id} aria-describedby={error === null ? undefined : errorId}>
      <div className="step-head">
        <span className="muted">{index + 1}</span>
        <StepId stepId={step.step_id} taken={document.steps.map((one) => one.step_id)} onRename={onRename} />
        <select aria-label="Kind of step" data-testid="step-kind" value={step.kind} onChange={(event) => changeKind(event.target.value as StepKind)}>
          {KINDS.map(([kind, words]) => (
            <option key={kind} value={kind}>
              {words}
            </option>
          ))}
        </select>
        <span className="step-tools">
          <button type="button" className="icon-button" aria-label={`Move ${step.step_id} up`} disabled={index === 0} onClick={() => onMove(-1)}>
            ↑
          </button>
          <button type="button" className="icon-button" aria-label={`Move ${step.step_id} down`} disabled={index === last} onClick={() => onMove(1)}>
            ↓
          </button>
          <button type="button" className="icon-button" aria-label={`Remove ${step.step_id}`} onClick={onRemove}>
            ✕
          </button>
          <AddStep label="Insert before" onAdd={onInsert} />
        </span>
      </div>
      <StepFields key={`${step.step_id}-${step.kind}`} step={step} index={index} document={document} definitions={definitions} onChange={onChange} />
      {error !== null && (
        <p id={errorId} className="bad-text" role="alert" data-testid="step-error">
          ✕ {error}
        </p>
      )}
    </li>
  );
}

const ID = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** An id that is taken over when it is one, and can be no other step's. */
function StepId({ stepId, taken, onRename }: { stepId: string; taken: string[]; onRename: (to: string) => void }) {
  const [text, setText] = useState<string | null>(null);
  const shown = text ?? stepId;
  const wrong = shown !== stepId && (!ID.test(shown) || taken.includes(shown));
  const take = (): void => {
    if (!wrong && shown !== stepId) onRename(shown);
    setText(null);
  };
  return (
    <input
      className="step-id"
      aria-label="Step id"
      aria-invalid={wrong}
      title={wrong ? "Small letters, digits and hyphens, at most 32, and no other step's" : undefined}
      value={shown}
      maxLength={32}
      onChange={(event) => setText(event.target.value)}
      onBlur={take}
    />
  );
}
