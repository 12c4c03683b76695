/** What happened to the alarms of one parameter, the newest first, as far back as it is asked for. */

import { useState } from "react";
import type { Alarm, AlarmEntry } from "../../contract/alarms";
import { LEVEL_MARKS } from "../../lib/alarms";
import { formatDateTime } from "../../lib/time";
import { useConsole } from "../../state/console";
import { useReading } from "../../state/hooks";
import { Notice } from "../common/Notice";

export function AlarmHistory({ alarm }: { alarm: Alarm }) {
  const { client } = useConsole();
  const [pages, setPages] = useState(1);
  const reading = useReading(async () => {
    const found: AlarmEntry[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < pages; page += 1) {
      const answer = await client.alarmHistory(alarm.satellite, alarm.parameter, cursor);
      found.push(...answer.items);
      cursor = answer.next_cursor;
      if (cursor === null) break;
    }
    return { found, more: cursor !== null };
  }, [alarm, pages]);
  return (
    <div className="alarm-history">
      {reading.error !== null && <Notice tone="bad">{reading.error}</Notice>}
      <ol className="history" aria-label={`History of ${alarm.satellite} ${alarm.parameter}`} data-testid="alarm-steps">
        {reading.value?.found.map((one) => (
          <li key={one.entry_id}>
            <time>{formatDateTime(one.at)}</time> <strong>{one.step}</strong>{" "}
            <span>
              {LEVEL_MARKS[one.alarm.level]} {one.alarm.level}
            </span>{" "}
            <span className="muted">
              {one.by === "" ? "by telemetry" : `by ${one.by}`}
              {one.step === "assigned" && ` to ${one.alarm.assigned_to === "" ? "nobody" : one.alarm.assigned_to}`}
              {one.step === "tagged" && `: ${one.alarm.tags.length === 0 ? "none" : one.alarm.tags.join(", ")}`}
              {one.step === "shelved" && one.alarm.shelved_until !== null && ` until ${formatDateTime(one.alarm.shelved_until)} UTC`}
            </span>
            {one.reason !== "" && <q className="alarm-words">{one.reason}</q>}
          </li>
        ))}
      </ol>
      {reading.value?.more === true && (
        <button className="button small" onClick={() => setPages(pages + 1)}>
          Earlier
        </button>
      )}
    </div>
  );
}
