/** Says at once, on every page, that a serious anomaly was found or became worse. */

import { markOfSeverity, nameOfAlert } from "../../lib/anomalies";
import { formatDateTime } from "../../lib/time";
import { useConsole } from "../../state/console";
import { useLive } from "../../state/hooks";
import { Notice } from "../common/Notice";

export function LoudAnomalies() {
  const loud = useLive((live) => live.loud);
  const { live, view } = useConsole();
  if (loud.length === 0) return null;
  return (
    <div className="announcements" data-testid="loud-anomalies">
      {loud.map((one) => (
        <Notice key={one.alert_id} tone="bad" onClose={() => live.dispatch({ type: "loud-seen", alertId: one.alert_id })}>
          <strong>
            {markOfSeverity(one.severity)} {one.severity} anomaly: {nameOfAlert(one)}
          </strong>
          , {one.kind}, since {formatDateTime(one.begin)} UTC{one.end === null ? "" : ", over by now"}.{" "}
          <button className="text-button" onClick={() => view.dispatch({ tab: "anomalies" })}>
            Look at it
          </button>
        </Notice>
      ))}
    </div>
  );
}
