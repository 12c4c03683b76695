/** Command queues: one for each spacecraft and class, what waits in each, what for, and until when. */

import { useState } from "react";
import { CLASSES, type CommandClass, type QueueEntry } from "../../contract/commanding";
import { useConsole } from "../../state/console";
import { useLive, useMissionNow, useReading, useView } from "../../state/hooks";
import { ClassBadge } from "../common/ClassBadge";
import { Notice } from "../common/Notice";
import { Contacts } from "./Contacts";
import { QueueCard } from "./QueueCard";

const MARKS = { enabled: "▶", held: "❚❚", disabled: "✕" } as const;
const REFRESH_S = 30; // mission time; orders and commands are told by the socket

type Key = { satellite: string; commandClass: CommandClass };

export function QueuePanel() {
  const { client } = useConsole();
  const connection = useLive((live) => live.connection);
  const changes = useLive((live) => live.changes.queues);
  const now = useMissionNow();
  const slot = now === null ? 0 : Math.floor(now / 1000 / REFRESH_S);
  const queues = useReading(client.queues, [connection, changes]);
  const [chosen, setChosen] = useState<Key | null>(null);
  const entries = queues.value ?? [];
  const satellites = [...new Set(entries.map((one) => one.queue.satellite))];
  const open = chosen ?? firstOf(entries);
  const shown = open === null ? undefined : entries.find((one) => isOf(one, open.satellite, open.commandClass));
  return (
    <div className="panel">
      <div className="block-head">
        <h3>Command queues</h3>
        <span className="muted">one for each spacecraft and class; choose one to see what waits</span>
      </div>
      {queues.error !== null && <Notice tone="bad">{queues.error}</Notice>}
      {connection !== "open" && <Notice tone="warn">Not connected: what is shown may be old.</Notice>}
      <div className="scroll-x">
        <table className="table queue-grid">
          <thead>
            <tr>
              <th scope="col">Spacecraft</th>
              {CLASSES.map((one) => (
                <th scope="col" key={one}>
                  <ClassBadge name={one} />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {satellites.map((satellite) => (
              <tr key={satellite}>
                <th scope="row">{satellite}</th>
                {CLASSES.map((one) => {
                  const entry = entries.find((candidate) => isOf(candidate, satellite, one));
                  return (
                    <td key={one}>
                      {entry !== undefined && (
                        <QueueButton entry={entry} pressed={entry === shown} onChoose={() => setChosen({ satellite, commandClass: one })} />
                      )}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {shown !== undefined && <QueueCard key={`${shown.queue.satellite}-${shown.queue.command_class}`} entry={shown} now={now} stamp={`${changes}-${slot}`} onChanged={queues.again} />}
      <ContactsOfView satellite={shown?.queue.satellite ?? null} stamp={`${changes}`} />
    </div>
  );
}

function ContactsOfView({ satellite, stamp }: { satellite: string | null; stamp: string }) {
  const user = useView((view) => view.user);
  return user === null || satellite === null ? null : <Contacts satellite={satellite} user={user} stamp={stamp} />;
}

function QueueButton({ entry, pressed, onChoose }: { entry: QueueEntry; pressed: boolean; onChoose: () => void }) {
  const { queue, waiting } = entry;
  const words = `${queue.satellite} ${queue.command_class}: ${queue.state}, ${waiting} waiting`;
  return (
    <button
      className={`queue-cell queue-${queue.state}`}
      data-testid="queue-cell"
      data-queue={`${queue.satellite}/${queue.command_class}`}
      data-state={queue.state}
      aria-pressed={pressed}
      aria-label={words}
      title={queue.reason === "" ? words : `${words}: ${queue.reason}`}
      onClick={onChoose}
    >
      <span aria-hidden="true">{MARKS[queue.state]}</span> {queue.state === "enabled" ? "" : `${queue.state} `}
      <strong>{waiting}</strong>
    </button>
  );
}

function isOf(entry: QueueEntry, satellite: string, commandClass: CommandClass): boolean {
  return entry.queue.satellite === satellite && entry.queue.command_class === commandClass;
}

/** Where to look first: a queue that does not run, then one in which something waits. */
function firstOf(entries: readonly QueueEntry[]): Key | null {
  const found = entries.find((one) => one.queue.state !== "enabled") ?? entries.find((one) => one.waiting > 0) ?? entries[0];
  return found === undefined ? null : { satellite: found.queue.satellite, commandClass: found.queue.command_class };
}
