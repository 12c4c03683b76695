/** One queue: its state and who set it, orders about it, and the commands that wait in it. */

import { useState } from "react";
import type { QueueEntry, QueueState } from "../../contract/commanding";
import { covers } from "../../contract/session";
import { byOwner } from "../../lib/queue";
import { useConsole } from "../../state/console";
import { useReading, useView } from "../../state/hooks";
import { ClassBadge } from "../common/ClassBadge";
import { Notice } from "../common/Notice";
import { ReasonDialog } from "../common/ReasonDialog";
import { WaitingRow } from "./WaitingRow";

interface QueueCardProps {
  entry: QueueEntry;
  now: number | null;
  /** Read again when it changes. */
  stamp: string;
  onChanged: () => void;
}

const VERBS: Readonly<Record<QueueState, string>> = { enabled: "Let go", held: "Hold", disabled: "Disable" };
const WHAT: Readonly<Record<QueueState, string>> = {
  enabled: "Commands leave by their time, those first whose time has come.",
  held: "Nothing leaves; commands that wait too long expire.",
  disabled: "Nothing is taken in, and what comes up for release is refused for good.",
};

export function QueueCard({ entry, now, stamp, onChanged }: QueueCardProps) {
  const { client } = useConsole();
  const user = useView((view) => view.user);
  const { queue } = entry;
  const waiting = useReading(() => client.waiting(queue.satellite, queue.command_class), [stamp, entry]);
  const [asking, setAsking] = useState<QueueState | null>(null);
  const order = async (state: QueueState, reason: string): Promise<void> => {
    if (state === "held") await client.holdQueue(queue.satellite, queue.command_class, reason);
    else await client.changeQueue(queue, state, reason);
    onChanged();
  };
  const mayHold = user !== null && covers(user.role, "operator");
  const mayChange = user !== null && covers(user.role, "planner");
  return (
    <section className="block" aria-labelledby="queue-title">
      <div className="block-head">
        <h3 id="queue-title">
          {queue.satellite} <ClassBadge name={queue.command_class} />
        </h3>
        <span className="row">
          {queue.state !== "held" && (
            <button className="button small" data-testid="queue-hold" disabled={!mayHold} title={mayHold ? undefined : "Holding needs the operator role"} onClick={() => setAsking("held")}>
              Hold…
            </button>
          )}
          {queue.state !== "enabled" && (
            <button className="button small" data-testid="queue-enable" disabled={!mayChange} title={mayChange ? undefined : "Letting go needs the planner role"} onClick={() => setAsking("enabled")}>
              Let go…
            </button>
          )}
          {queue.state !== "disabled" && (
            <button className="button small danger" data-testid="queue-disable" disabled={!mayChange} title={mayChange ? undefined : "Disabling needs the planner role"} onClick={() => setAsking("disabled")}>
              Disable…
            </button>
          )}
        </span>
      </div>
      <p data-testid="queue-state" data-state={queue.state} className={queue.state === "enabled" ? "muted" : ""}>
        <span className={queue.state === "enabled" ? "badge badge-good" : "badge badge-bad"}>
          {queue.state === "enabled" ? "▶" : queue.state === "held" ? "❚❚" : "✕"} {queue.state}
        </span>{" "}
        {queue.changed_by !== "" && (
          <>
            by {queue.changed_by}: {queue.reason}.{" "}
          </>
        )}
        <span className="muted">
          {WHAT[queue.state]}
          {queue.minimum_gap_s > 0 && ` At least ${queue.minimum_gap_s} s of mission time between two.`}
        </span>
      </p>
      {waiting.error !== null && <Notice tone="bad">{waiting.error}</Notice>}
      {waiting.value?.length === 0 && <p className="empty">Nothing waits here.</p>}
      {byOwner(waiting.value ?? []).map((group) => (
        <Group key={group.ownerId} ownerId={group.ownerId} count={group.commands.length}>
          {group.commands.map((one) => (
            <WaitingRow key={one.command.command_id} waiting={one} now={now} onChanged={waiting.again} />
          ))}
        </Group>
      ))}
      {asking !== null && (
        <ReasonDialog
          title={`${VERBS[asking]} the queue ${queue.satellite} ${queue.command_class}`}
          verb={VERBS[asking]}
          danger={asking === "disabled"}
          order={(reason) => order(asking, reason)}
          onClose={() => setAsking(null)}
        >
          <p>{WHAT[asking]}</p>
        </ReasonDialog>
      )}
    </section>
  );
}

/** Commands of one plan or stack, together. */
function Group({ ownerId, count, children }: { ownerId: string; count: number; children: React.ReactNode }) {
  const { openPlan, view } = useConsole();
  const stack = ownerId.startsWith("stack-");
  const open = (): void => (stack ? view.dispatch({ tab: "stacks", stackId: ownerId }) : openPlan(ownerId));
  return (
    <section className="group" aria-label={`Commands of ${ownerId}`} data-testid="queue-group">
      <h4>
        {stack ? "stack" : "plan"}{" "}
        <button className="text-button" onClick={open}>
          {ownerId}
        </button>{" "}
        · {count} {count === 1 ? "command" : "commands"}
      </h4>
      <ul className="waiting">{children}</ul>
    </section>
  );
}
