/** A command that waits: why, until when, through which contact; and orders about it alone. */

import { useState } from "react";
import type { WaitingCommand } from "../../contract/commanding";
import { covers } from "../../contract/session";
import { formatValue } from "../../lib/format";
import { countdown, whyItWaits } from "../../lib/queue";
import { formatDateTime, formatTime } from "../../lib/time";
import { useConsole } from "../../state/console";
import { useView, useWork } from "../../state/hooks";
import { Notice } from "../common/Notice";
import { ReasonDialog } from "../common/ReasonDialog";

export function WaitingRow({ waiting, now, onChanged }: { waiting: WaitingCommand; now: number | null; onChanged: () => void }) {
  const { client } = useConsole();
  const user = useView((view) => view.user);
  const [asking, setAsking] = useState(false);
  const { command, contact } = waiting;
  const held = waiting.held_by !== "";
  const may = user !== null && covers(user.role, held ? "planner" : "operator");
  const order = async (reason: string): Promise<void> => {
    if (held) await client.letGo(command.command_id, reason);
    else await client.holdCommand(command.command_id, reason);
    onChanged();
  };
  const facts = Object.entries(command.arguments).map(([name, value]) => `${name} ${formatValue(value)}`);
  return (
    <li className="waiting-row" data-testid="waiting-command" data-command={command.command}>
      <div className="waiting-head">
        <code className="command-name">{command.command}</code>
        <span className="muted">{facts.join(", ")}</span>
        <span className="waiting-count" title={waiting.next_chance === null ? undefined : `${formatDateTime(waiting.next_chance)} UTC`}>
          {waiting.next_chance !== null && now !== null ? `next chance ${countdown(waiting.next_chance, now)}` : "no chance left"}
        </span>
      </div>
      <p data-testid="waits-for" className={held ? "bad-text" : ""}>
        <strong>{held ? "❚❚ " : ""}Waits for:</strong> {whyItWaits(waiting)}
      </p>
      <p className="muted">
        executes {formatDateTime(command.execute_at)} UTC
        {contact !== null && ` · through ${contact.station} ${formatTime(contact.start, command.execute_at)} to ${formatTime(contact.end, command.execute_at)}`}
        {waiting.latest_release !== null && now !== null && ` · expires ${countdown(waiting.latest_release, now)}`} · for {command.activity_id}
      </p>
      <div className="edit-row">
        <button className="button small" data-testid="command-hold" disabled={!may} title={may ? undefined : `This needs the ${held ? "planner" : "operator"} role`} onClick={() => setAsking(true)}>
          {held ? "Let go…" : "Hold…"}
        </button>
        <Priority waiting={waiting} allowed={user !== null && covers(user.role, "planner")} onChanged={onChanged} />
      </div>
      {asking && (
        <ReasonDialog title={`${held ? "Let go" : "Hold"} ${command.command}`} verb={held ? "Let go" : "Hold"} order={order} onClose={() => setAsking(false)}>
          <p>
            {held ? "It leaves once everything else allows it." : "It stays here until a planner lets it go, or until it is too late for it."}{" "}
            <code>{command.command_id}</code>
          </p>
        </ReasonDialog>
      )}
    </li>
  );
}

function Priority({ waiting, allowed, onChanged }: { waiting: WaitingCommand; allowed: boolean; onChanged: () => void }) {
  const { client } = useConsole();
  const [text, setText] = useState<string | null>(null);
  const work = useWork();
  const set = async (): Promise<void> => {
    const ok = await work.run(() => client.setPriority(waiting.command.command_id, Number(text)));
    if (!ok) return;
    setText(null);
    onChanged();
  };
  return (
    <>
      <label>
        Priority
        <input
          type="number"
          min={-100}
          max={100}
          step={1}
          disabled={!allowed}
          title={allowed ? "−100 to 100; the greater leaves first" : "Reordering needs the planner role"}
          value={text ?? String(waiting.priority)}
          onChange={(event) => setText(event.target.value)}
        />
      </label>
      {text !== null && text !== String(waiting.priority) && (
        <button className="button small" disabled={work.busy} onClick={() => void set()}>
          Set
        </button>
      )}
      {work.error !== null && <Notice tone="bad">{work.error}</Notice>}
    </>
  );
}
