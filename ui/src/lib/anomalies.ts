/** Alerts of anomalies in words and signs, in order, and as marks on plots. */

import type { Alert, AlertEntry, AlertState, Anomaly, AnomalyWatch, Evidence, Severity } from "../contract/anomalies";
import type { LimitState } from "../contract/mission";
import { formatMargin, formatNumber, formatQuantity } from "./format";
import { formatDateTime } from "./time";

/** Severities with their signs, in rising order, and the level whose colour repeats them. */
const SEVERITIES: Readonly<Record<Severity, [string, LimitState]>> = {
  notice: ["△", "watch"],
  warning: ["▲", "warning"],
  serious: ["▲▲", "distress"],
  critical: ["✕", "critical"],
};
export const ALL_SEVERITIES = Object.keys(SEVERITIES) as readonly Severity[];

/** A sign for a severity; no severity is told by colour alone. */
export function markOfSeverity(severity: Severity): string {
  return SEVERITIES[severity][0];
}

/** The level whose colour a severity has. */
export function levelOf(severity: Severity): LimitState {
  return SEVERITIES[severity][1];
}

/** 0 notice to 3 critical. */
export function severityRank(severity: Severity): number {
  return ALL_SEVERITIES.indexOf(severity);
}

const STATES: Readonly<Record<AlertState, [string, string]>> = {
  open: ["●", "going on, not seen"],
  acknowledged: ["✓", "going on, seen"],
  ended: ["↩", "over, not seen"],
  closed: ["–", "over, seen"],
};

/** A sign and the words for where an alert stands. */
export function wordsOfAlert(state: AlertState): [string, string] {
  return STATES[state];
}

/** Alerts that nobody has seen, by id. */
export type UnseenAlerts = Readonly<Record<string, Alert>>;

/** The alerts that nobody has seen after a step of one. */
export function withAlert(unseen: UnseenAlerts, alert: Alert): UnseenAlerts {
  const { [alert.alert_id]: _, ...others } = unseen;
  return alert.acknowledged ? others : { ...others, [alert.alert_id]: alert };
}

/** How many nobody has seen, and the worst severity of these; those like a dismissed one wait quietly. */
export function unseenOf(unseen: UnseenAlerts): { count: number; worst: Severity } {
  const waiting = Object.values(unseen).filter((one) => one.like === null);
  const worst = waiting.reduce<Severity>((most, one) => (severityRank(one.severity) > severityRank(most) ? one.severity : most), "notice");
  return { count: waiting.length, worst };
}

/** Whether a step is called out on every page at once: it tells people, and is serious. */
export function isLoud(entry: Pick<AlertEntry, "tells" | "alert">): boolean {
  return entry.tells && severityRank(entry.alert.severity) >= severityRank("serious");
}

/** Announcements after a step: one for each alert, the newest first; one that was seen is gone. */
export function withLoud(loud: readonly Alert[], entry: Pick<AlertEntry, "tells" | "alert">): readonly Alert[] {
  const others = loud.filter((one) => one.alert_id !== entry.alert.alert_id);
  const announced = isLoud(entry) || (others.length < loud.length && !entry.alert.acknowledged);
  return announced ? [entry.alert, ...others].slice(0, MOST_LOUD) : others;
}
const MOST_LOUD = 5;

/** `LSAT-1: soc, bus_voltage_v` */
export function nameOfAlert(alert: Pick<Alert, "satellite" | "parameters">): string {
  return `${alert.satellite} ${alert.parameters.slice(0, 3).join(", ")}${alert.parameters.length > 3 ? " …" : ""}`;
}

/** One row of evidence in words: observed, expected with its spread, and how far apart. */
export function wordsOfEvidence(one: Evidence): { observed: string; expected: string; apart: string } {
  const unit = one.unit ?? "";
  const spread = formatMargin(one.parameter, one.spread, unit).replace(/^\+/, "");
  return {
    observed: one.observed === null ? "no sample" : formatQuantity(one.parameter, one.observed, unit),
    expected: `${formatQuantity(one.parameter, one.expected, unit)} ± ${spread}`,
    apart: one.deviations === null ? "—" : `${one.deviations > 0 ? "+" : ""}${formatNumber(Number(one.deviations.toPrecision(3)))} σ`,
  };
}

/** A stretch to mark on a plot of a parameter: where it departs from what is expected. */
export interface PlotMark {
  anomalyId: string;
  alertId: string;
  severity: Severity;
  words: string;
  from: number;
  to: number;
  /** What was expected where it departed most, in the parameter's unit; null where the range does not reach so far. */
  expected: { at: number; value: number; spread: number; words: string } | null;
}

/** Marks of a parameter on a range that ends at `end`, Unix ms; what goes on is marked up to where it is judged. */
export function marksOf(anomalies: readonly Anomaly[], parameter: string, end: number): PlotMark[] {
  return anomalies.flatMap((one) => {
    const evidence = one.evidence.find((two) => two.parameter === parameter);
    if (evidence === undefined) return [];
    const from = Date.parse(evidence.since);
    const to = Math.min(Date.parse(one.end ?? one.judged_until), end);
    const at = Date.parse(evidence.at);
    const expected = at > end ? null : { at, value: evidence.expected, spread: evidence.spread, words: wordsOfEvidence(evidence).expected };
    return [{ anomalyId: one.anomaly_id, alertId: one.alert_id, severity: one.severity, words: `${one.severity} ${one.kind}`, from, to: Math.max(to, from), expected }];
  });
}

/** Marks in words, behind those of a plot; empty where there are none. */
export function wordsOfMarks(marks: readonly PlotMark[]): string {
  if (marks.length === 0) return "";
  const told = marks.slice(0, 5).map((one) => `${one.words} from ${formatDateTime(one.from)} to ${formatDateTime(one.to)} UTC`);
  return `; ${marks.length === 1 ? "anomaly" : `${marks.length} anomalies`}: ${told.join(", ")}${marks.length > 5 ? ", and more" : ""}`;
}

/** The range of time to look at an anomaly: itself, and half as much again on both sides, ten minutes at least. */
export function rangeOf(begin: string, end: string): { start: number; end: number } {
  const [from, to] = [Date.parse(begin), Date.parse(end)];
  const around = Math.max((to - from) / 2, 600_000);
  return { start: from - around, end: to + around };
}

/** What is wrong with the watch, in words; nothing where all is well. */
export function troublesOfWatch(watch: AnomalyWatch): string[] {
  const made = watch.failure === "" ? [] : [`Alerts cannot be written: ${watch.failure}`];
  for (const one of watch.satellites) {
    if (one.state === "no-model") made.push(`${one.satellite} is not judged: ${one.reason}`);
    if (one.state === "failed") made.push(`${one.satellite} is not judged at present: ${one.reason}`);
    if (one.state === "watching" && one.reason !== "") made.push(`${one.satellite}: ${one.reason}`);
    if (one.late_s > LATE_S) made.push(`${one.satellite} is judged ${formatNumber(Math.round(one.late_s))} s late`);
    if (one.drift?.level === "drifted" || one.drift?.level === "shifting") made.push(`${one.satellite}: ${one.drift.summary}`);
  }
  return made;
}
const LATE_S = 5;
