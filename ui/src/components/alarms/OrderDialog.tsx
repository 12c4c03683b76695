/** What somebody does with an alarm, in words that stay in its history. */

import { useState } from "react";
import type { Alarm, AlarmOrder } from "../../contract/alarms";
import type { User } from "../../contract/session";
import { readTags } from "../../lib/alarms";
import { useConsole } from "../../state/console";
import { ReasonDialog } from "../common/ReasonDialog";

interface OrderProps {
  alarm: Alarm;
  order: AlarmOrder;
  user: User;
  onClose: () => void;
}

const SHELVES: readonly [number, string][] = [
  [15, "15 min"],
  [60, "1 h"],
  [240, "4 h"],
  [1440, "1 day"],
];
const LONGEST_MIN = 10_080;

export function OrderDialog({ alarm, order, user, onClose }: OrderProps) {
  const { client, refreshAlarms } = useConsole();
  const [minutes, setMinutes] = useState("60");
  const name = `${alarm.satellite} ${alarm.parameter}`;
  const give = async (more: Record<string, unknown>): Promise<void> => {
    await client.orderAlarm(alarm, order, more);
    await refreshAlarms();
  };
  switch (order) {
    case "acknowledge":
      return (
        <ReasonDialog title={`Acknowledge ${name}`} verb="Acknowledge" label="What you know of it" order={(reason) => give({ reason })} onClose={onClose}>
          <p>{alarm.state === "returned" ? "It is normal again: with this it is over." : "You have seen it. It is shown as long as it lasts, and asks again if it gets worse than it was."}</p>
        </ReasonDialog>
      );
    case "shelve": {
      const wanted = Number(minutes);
      const wrong = wanted > 0 && wanted <= LONGEST_MIN ? null : `More than 0 and at most ${LONGEST_MIN} minutes (7 days)`;
      return (
        <ReasonDialog title={`Shelve ${name}`} verb="Shelve" wrong={wrong} order={(reason) => give({ minutes: wanted, reason })} onClose={onClose}>
          <p>It is counted and called out no longer until the time is over; its level goes on being followed.</p>
          <label className="field">
            Minutes of mission time
            <span className="row">
              <input type="number" min={1} max={LONGEST_MIN} value={minutes} data-testid="shelve-minutes" onChange={(event) => setMinutes(event.target.value)} />
              {SHELVES.map(([one, words]) => (
                <button key={one} type="button" className="button small" aria-pressed={wanted === one} onClick={() => setMinutes(String(one))}>
                  {words}
                </button>
              ))}
            </span>
          </label>
        </ReasonDialog>
      );
    }
    case "unshelve":
      return <ReasonDialog title={`Unshelve ${name}`} verb="Unshelve" optional order={(reason) => give({ reason })} onClose={onClose} />;
    case "assign":
      return (
        <ReasonDialog
          title={`Assign ${name}`}
          verb="Assign"
          label="Account of who looks after it; empty for nobody"
          initial={alarm.assigned_to === "" ? user.username : alarm.assigned_to}
          optional
          order={(to) => give({ to })}
          onClose={onClose}
        />
      );
    case "comment":
      return <ReasonDialog title={`Comment on ${name}`} verb="Comment" label="Comment" order={(text) => give({ text })} onClose={onClose} />;
    case "tag":
      return (
        <ReasonDialog
          title={`Tags of ${name}`}
          verb="Set the tags"
          label="Tags, between commas, in place of those that it has"
          initial={alarm.tags.join(", ")}
          optional
          order={(text) => give({ tags: readTags(text) })}
          onClose={onClose}
        />
      );
  }
}
