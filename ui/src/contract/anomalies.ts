/** Anomalies that models find in telemetry, as alerts, as the service gives them. */

export type AlertState = "open" | "acknowledged" | "ended" | "closed";
export type Severity = "notice" | "warning" | "serious" | "critical";
export type Verdict = "confirmed" | "dismissed";
export type AnomalyKind = "point" | "contextual" | "collective" | "drift" | "stuck" | "noise" | "spike" | "gap";

/** One or more anomalies that people see as one; `like` is the dismissed alert that it is like. */
export interface Alert {
  alert_id: string;
  satellite: string;
  state: AlertState;
  kind: AnomalyKind;
  severity: Severity;
  worst: Severity;
  parameters: string[];
  score: number;
  begin: string;
  end: string | null;
  judged_until: string;
  count: number;
  model: string;
  acknowledged: boolean;
  verdict: Verdict | null;
  judged_by: string;
  judged_at: string | null;
  comment: string;
  assigned_to: string;
  like: string | null;
}

/** What one parameter showed, and what was expected; `observed` is null where no sample came. */
export interface Evidence {
  parameter: string;
  unit: string | null;
  since: string;
  at: string;
  observed: number | null;
  expected: number;
  spread: number;
  deviations: number | null;
  share: number;
}

export interface Anomaly {
  anomaly_id: string;
  alert_id: string;
  satellite: string;
  begin: string;
  end: string | null;
  judged_until: string;
  kind: AnomalyKind;
  severity: Severity;
  score: number;
  model: string;
  evidence: Evidence[];
}

/** A step in the life of an alert, with the alert after it; `tells` where people are to be told at once. */
export interface AlertEntry {
  entry_id: number;
  step: string;
  at: string;
  by: string;
  reason: string;
  tells: boolean;
  alert: Alert;
}

export interface AlertDetail {
  alert: Alert;
  anomalies: Anomaly[];
  explanation: { available: boolean; text: string; procedures: string[] };
  steps: AlertEntry[];
}

export interface Drift {
  summary: string;
  level: "alike" | "shifting" | "drifted" | "unknown";
  looked_at: string;
  days: number;
}

export interface WatchedSatellite {
  satellite: string;
  state: "opening" | "watching" | "no-model" | "failed";
  model: string;
  reason: string;
  judged_until: string | null;
  late_s: number;
  skipped: number;
  drift: Drift | null;
}

export interface AnomalyWatch {
  failure: string;
  failures: number;
  satellites: WatchedSatellite[];
}

export type AlertOrder = "acknowledge" | "feedback" | "assign" | "comment";
