/** A condition on telemetry: comparisons joined by and or or, for how long; anything deeper as its JSON. */

import { useState } from "react";
import type { ParameterDefinition } from "../../contract/commanding";
import { type Comparison, type Condition, OPERATORS, type Operator } from "../../contract/stack";
import { conditionWords } from "../../lib/stack";

interface ConditionFieldsProps {
  condition: Condition;
  parameters: readonly ParameterDefinition[];
  onChange: (condition: Condition) => void;
}

/** A condition as these fields show it; null where it is deeper than that. */
interface Flat {
  joined: "all" | "any";
  parts: Comparison[];
  lastingS: number | null;
}

function flatOf(condition: Condition): Flat | null {
  if (condition.kind === "for") {
    const inner = flatOf(condition.part);
    return inner === null || inner.lastingS !== null ? null : { ...inner, lastingS: condition.duration_s };
  }
  if (condition.kind === "compare") return { joined: "all", parts: [condition], lastingS: null };
  if (condition.kind === "not") return null;
  const parts = condition.parts.filter((one) => one.kind === "compare");
  return parts.length === condition.parts.length ? { joined: condition.kind, parts, lastingS: null } : null;
}

function conditionOf({ joined, parts, lastingS }: Flat): Condition {
  const inner: Condition = parts.length === 1 ? parts[0]! : { kind: joined, parts };
  return lastingS === null ? inner : { kind: "for", part: inner, duration_s: lastingS };
}

export function ConditionFields({ condition, parameters, onChange }: ConditionFieldsProps) {
  const flat = flatOf(condition);
  if (flat === null) return <ConditionText condition={condition} onChange={onChange} />;
  const set = (change: Partial<Flat>): void => onChange(conditionOf({ ...flat, ...change }));
  const put = (at: number, part: Comparison): void => set({ parts: flat.parts.map((one, index) => (index === at ? part : one)) });
  return (
    <fieldset className="condition">
      <legend>Condition</legend>
      {flat.parts.map((one, index) => (
        <div key={`${index}-${flat.parts.length}-${one.parameter}`} className="edit-row">
          {index > 0 && (
            <select aria-label="Joined by" value={flat.joined} onChange={(event) => set({ joined: event.target.value as "all" | "any" })}>
              <option value="all">and</option>
              <option value="any">or</option>
            </select>
          )}
          <ComparisonFields comparison={one} parameters={parameters} onChange={(part) => put(index, part)} />
          {flat.parts.length > 1 && (
            <button type="button" className="icon-button" aria-label={`Remove comparison ${index + 1}`} onClick={() => set({ parts: flat.parts.filter((_, other) => other !== index) })}>
              ✕
            </button>
          )}
        </div>
      ))}
      <div className="edit-row">
        <button type="button" className="button small" onClick={() => set({ parts: [...flat.parts, flat.parts.at(-1)!] })}>
          + comparison
        </button>
        <label className="check">
          <input type="checkbox" checked={flat.lastingS !== null} onChange={(event) => set({ lastingS: event.target.checked ? 10 : null })} />
          lasting
        </label>
        {flat.lastingS !== null && (
          <input type="number" aria-label="Lasting, mission s" min={0.001} step="any" value={flat.lastingS} onChange={(event) => set({ lastingS: event.target.valueAsNumber })} />
        )}
      </div>
    </fieldset>
  );
}

interface ComparisonProps {
  comparison: Comparison;
  parameters: readonly ParameterDefinition[];
  onChange: (comparison: Comparison) => void;
}

function ComparisonFields({ comparison, parameters, onChange }: ComparisonProps) {
  const parameter = parameters.find((one) => one.name === comparison.parameter);
  const labels = parameter?.labels ?? [];
  const operators = labels.length > 0 ? OPERATORS.slice(0, 2) : OPERATORS;
  const choose = (name: string): void => {
    const chosen = parameters.find((one) => one.name === name);
    const label = chosen?.labels[0];
    onChange({ ...comparison, parameter: name, ...(label === undefined ? { value: 0 } : { value: label, operator: "==" as Operator }) });
  };
  return (
    <>
      <select aria-label="Parameter" data-testid="condition-parameter" value={comparison.parameter} onChange={(event) => choose(event.target.value)}>
        <option value="" disabled>
          parameter
        </option>
        {parameters.map((one) => (
          <option key={one.name} value={one.name}>
            {one.name}
            {one.unit !== "" && ` (${one.unit})`}
          </option>
        ))}
      </select>
      <select aria-label="Comparison" value={comparison.operator} onChange={(event) => onChange({ ...comparison, operator: event.target.value as Operator })}>
        {operators.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
      {labels.length > 0 ? (
        <select aria-label="Value" value={String(comparison.value)} onChange={(event) => onChange({ ...comparison, value: event.target.value })}>
          {labels.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      ) : (
        <NumberField value={comparison.value} onChange={(value) => onChange({ ...comparison, value })} />
      )}
      <span className="unit">{parameter?.unit}</span>
      <label>
        not older than
        <input type="number" min={0.001} step="any" value={comparison.maximum_age_s} onChange={(event) => onChange({ ...comparison, maximum_age_s: event.target.valueAsNumber })} />
        s
      </label>
    </>
  );
}

/** A number as one types it: `0.` is on the way to one. What is none is sent as it is, and the service says so. */
function NumberField({ value, onChange }: { value: number | string; onChange: (value: number | string) => void }) {
  const [text, setText] = useState(String(value));
  const number = Number(text);
  const wrong = text.trim() === "" || !Number.isFinite(number);
  return (
    <input
      aria-label="Value"
      aria-invalid={wrong}
      inputMode="decimal"
      data-testid="condition-value"
      value={text}
      onChange={(event) => {
        const written = event.target.value;
        setText(written);
        onChange(written.trim() !== "" && Number.isFinite(Number(written)) ? Number(written) : written);
      }}
    />
  );
}

/** A condition that has more depth than the fields, as JSON; taken over when it can be read. */
function ConditionText({ condition, onChange }: { condition: Condition; onChange: (condition: Condition) => void }) {
  const [text, setText] = useState(JSON.stringify(condition, null, 2));
  const [wrong, setWrong] = useState(false);
  const take = (written: string): void => {
    setText(written);
    try {
      onChange(JSON.parse(written) as Condition);
      setWrong(false);
    } catch {
      setWrong(true); // the last one that could be read stays, and this is shown as wrong
    }
  };
  return (
    <label className="field">
      Condition as JSON: {conditionWords(condition)}
      <textarea rows={6} aria-invalid={wrong} value={text} onChange={(event) => take(event.target.value)} />
      {wrong && <span className="bad-text hint">✕ this is no JSON; the condition above is kept</span>}
    </label>
  );
}
