/** What a plot of telemetry draws: points with gaps, the span of values, ranges of time, and words about all of it. Pure. */

import type { LimitState } from "../contract/mission";
import type { Band, Series, Value } from "../contract/telemetry";
import { rankOf } from "./alarms";
import { displayOf, formatNumber } from "./format";
import { lastAtOrBefore } from "./scale";
import { formatDate, formatDateTime, formatDuration, formatTime } from "./time";

/** A range of mission time: so long up to now, or from one instant to another (Unix ms). */
export type Span = { kind: "last"; seconds: number } | { kind: "fixed"; start: number; end: number };

export const LAST: readonly [number, string][] = [
  [3600, "Hour"],
  [86_400, "Day"],
  [604_800, "Week"],
  [2_592_000, "Month"],
];
export const SHORTEST_MS = 1000;
const LONGEST_MS = 50 * 366 * 86_400_000;

/** Where a range begins and ends, Unix ms. */
export function edgesOf(span: Span, nowMs: number): [number, number] {
  return span.kind === "last" ? [nowMs - span.seconds * 1000, nowMs] : [span.start, span.end];
}

/** The range that is `factor` times as long, with the instant `at` where it was. */
export function zoomed([start, end]: readonly [number, number], at: number, factor: number): Span {
  const length = Math.min(Math.max((end - start) * factor, SHORTEST_MS), LONGEST_MS);
  const share = end === start ? 0.5 : (at - start) / (end - start);
  const begin = Math.round(at - share * length);
  return { kind: "fixed", start: begin, end: begin + Math.round(length) };
}

/** The range moved by a share of its length. */
export function panned([start, end]: readonly [number, number], share: number): Span {
  const by = Math.round((end - start) * share);
  return { kind: "fixed", start: start + by, end: end + by };
}

/** The range between two instants, no shorter than can be asked for. */
export function between(one: number, other: number): Span {
  const [start, end] = [Math.min(one, other), Math.max(one, other)];
  return end - start >= SHORTEST_MS ? { kind: "fixed", start: Math.round(start), end: Math.round(end) } : zoomed([start, end], (start + end) / 2, 1);
}

/** Numbers to draw, in the unit for people; single values have `low`, `high` and `mean` alike. */
export interface Drawn {
  /** Unix ms, rising; of a bucket its middle. */
  t: number[];
  low: number[];
  high: number[];
  mean: number[];
  levels: LimitState[];
  /** Values in each bucket; null where these are single values. */
  count: number[] | null;
  bucketMs: number;
  /** Whether the line does not go on from the point before. */
  breaks: boolean[];
  unit: string;
  /** From the parameter's unit to the one for people. */
  convert: (value: number) => number;
  bands: Band[];
}

/** A value that came after the series was read. */
export interface Newest {
  at: number;
  value: number;
  level: LimitState;
}

/** What to draw of a series of numbers, with a newer value behind it. */
export function drawnOf(series: Series, newest: Newest | null = null): Drawn {
  const { buckets } = series;
  const known = buckets === null ? singleValues(series) : bucketValues(series);
  // A bucket says how its values lie until it ends: one value more would be drawn beside it.
  if (buckets === null && newest !== null && newest.at > (known.t.at(-1) ?? Number.NEGATIVE_INFINITY)) {
    known.t.push(newest.at);
    for (const one of [known.low, known.high, known.mean]) one.push(newest.value);
    known.levels.push(newest.level);
    known.holes.push(false);
  }
  const largest = known.high.reduce((most, one, index) => Math.max(most, Math.abs(one), Math.abs(known.low[index]!)), 0);
  const display = displayOf(series.parameter, series.unit, largest);
  const shown = (values: number[]): number[] => values.map(display.convert);
  const end = (one: number | null): number | null => (one === null ? null : display.convert(one));
  const bucketMs = (buckets?.bucket_s ?? 0) * 1000;
  return {
    t: known.t,
    low: shown(known.low),
    high: shown(known.high),
    mean: shown(known.mean),
    levels: known.levels,
    count: buckets?.count ?? null,
    bucketMs,
    breaks: gapsOf(known.t, bucketMs).map((gap, index) => gap || known.holes[index]!),
    unit: display.unit,
    convert: display.convert,
    bands: series.limits.bands.map((one) => ({ ...one, low: end(one.low), high: end(one.high) })),
  };
}

interface Known {
  t: number[];
  low: number[];
  high: number[];
  mean: number[];
  levels: LimitState[];
  /** Whether a packet without a meaningful value lies before. */
  holes: boolean[];
}

function singleValues(series: Series): Known {
  const made: Known = { t: [], low: [], high: [], mean: [], levels: [], holes: [] };
  let hole = false;
  series.values?.values.forEach((value, index) => {
    if (typeof value !== "number") {
      hole = true;
      return;
    }
    made.t.push(Date.parse(series.values!.t[index]!));
    for (const one of [made.low, made.high, made.mean]) one.push(value);
    made.levels.push(series.values!.levels[index]!);
    made.holes.push(hole);
    hole = false;
  });
  return made;
}

function bucketValues(series: Series): Known {
  const { t, minimum, maximum, mean, levels, bucket_s } = series.buckets!;
  const middle = bucket_s * 500;
  return { t: t.map((one) => Date.parse(one) + middle), low: [...minimum], high: [...maximum], mean: [...mean], levels: [...levels], holes: t.map(() => false) };
}

const GAP = 3.5; // times the usual distance of neighbours: a packet that is lost now and then is no gap
const AROUND = 4; // steps on either side say what is usual, because spacecraft send at several rates

/** Whether there is a gap before each instant: much more time than steps around it take, and than a bucket is long. */
export function gapsOf(t: readonly number[], bucketMs = 0): boolean[] {
  const steps = t.slice(1).map((one, index) => one - t[index]!);
  return t.map((_, index) => {
    const at = index - 1;
    if (at < 0) return false;
    const others = [...steps.slice(Math.max(at - AROUND, 0), at), ...steps.slice(at + 1, at + 1 + AROUND)].sort((one, other) => one - other);
    const usual = others[Math.floor(others.length / 2)] ?? Infinity;
    return steps[at]! > Math.max(usual * GAP, bucketMs * 1.5);
  });
}

/** Least and greatest value to draw: of all points in a range, of what else is marked, and of limits that are near enough to matter. */
export function domainOf(drawn: Drawn, [start, end]: readonly [number, number], also: readonly number[] = []): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  drawn.t.forEach((t, index) => {
    if (t + drawn.bucketMs < start || t - drawn.bucketMs > end) return;
    low = Math.min(low, drawn.low[index]!);
    high = Math.max(high, drawn.high[index]!);
  });
  if (low <= high) for (const one of also) [low, high] = [Math.min(low, one), Math.max(high, one)];
  const edges = drawn.bands.flatMap((one) => [one.low, one.high]).filter((one) => one !== null);
  if (low > high) return edges.length > 0 ? padded(Math.min(...edges), Math.max(...edges)) : [0, 1];
  const span = Math.max(high - low, Math.max(Math.abs(low), Math.abs(high)) * 0.02) || 1;
  const reach = span * 3; // a limit further away than this would flatten the curve
  const near = edges.filter((one) => one >= low - reach && one <= high + reach);
  return padded(Math.min(low, ...near), Math.max(high, ...near));
}

function padded(low: number, high: number): [number, number] {
  const pad = Math.max((high - low) * 0.08, Math.max(Math.abs(low), Math.abs(high)) * 0.005) || 0.5;
  return [low - pad, high + pad];
}

/** A part of the drawing that is at a level; null is the edge of the drawing. */
export interface Area {
  level: LimitState;
  from: number | null;
  to: number | null;
}

/** Where values are out of their limits, the milder levels first so that the worse ones lie on top. */
export function areasOf(bands: readonly Band[]): Area[] {
  const areas = bands.flatMap(({ level, low, high, inside }): Area[] => {
    if (inside) return [{ level, from: low, to: high }];
    return [...(low === null ? [] : [{ level, from: null, to: low }]), ...(high === null ? [] : [{ level, from: high, to: null }])];
  });
  return areas.sort((one, other) => rankOf(one.level) - rankOf(other.level));
}

/** Which end of a bucket to mark as out of limits: the one that lies in an alarming part, or the high one. */
export function markedValue(low: number, high: number, bands: readonly Band[]): number {
  const alarming = (value: number): boolean => areasOf(bands).some(({ from, to }) => (from === null || value > from) && (to === null || value < to));
  return !alarming(high) && alarming(low) ? low : high;
}

/** Index of the point that a cursor shows: the nearest one, or the bucket that it is in; -1 where there is none near. */
export function pointAt(drawn: Drawn, at: number, withinMs: number): number {
  const { t, bucketMs } = drawn;
  const before = lastAtOrBefore(t, at);
  const nearest = before + 1 < t.length && (before < 0 || t[before + 1]! - at < at - t[before]!) ? before + 1 : before;
  if (nearest < 0) return -1;
  return Math.abs(t[nearest]! - at) <= Math.max(withinMs, bucketMs / 2) ? nearest : -1;
}

/** What a plot says of a point. */
export function wordsOfPoint(drawn: Drawn, index: number): string {
  const unit = drawn.unit === "" ? "" : ` ${drawn.unit}`;
  const level = drawn.levels[index] === "normal" ? "" : `, ${drawn.levels[index]}`;
  const at = drawn.t[index]!;
  if (drawn.count === null) return `${formatNumber(drawn.mean[index]!)}${unit}${level} at ${formatInstant(at)} UTC`;
  const [low, mean, high] = [drawn.low, drawn.mean, drawn.high].map((one) => formatNumber(one[index]!)) as [string, string, string];
  const [begin, end] = [at - drawn.bucketMs / 2, at + drawn.bucketMs / 2];
  return `${low} to ${high}${unit}, mean ${mean}${level}, ${drawn.count[index]} values ${formatDateTime(begin)} to ${formatTime(end, begin)} UTC`;
}

/** What a plot shows: single values, or buckets and of which length. */
export function wordsOfForm(series: Series): string {
  const total = `${series.total} ${series.total === 1 ? "value" : "values"}`;
  if (series.form === "buckets") return `least, mean and greatest in buckets of ${formatDuration(series.buckets!.bucket_s)} (${total})`;
  if (series.form === "changes") return `changes among ${total}`;
  return series.total === 0 ? "no values in this range" : `raw samples: all ${total}`;
}

/** A label of the time axis that is as fine as the axis is. */
export function tickLabel(at: number, lengthMs: number): string {
  if (lengthMs > 3 * 86_400_000) return formatDate(at).slice(5);
  return lengthMs < 600_000 ? formatTime(at) : formatTime(at).slice(0, -3);
}

/** `2026-11-23 05:58:00.754`: with milliseconds where it has any. */
export function formatInstant(at: number): string {
  const rest = ((at % 1000) + 1000) % 1000;
  return rest === 0 ? formatDateTime(at) : `${formatDateTime(at)}.${String(Math.floor(rest)).padStart(3, "0")}`;
}

/** A stretch of time in which a text stayed the same, as far as values tell. */
export interface Stretch {
  from: number;
  to: number;
  value: string;
  level: LimitState;
}

/** Stretches of a parameter whose values are no numbers. */
export function stretchesOf(series: Series): Stretch[] {
  const made: Stretch[] = [];
  series.values?.values.forEach((value, index) => {
    const at = Date.parse(series.values!.t[index]!);
    const level = series.values!.levels[index]!;
    const last = made.at(-1);
    if (last !== undefined && last.value === text(value) && last.level === level) last.to = at;
    else made.push({ from: at, to: at, value: text(value), level });
  });
  return made;
}

function text(value: Value): string {
  return value === null ? "no value" : String(value);
}
