/** What somebody says of an anomaly, in words that stay in its history. */

import type { Alert } from "../../contract/anomalies";
import type { User } from "../../contract/session";
import { nameOfAlert } from "../../lib/anomalies";
import { useConsole } from "../../state/console";
import { useReading } from "../../state/hooks";
import { ReasonDialog } from "../common/ReasonDialog";

export type Order = "acknowledge" | "confirm" | "dismiss" | "assign" | "comment";

interface OrderProps {
  alert: Alert;
  order: Order;
  user: User;
  onClose: () => void;
}

export function AnomalyOrder({ alert, order, user, onClose }: OrderProps) {
  const { client, refreshAlerts } = useConsole();
  // What is judged is what was seen when the dialog opened: the service refuses where it has changed since.
  const { value, error } = useReading(() => client.alert(alert.alert_id), [alert.alert_id]);
  const name = nameOfAlert(alert);
  const wrong = error ?? (value === null ? "Reading it…" : null);
  const give = async (what: "acknowledge" | "feedback" | "assign" | "comment", body: Record<string, unknown>): Promise<void> => {
    await client.orderAlert(alert.alert_id, what, body, value?.seen ?? null);
    await refreshAlerts();
  };
  switch (order) {
    case "acknowledge":
      return (
        <ReasonDialog title={`Acknowledge ${name}`} verb="Acknowledge" label="What you know of it" optional wrong={wrong} order={(reason) => give("acknowledge", { reason })} onClose={onClose}>
          <p>You have seen it. It asks again if it gets worse than it was.</p>
        </ReasonDialog>
      );
    case "confirm":
      return (
        <ReasonDialog title={`Confirm ${name}`} verb="Confirm" label="What it is" optional wrong={wrong} order={(comment) => give("feedback", { verdict: "confirmed", comment })} onClose={onClose}>
          <p>It is an anomaly. The model learns from that when it is trained again.</p>
        </ReasonDialog>
      );
    case "dismiss":
      return (
        <ReasonDialog title={`Dismiss ${name}`} verb="Dismiss" label="Why it is none" wrong={wrong} order={(comment) => give("feedback", { verdict: "dismissed", comment })} onClose={onClose}>
          <p>It is no anomaly. Those like it are shown, but not called out, for a time, unless they are worse; the model learns from that when it is trained again.</p>
        </ReasonDialog>
      );
    case "assign":
      return (
        <ReasonDialog
          title={`Assign ${name}`}
          verb="Assign"
          label="Account of who looks after it; empty for nobody"
          initial={alert.assigned_to === "" ? user.username : alert.assigned_to}
          optional
          wrong={wrong}
          order={(to) => give("assign", { to })}
          onClose={onClose}
        />
      );
    case "comment":
      return <ReasonDialog title={`Comment on ${name}`} verb="Comment" label="Comment" wrong={wrong} order={(text) => give("comment", { text })} onClose={onClose} />;
  }
}
