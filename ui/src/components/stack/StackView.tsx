/** One stack: its steps, where its run stands, and the orders that are possible now. */

import { useState } from "react";
import type { Definitions } from "../../contract/commanding";
import { BAD_ENDS } from "../../contract/command";
import type { StackRecord, TaggedStack } from "../../contract/stack";
import { formatDateTime, formatTime } from "../../lib/time";
import { useConsole } from "../../state/console";
import { useLive, useMissionNow, useReading } from "../../state/hooks";
import { Notice } from "../common/Notice";
import { StackBadge } from "./StacksPanel";
import { StackEditor } from "./StackEditor";
import { OVER, StackOrders } from "./StackOrders";
import { StepList } from "./StepList";

export function StackView({ stackId, definitions }: { stackId: string; definitions: Definitions }) {
  const { client } = useConsole();
  const connection = useLive((live) => live.connection);
  const changes = useLive((live) => live.changes.stacks);
  const now = useMissionNow();
  const stack = useReading(() => client.stack(stackId), [connection, changes]);
  // What is being edited stays as it was when editing began: a newer revision is then a conflict, not a silent change.
  const [editing, setEditing] = useState<TaggedStack | null>(null);
  if (stack.error !== null) return <Notice tone="bad">{stack.error}</Notice>;
  if (stack.value === null) return <p className="muted">Loading the stack…</p>;
  const { record, hash } = stack.value;
  if (editing !== null) {
    const { title, satellite, contacts, steps } = editing.record.stack;
    return (
      <StackEditor
        stackId={stackId}
        before={editing.hash}
        initial={{ title, satellite, contacts, steps }}
        definitions={definitions}
        onClose={() => setEditing(null)}
        onSaved={() => {
          setEditing(null);
          stack.again();
        }}
      />
    );
  }
  return (
    <section className="block stack" aria-labelledby="stack-title" data-testid="stack-view">
      <div className="block-head">
        <h3 id="stack-title">{record.stack.title}</h3>
        <StackBadge state={record.state} />
      </div>
      <p className="plan-meta">
        <span>
          {record.stack.satellite} · revision {record.stack.revision} by {record.stack.author}
        </span>
        <span>{stackId}</span>
      </p>
      <p className="hash" title="SHA-256 over the whole document: what an approval binds">
        <code>{hash}</code>
      </p>
      {record.reason !== "" && <Notice tone={record.state === "failed" || record.state === "aborted" ? "bad" : "warn"}>{record.reason}</Notice>}
      {record.approvals.length > 0 && (
        <ul className="approvals" aria-label="Approvals">
          {record.approvals.map((one) => (
            <li key={one.by}>
              <span className="badge badge-good">✓ approved</span> by {one.by} ({one.role.replace("_", " ")}) at {formatDateTime(one.at)} UTC
            </li>
          ))}
        </ul>
      )}
      {OVER.has(record.state) && <StillUnderWay record={record} />}
      <StackOrders record={record} onEdit={() => setEditing(stack.value)} onChanged={stack.again} />
      <StepList record={record} now={now} />
      <ul className="muted contact-list" aria-label="Contacts">
        {record.stack.contacts.map((one, index) => (
          <li key={index}>
            contact {index}: {one.station}, {formatDateTime(one.start)} to {formatTime(one.end, one.start)} UTC
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A run that is over sends nothing new, but what it has entered goes on: whoever looks has to know. */
function StillUnderWay({ record }: { record: StackRecord }) {
  const { view } = useConsole();
  const commands = useLive((live) => live.commands);
  const prefix = `${record.stack.stack_id}-r${record.stack.revision}-`;
  const open = Object.values(commands).filter((one) => one.command_id.startsWith(prefix) && one.state !== "completed" && !BAD_ENDS.has(one.state));
  if (open.length === 0) return null;
  return (
    <Notice tone="warn">
      The run is over, but {open.length === 1 ? "one command of it has" : `${open.length} commands of it have`} not ended:{" "}
      {open.map((one) => `${one.activity_id} (${one.command}, ${one.state})`).join(", ")}. What has not left can still be held in its{" "}
      <button className="text-button" onClick={() => view.dispatch({ tab: "queue" })}>
        queue
      </button>
      .
    </Notice>
  );
}
