/** Writes a stack: title, contacts and steps; saved, it is a new revision that has to be approved. */

import { useState } from "react";
import { ApiError } from "../../api/client";
import type { Definitions } from "../../contract/commanding";
import type { StackDocument, Step, StepKind } from "../../contract/stack";
import { gapOf, KINDS, moved, newStep, renamed, stepOfField, withoutContact, withStep } from "../../lib/stack";
import { useConsole } from "../../state/console";
import { useView, useWork } from "../../state/hooks";
import { Notice } from "../common/Notice";
import { ContactsEditor } from "./ContactsEditor";
import { StepCard } from "./StepCard";

interface EditorProps {
  stackId: string;
  /** The hash of the revision that is changed; null for a new stack. */
  before: string | null;
  initial: StackDocument;
  definitions: Definitions;
  onClose: () => void;
  onSaved: () => void;
}

export function StackEditor({ stackId, before, initial, definitions, onClose, onSaved }: EditorProps) {
  const { client } = useConsole();
  const mission = useView((view) => view.mission);
  const [document, setDocument] = useState(initial);
  /** What is wrong, by step. */
  const [wrong, setWrong] = useState<Readonly<Record<string, string>>>({});
  const [checked, setChecked] = useState(false);
  const work = useWork();
  const change = (part: Partial<StackDocument>): void => {
    setDocument({ ...document, ...part });
    setChecked(false);
  };
  const setSteps = (steps: Step[]): void => change({ steps });
  const put = (at: number, step: Step): void => setSteps(document.steps.map((one, index) => (index === at ? step : one)));
  const send = async (call: () => Promise<unknown>): Promise<boolean> => {
    const gaps = document.steps.flatMap((step) => {
      const gap = gapOf(step, definitions, document.contacts.length);
      return gap === null ? [] : [[step.step_id, gap] as const];
    });
    setWrong(Object.fromEntries(gaps));
    return work.run(async () => {
      if (document.contacts.length === 0) throw new Error("It has no contact to go up in: add a pass.");
      if (gaps.length > 0) throw new Error(`Not complete yet: ${gaps.map(([id]) => id).join(", ")}.`);
      try {
        await call();
      } catch (reason) {
        if (reason instanceof ApiError && reason.problem.status === 422) {
          const stepId = stepOfField(reason.problem.field, document.steps);
          if (stepId !== null) setWrong({ [stepId]: reason.message });
        }
        throw reason;
      }
    });
  };
  const check = async (): Promise<void> => setChecked(await send(() => client.checkStack(stackId, document)));
  const save = async (): Promise<void> => {
    if (await send(() => client.saveStack(stackId, document, before))) onSaved();
  };
  return (
    <form
      className="panel stack-editor"
      noValidate
      aria-label="Stack editor"
      data-testid="stack-editor"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <div className="block-head">
        <h3>{before === null ? "New stack" : "New revision"}</h3>
        <span className="row">
          <button type="button" className="button small" onClick={onClose}>
            Cancel
          </button>
          <button type="button" className="button small" data-testid="stack-check" disabled={work.busy} onClick={() => void check()}>
            Check
          </button>
          <button className="button small primary" data-testid="stack-save" disabled={work.busy}>
            {before === null ? "Save" : "Save as a new revision"}
          </button>
        </span>
      </div>
      {checked && <Notice tone="good">It can run as it reads. Saved, it waits for the approval of another person.</Notice>}
      {work.error !== null && (
        <Notice tone="bad">
          {work.error}
        </Notice>
      )}
      <div className="field-row">
        <label className="field grow">
          Title
          <input data-testid="stack-title" maxLength={200} required value={document.title} onChange={(event) => change({ title: event.target.value })} />
        </label>
        <label className="field">
          Spacecraft
          <select data-testid="stack-satellite" value={document.satellite} onChange={(event) => change({ satellite: event.target.value, contacts: [] })}>
            {(mission?.spacecraft ?? []).map((one) => (
              <option key={one.id}>{one.id}</option>
            ))}
          </select>
        </label>
      </div>
      <ContactsEditor satellite={document.satellite} contacts={document.contacts} onChange={(contacts) => change({ contacts })} onRemove={(at) => change(withoutContact(document, at))} />
      <ol className="steps-list" aria-label="Steps">
        {document.steps.map((step, index) => (
          <StepCard
            key={index}
            step={step}
            index={index}
            document={document}
            definitions={definitions}
            error={wrong[step.step_id] ?? null}
            onChange={(changed) => put(index, changed)}
            onRename={(to) => setSteps(renamed(document.steps, step.step_id, to))}
            onMove={(by) => setSteps(moved(document.steps, index, by))}
            onRemove={() => setSteps(document.steps.filter((_, other) => other !== index))}
            onInsert={(kind) => setSteps(withStep(document.steps, index, newStep(kind, document.steps)))}
          />
        ))}
      </ol>
      <AddStep label="Add at the end" onAdd={(kind) => setSteps([...document.steps, newStep(kind, document.steps)])} />
    </form>
  );
}

/** A choice of a kind of step that adds one as soon as it is made. */
export function AddStep({ label, onAdd }: { label: string; onAdd: (kind: StepKind) => void }) {
  return (
    <select className="add-step" data-testid="add-step" aria-label={label} value="" onChange={(event) => onAdd(event.target.value as StepKind)}>
      <option value="">+ {label}…</option>
      {KINDS.map(([kind, words]) => (
        <option key={kind} value={kind}>
          {words}
        </option>
      ))}
    </select>
  );
}
