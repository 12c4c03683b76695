/** A command of a stack: which, its arguments as the mission database types them, and in which contact. */

import { useState } from "react";
import type { ArgumentDefinition, Contact, Definitions } from "../../contract/commanding";
import type { Step, StepOf } from "../../contract/stack";
import { allowedWords, readArgument } from "../../lib/inputs";
import { impliedArguments } from "../../lib/stack";
import { formatTime } from "../../lib/time";
import { ClassBadge } from "../common/ClassBadge";

interface CommandFieldsProps {
  step: StepOf<"command">;
  contacts: readonly Contact[];
  definitions: Definitions;
  onChange: (step: Step) => void;
}

export function CommandFields({ step, contacts, definitions, onChange }: CommandFieldsProps) {
  const definition = definitions.commands.find((one) => one.name === step.command);
  const choose = (name: string): void => {
    const chosen = definitions.commands.find((one) => one.name === name);
    onChange({ ...step, command: name, arguments: chosen === undefined ? {} : impliedArguments(chosen) });
  };
  const put = (name: string, value: unknown): void => {
    const given = { ...step.arguments, [name]: value };
    onChange({ ...step, arguments: Object.fromEntries(Object.entries(given).filter(([, one]) => one !== undefined)) });
  };
  return (
    <>
      <div className="field-row">
        <label className="field grow">
          Command
          <select data-testid="step-command" value={step.command} required onChange={(event) => choose(event.target.value)}>
            <option value="" disabled>
              choose
            </option>
            {definition === undefined && step.command !== "" && <option>{step.command}</option>}
            {definitions.commands.map((one) => (
              <option key={one.name} value={one.name}>
                {one.name} · {one.description} ({one.command_class})
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          Contact
          <select value={step.contact} onChange={(event) => onChange({ ...step, contact: Number(event.target.value) })}>
            {contacts[step.contact] === undefined && <option value={step.contact}>{step.contact} (not there)</option>}
            {contacts.map((one, index) => (
              <option key={index} value={index}>
                {index}: {one.station} {formatTime(one.start)}
              </option>
            ))}
          </select>
        </label>
      </div>
      {definition !== undefined && (
        <>
          <p className="muted">
            <ClassBadge name={definition.command_class} /> {definition.description}
            {definition.risk !== "" && ` · risk: ${definition.risk}`}
            {definition.constraints.length > 0 && ` · leaves only if ${definition.constraints.map((one) => one.condition).join(" and ")}`}
            {definition.idempotent ? "" : " · is never sent twice"}
          </p>
          <div className="field-row">
            {definition.arguments.map((one) => (
              <ArgumentField key={`${definition.name}-${one.name}`} argument={one} value={step.arguments[one.name]} onChange={(value) => put(one.name, value)} />
            ))}
          </div>
        </>
      )}
    </>
  );
}

interface ArgumentFieldProps {
  argument: ArgumentDefinition;
  value: unknown;
  onChange: (value: unknown) => void;
}

/** A field that says what it takes, and what is wrong as soon as something is. */
function ArgumentField({ argument, value, onChange }: ArgumentFieldProps) {
  const [text, setText] = useState(value === undefined ? "" : String(value));
  const [touched, setTouched] = useState(value !== undefined);
  const { error } = readArgument(argument, text);
  const wrong = touched && error !== null;
  const id = `argument-${argument.name}`;
  const take = (written: string): void => {
    setText(written);
    setTouched(true);
    onChange(readArgument(argument, written).value);
  };
  const labels = argument.labels.length > 0 && argument.kind !== "boolean" ? argument.labels : argument.kind === "boolean" ? ["true", "false"] : null;
  const shared = { "data-testid": "argument", "data-argument": argument.name, "aria-invalid": wrong, "aria-describedby": id, value: text };
  return (
    <label className="field argument-field" title={argument.description === "" ? undefined : argument.description}>
      <span>
        {argument.name} {argument.unit !== "" && <span className="unit">{argument.unit}</span>}
      </span>
      {labels === null ? (
        <input {...shared} inputMode={argument.kind === "integer" || argument.kind === "float" ? "decimal" : "text"} placeholder={argument.default ?? ""} onChange={(event) => take(event.target.value)} />
      ) : (
        <select {...shared} onChange={(event) => take(event.target.value)}>
          <option value="">{argument.default === null ? "choose" : `default: ${argument.default}`}</option>
          {labels.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      )}
      <span id={id} className={wrong ? "bad-text hint" : "hint"} data-testid={wrong ? "argument-error" : undefined}>
        {wrong ? `✕ ${error}` : labels === null ? allowedWords(argument) : `one of ${labels.length}`}
      </span>
    </label>
  );
}
