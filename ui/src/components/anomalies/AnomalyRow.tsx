/** One alert of anomalies: how bad, where, since when; what can be done with it; and opened, what is known of it. */

import { useState } from "react";
import type { Alert } from "../../contract/anomalies";
import { covers, type User } from "../../contract/session";
import { levelOf, nameOfAlert, rangeOf, wordsOfAlert } from "../../lib/anomalies";
import { formatNumber } from "../../lib/format";
import { formatDateTime, formatDuration, secondsBetween } from "../../lib/time";
import { useConsole } from "../../state/console";
import { AnomalyDetail } from "./AnomalyDetail";
import { AnomalyOrder, type Order } from "./AnomalyOrder";
import { SeverityBadge } from "./SeverityBadge";

const ORDERS: readonly [Order, string][] = [
  ["acknowledge", "Acknowledge…"],
  ["confirm", "Confirm…"],
  ["dismiss", "Dismiss…"],
  ["assign", "Assign…"],
  ["comment", "Comment…"],
];

export function AnomalyRow({ alert, user }: { alert: Alert; user: User }) {
  const { view } = useConsole();
  const [order, setOrder] = useState<Order | null>(null);
  const [open, setOpen] = useState(false);
  const may = covers(user.role, "operator");
  const [mark, words] = wordsOfAlert(alert.state);
  const plot = (): void => {
    const { plots } = view.get();
    const range = rangeOf(alert.begin, alert.end ?? alert.judged_until);
    view.dispatch({ tab: "telemetry", plots: { ...plots, satellite: alert.satellite, parameters: alert.parameters.slice(0, 4), span: { kind: "fixed", ...range } } });
  };
  return (
    <li className={`alarm level-${levelOf(alert.severity)}`} data-testid="anomaly" data-alert={alert.alert_id} data-state={alert.state} data-severity={alert.severity}>
      <span className="alarm-head">
        <SeverityBadge severity={alert.severity} />
        <strong>{nameOfAlert(alert)}</strong>
        <span className="muted">
          {alert.kind}, {formatNumber(alert.score)} × threshold
        </span>
        <span className={`alarm-state ${alert.acknowledged ? "muted" : "bad-text"}`}>
          <span aria-hidden="true">{mark}</span> {words}
        </span>
      </span>
      <span className="alarm-facts">
        <span>since {formatDateTime(alert.begin)} UTC</span>
        <span>{alert.end === null ? `judged until ${formatDateTime(alert.judged_until)}` : `over after ${formatDuration(secondsBetween(alert.begin, alert.end))}`}</span>
        {alert.count > 1 && <span data-testid="anomaly-repeats">{alert.count} times</span>}
        {alert.worst !== alert.severity && <span>worst: {alert.worst}</span>}
        {alert.assigned_to !== "" && <span>assigned to {alert.assigned_to}</span>}
        {alert.verdict !== null && (
          <span className={alert.verdict === "confirmed" ? "warn-text" : "good-text"} data-testid="anomaly-verdict">
            {alert.verdict === "confirmed" ? "✓ confirmed" : "∅ dismissed"} by {alert.judged_by}
          </span>
        )}
        {alert.like !== null && <span data-testid="anomaly-like">like one that was dismissed</span>}
      </span>
      <span className="edit-row">
        <button className="button small" data-testid="anomaly-open" aria-expanded={open} onClick={() => setOpen(!open)}>
          Explain
        </button>
        <button className="button small" data-testid="anomaly-plot" onClick={plot}>
          Plot
        </button>
        {ORDERS.filter(([what]) => what !== "acknowledge" || !alert.acknowledged).map(([what, title]) => (
          <button
            key={what}
            className="button small"
            data-testid={`anomaly-${what}`}
            disabled={!may}
            title={may ? undefined : "Handling anomalies needs the operator role"}
            onClick={() => setOrder(what)}
          >
            {title}
          </button>
        ))}
      </span>
      {open && <AnomalyDetail alert={alert} />}
      {order !== null && <AnomalyOrder alert={alert} order={order} user={user} onClose={() => setOrder(null)} />}
    </li>
  );
}
