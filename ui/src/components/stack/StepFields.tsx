/** The fields of a step, by its kind. */

import type { Definitions } from "../../contract/commanding";
import { type StackDocument, type Step, type StepOf, VERIFIED } from "../../contract/stack";
import { LONGEST_S } from "../../lib/stack";
import { CommandFields } from "./CommandFields";
import { ConditionFields } from "./ConditionFields";

interface FieldsProps {
  step: Step;
  index: number;
  document: StackDocument;
  definitions: Definitions;
  onChange: (step: Step) => void;
}

export function StepFields({ step, index, document, definitions, onChange }: FieldsProps) {
  const later = document.steps.slice(index + 1).map((one) => one.step_id);
  const sent = document.steps.slice(0, index).filter((one) => one.kind === "command");
  switch (step.kind) {
    case "command":
      return <CommandFields step={step} contacts={document.contacts} definitions={definitions} onChange={onChange} />;
    case "wait_verifier":
      return (
        <>
        <div className="field-row">
          <Choice label="Command of step" value={step.of} options={sent.map((one) => one.step_id)} onChoose={(of) => onChange({ ...step, of })} />
          <Choice label="Until" value={step.stage} options={VERIFIED} onChoose={(stage) => onChange({ ...step, stage: stage as typeof step.stage })} />
          <Seconds label="Within" value={step.timeout_s} onChange={(timeout_s) => onChange({ ...step, timeout_s })} />
          <Otherwise step={step} later={later} onChange={onChange} />
        </div>
        <p className="muted">Counted from when the stack comes here, so with the wait for the contact.</p>
        </>
      );
    case "wait_time":
      return <Seconds label="For" value={step.duration_s} onChange={(duration_s) => onChange({ ...step, duration_s })} />;
    case "wait_condition":
      return (
        <>
          <ConditionFields condition={step.condition} parameters={definitions.parameters} onChange={(condition) => onChange({ ...step, condition })} />
          <div className="field-row">
            <Seconds label="Within" value={step.timeout_s} onChange={(timeout_s) => onChange({ ...step, timeout_s })} />
            <Otherwise step={step} later={later} onChange={onChange} />
          </div>
        </>
      );
    case "branch":
      return (
        <>
          <ConditionFields condition={step.condition} parameters={definitions.parameters} onChange={(condition) => onChange({ ...step, condition })} />
          <div className="field-row">
            <Choice label="If so, go to" value={step.then} options={later} onChoose={(then) => onChange({ ...step, then })} />
            <Choice label="If not, go to" value={step.otherwise} options={later} onChoose={(otherwise) => onChange({ ...step, otherwise })} />
          </div>
          <p className="muted">Where telemetry shows nothing that counts, the stack pauses and a person decides.</p>
        </>
      );
    case "hold":
      return (
        <label className="field">
          What a person has to decide
          <input maxLength={500} required value={step.reason} onChange={(event) => onChange({ ...step, reason: event.target.value })} />
        </label>
      );
    case "end":
      return (
        <label className="check">
          <input type="checkbox" checked={step.failed} onChange={(event) => onChange({ ...step, failed: event.target.checked })} />
          this way is a failure
        </label>
      );
  }
}

type Waits = StepOf<"wait_verifier"> | StepOf<"wait_condition">;

function Otherwise({ step, later, onChange }: { step: Waits; later: string[]; onChange: (step: Step) => void }) {
  return (
    <label className="field">
      Otherwise
      <select value={step.otherwise ?? ""} onChange={(event) => onChange({ ...step, otherwise: event.target.value === "" ? null : event.target.value })}>
        <option value="">the stack fails</option>
        {later.map((one) => (
          <option key={one} value={one}>
            go to {one}
          </option>
        ))}
      </select>
    </label>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  options: readonly string[];
  onChoose: (value: string) => void;
}

function Choice({ label, value, options, onChoose }: ChoiceProps) {
  return (
    <label className="field">
      {label}
      <select value={value} onChange={(event) => onChoose(event.target.value)}>
        {!options.includes(value) && <option value={value}>{value === "" ? "choose" : `${value} (not possible here)`}</option>}
        {options.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
    </label>
  );
}

function Seconds({ label, value, onChange }: { label: string; value: number; onChange: (seconds: number) => void }) {
  return (
    <label className="field">
      {label} (mission s)
      <input type="number" min={0.001} max={LONGEST_S} step="any" required value={value} onChange={(event) => onChange(event.target.valueAsNumber)} />
    </label>
  );
}
