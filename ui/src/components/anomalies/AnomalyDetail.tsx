/** What is known of an alert: the explanation in words, what was observed against what was expected, and what happened to it. */

import type { Alert, Anomaly } from "../../contract/anomalies";
import { wordsOfEvidence } from "../../lib/anomalies";
import { formatDateTime } from "../../lib/time";
import { useConsole } from "../../state/console";
import { useLive, useReading } from "../../state/hooks";
import { Notice } from "../common/Notice";
import { SeverityBadge } from "./SeverityBadge";

export function AnomalyDetail({ alert }: { alert: Alert }) {
  const { client } = useConsole();
  const changes = useLive((live) => live.changes.anomalies);
  const reading = useReading(() => client.alert(alert.alert_id), [alert.alert_id, changes]);
  const detail = reading.value?.detail ?? null;
  return (
    <div className="alarm-history" data-testid="anomaly-detail">
      {reading.error !== null && <Notice tone="bad">{reading.error}</Notice>}
      {detail === null && reading.error === null && <p className="muted">Loading…</p>}
      {detail !== null && (
        <>
          <p className={detail.explanation.available ? "anomaly-words" : "anomaly-words muted"} data-testid="anomaly-explanation">
            {detail.explanation.text}
          </p>
          {detail.explanation.procedures.length > 0 && (
            <ul className="anomaly-procedures" aria-label="Procedures to look at">
              {detail.explanation.procedures.map((one) => (
                <li key={one}>{one}</li>
              ))}
            </ul>
          )}
          {detail.anomalies.slice(0, MOST).map((one) => (
            <EvidenceTable key={one.anomaly_id} anomaly={one} />
          ))}
          {detail.anomalies.length > MOST && <p className="muted">and {detail.anomalies.length - MOST} earlier ones</p>}
          <ol className="history" aria-label="What happened to it, the newest first" data-testid="anomaly-steps">
            {detail.steps.map((one) => (
              <li key={one.entry_id}>
                <time>{formatDateTime(one.at)}</time> <strong>{one.step}</strong> <SeverityBadge severity={one.alert.severity} />{" "}
                <span className="muted">
                  {one.by === "" ? "by telemetry" : `by ${one.by}`}
                  {one.step === "assigned" && ` to ${one.alert.assigned_to === "" ? "nobody" : one.alert.assigned_to}`}
                </span>
                {one.reason !== "" && <q className="alarm-words">{one.reason}</q>}
              </li>
            ))}
          </ol>
        </>
      )}
    </div>
  );
}
const MOST = 5;

function EvidenceTable({ anomaly }: { anomaly: Anomaly }) {
  return (
    <div className="evidence-frame">
      <table className="evidence">
        <caption>
          {formatDateTime(anomaly.begin)} to {anomaly.end === null ? `${formatDateTime(anomaly.judged_until)} and on` : formatDateTime(anomaly.end)} UTC, {anomaly.severity} {anomaly.kind}, by {anomaly.model}
        </caption>
        <thead>
          <tr>
            <th scope="col">Parameter</th>
            <th scope="col">Observed</th>
            <th scope="col">Expected</th>
            <th scope="col">Apart</th>
            <th scope="col">Share</th>
            <th scope="col">Since, UTC</th>
          </tr>
        </thead>
        <tbody>
          {anomaly.evidence.map((one) => {
            const words = wordsOfEvidence(one);
            return (
              <tr key={one.parameter} data-testid="evidence">
                <th scope="row">{one.parameter}</th>
                <td>{words.observed}</td>
                <td>{words.expected}</td>
                <td>{words.apart}</td>
                <td>{Math.round(one.share * 100)} %</td>
                <td>{formatDateTime(one.since)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
