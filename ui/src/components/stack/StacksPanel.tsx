/** Stacks: commands in steps that wait for proof, time and telemetry; written, approved and run here. */

import { useState } from "react";
import { covers } from "../../contract/session";
import type { StackRecord } from "../../contract/stack";
import { freshKey } from "../../lib/key";
import { blankStack } from "../../lib/stack";
import { useConsole } from "../../state/console";
import { useLive, useReading, useView } from "../../state/hooks";
import { Notice } from "../common/Notice";
import { StackEditor } from "./StackEditor";
import { StackView } from "./StackView";

export const STACK_MARKS: Readonly<Record<string, [string, string]>> = {
  draft: ["◌", "badge"],
  approved: ["✓", "badge badge-info"],
  running: ["▶", "badge badge-good"],
  paused: ["❚❚", "badge badge-warn"],
  completed: ["■", "badge badge-good"],
  failed: ["✕", "badge badge-bad"],
  aborted: ["✕", "badge badge-bad"],
};

export function StacksPanel() {
  const { client, view } = useConsole();
  const user = useView((state) => state.user);
  const mission = useView((state) => state.mission);
  const stackId = useView((state) => state.stackId);
  const connection = useLive((live) => live.connection);
  const changes = useLive((live) => live.changes.stacks);
  const [writing, setWriting] = useState<string | null>(null);
  const stacks = useReading(client.stacks, [connection, changes]);
  const definitions = useReading(client.definitions, [connection]);
  const open = (id: string | null): void => view.dispatch({ stackId: id });
  const may = user !== null && covers(user.role, "operator");
  const first = mission?.spacecraft[0]?.id;
  if (writing !== null && definitions.value !== null && first !== undefined) {
    return (
      <StackEditor
        stackId={writing}
        before={null}
        initial={blankStack(first)}
        definitions={definitions.value}
        onClose={() => setWriting(null)}
        onSaved={() => {
          setWriting(null);
          open(writing);
          stacks.again();
        }}
      />
    );
  }
  return (
    <div className="panel">
      <div className="block-head">
        <h3>Stacks</h3>
        <button
          className="button small"
          data-testid="stack-new"
          disabled={!may || definitions.value === null || first === undefined}
          title={may ? undefined : "Writing a stack needs the operator role"}
          onClick={() => setWriting(`stack-${freshKey().slice(0, 12)}`)}
        >
          New stack
        </button>
      </div>
      {stacks.error !== null && <Notice tone="bad">{stacks.error}</Notice>}
      {definitions.error !== null && <Notice tone="bad">{definitions.error}</Notice>}
      {stacks.value?.length === 0 && (
        <div className="empty-state">
          <h3>No stacks yet</h3>
          <p>A stack sends commands of one spacecraft step by step, waits for their reports and for telemetry, and is approved as a whole before it runs.</p>
        </div>
      )}
      <ul className="stack-list" aria-label="Stacks">
        {(stacks.value ?? []).map((one) => (
          <StackRow key={one.stack.stack_id} record={one} chosen={one.stack.stack_id === stackId} onChoose={() => open(one.stack.stack_id === stackId ? null : one.stack.stack_id)} />
        ))}
      </ul>
      {stackId !== null && definitions.value !== null && <StackView key={stackId} stackId={stackId} definitions={definitions.value} />}
    </div>
  );
}

function StackRow({ record, chosen, onChoose }: { record: StackRecord; chosen: boolean; onChoose: () => void }) {
  const { stack, state } = record;
  return (
    <li>
      <button className="stack-row" aria-expanded={chosen} data-testid="stack-row" data-stack={stack.stack_id} data-state={state} onClick={onChoose}>
        <StackBadge state={state} />
        <strong>{stack.title}</strong>
        <span className="muted">
          {stack.satellite} · revision {stack.revision} by {stack.author}
        </span>
      </button>
    </li>
  );
}

/** The state of a stack: a word and a sign. */
export function StackBadge({ state }: { state: string }) {
  const [mark, style] = STACK_MARKS[state] ?? ["?", "badge"];
  return (
    <span className={style} data-testid="stack-state" data-state={state}>
      <span aria-hidden="true">{mark}</span> {state}
    </span>
  );
}
