/** One alarm: its level, since when, who looks after it, what can be done with it, and its history. */

import { useState } from "react";
import type { Alarm, AlarmOrder } from "../../contract/alarms";
import { covers, type User } from "../../contract/session";
import { keyOf, wordsOfState } from "../../lib/alarms";
import { formatQuantity } from "../../lib/format";
import { formatDateTime, formatDuration, secondsBetween } from "../../lib/time";
import { useConsole } from "../../state/console";
import { useLive, useMissionNow } from "../../state/hooks";
import { LevelBadge } from "../common/LevelBadge";
import { AlarmHistory } from "./AlarmHistory";
import { OrderDialog } from "./OrderDialog";

export function AlarmRow({ alarm, user }: { alarm: Alarm; user: User }) {
  const { view } = useConsole();
  const now = useMissionNow();
  const [order, setOrder] = useState<AlarmOrder | null>(null);
  const [open, setOpen] = useState(false);
  const may = covers(user.role, "operator");
  const [mark, words] = wordsOfState(alarm.state);
  const unseen = alarm.state === "raised" || alarm.state === "returned";
  const shelved = alarm.shelved_until !== null;
  const plot = (): void => view.dispatch({ tab: "telemetry", plots: { ...view.get().plots, satellite: alarm.satellite, parameters: [alarm.parameter] } });
  const ask = (what: AlarmOrder, title: string) => (
    <button className="button small" data-testid={`alarm-${what}`} disabled={!may} title={may ? undefined : "Handling alarms needs the operator role"} onClick={() => setOrder(what)}>
      {title}
    </button>
  );
  return (
    <li className={`alarm level-${alarm.level}`} data-testid="alarm" data-alarm={keyOf(alarm)} data-state={alarm.state} data-level={alarm.level}>
      <span className="alarm-head">
        <LevelBadge level={alarm.level} />
        <strong>
          {alarm.satellite} {alarm.parameter}
        </strong>
        <NewestValue alarm={alarm} />
        <span className={`alarm-state ${unseen ? "bad-text" : "muted"}`}>
          <span aria-hidden="true">{mark}</span> {words}
        </span>
      </span>
      <span className="alarm-facts">
        <span>
          since {formatDateTime(alarm.raised)} UTC
          {now !== null && ` (${formatDuration(Math.max(0, secondsBetween(alarm.raised, now)))})`}
        </span>
        <span>worst: {alarm.worst}</span>
        <span>{alarm.assigned_to === "" ? "assigned to nobody" : `assigned to ${alarm.assigned_to}`}</span>
        {shelved && (
          <span className="warn-text" data-testid="alarm-shelved">
            ❚❚ shelved until {formatDateTime(alarm.shelved_until ?? "")} UTC
          </span>
        )}
        {alarm.tags.map((one) => (
          <span className="tag" key={one}>
            {one}
          </span>
        ))}
      </span>
      <span className="edit-row">
        {unseen && ask("acknowledge", "Acknowledge…")}
        {shelved ? ask("unshelve", "Unshelve…") : ask("shelve", "Shelve…")}
        {ask("assign", "Assign…")}
        {ask("comment", "Comment…")}
        {ask("tag", "Tags…")}
        <button className="button small" data-testid="alarm-plot" onClick={plot}>
          Plot
        </button>
        <button className="button small" data-testid="alarm-history" aria-expanded={open} onClick={() => setOpen(!open)}>
          History
        </button>
      </span>
      {open && <AlarmHistory alarm={alarm} />}
      {order !== null && <OrderDialog alarm={alarm} order={order} user={user} onClose={() => setOrder(null)} />}
    </li>
  );
}

function NewestValue({ alarm }: { alarm: Alarm }) {
  const newest = useLive((live) => live.telemetry[alarm.satellite]?.parameters[alarm.parameter]);
  if (newest === undefined) return null;
  return (
    <span className="muted" title={`newest value, ${formatDateTime(newest.at)} UTC`}>
      now {typeof newest.value === "number" ? formatQuantity(alarm.parameter, newest.value, newest.unit) : String(newest.value)}
    </span>
  );
}
