/** Whether telemetry is judged, by which model, and what is in the way. */

import { useEffect } from "react";
import { troublesOfWatch } from "../../lib/anomalies";
import { formatDateTime } from "../../lib/time";
import { useConsole } from "../../state/console";
import { useLive, useReading } from "../../state/hooks";
import { Notice } from "../common/Notice";

const REFRESH_MS = 10_000;

export function WatchHealth() {
  const { client } = useConsole();
  const connection = useLive((live) => live.connection);
  const { value, error, again } = useReading(client.anomalyWatch, [connection]);
  useEffect(() => {
    const timer = setTimeout(again, REFRESH_MS);
    return () => clearTimeout(timer);
  }, [value, error, again]);
  if (error !== null) return <Notice tone="bad">{error}</Notice>;
  if (value === null) return null;
  const troubles = troublesOfWatch(value);
  const watched = value.satellites.filter((one) => one.state === "watching").length;
  return (
    <div data-testid="anomaly-watch">
      {troubles.map((one) => (
        <Notice key={one} tone="warn">
          {one}
        </Notice>
      ))}
      <details>
        <summary className="muted">
          {troubles.length === 0 && "✓ "}
          {watched} of {value.satellites.length} spacecraft are judged
        </summary>
        <div className="evidence-frame">
          <table className="evidence">
            <thead>
              <tr>
                <th scope="col">Spacecraft</th>
                <th scope="col">State</th>
                <th scope="col">Model</th>
                <th scope="col">Judged until, UTC</th>
                <th scope="col">Drift from training</th>
              </tr>
            </thead>
            <tbody>
              {value.satellites.map((one) => (
                <tr key={one.satellite}>
                  <th scope="row">{one.satellite}</th>
                  <td>{one.state.replace("-", " ")}</td>
                  <td className="wraps">{one.model === "" ? one.reason : one.model}</td>
                  <td>{one.judged_until === null ? "—" : formatDateTime(one.judged_until)}</td>
                  <td className="wraps">{one.drift === null ? "not looked at yet" : one.drift.summary}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </div>
  );
}
