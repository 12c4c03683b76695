/** Alarms in words and signs, in order, and filtered. */

import type { Alarm, AlarmMessage, LimitBand } from "../contract/alarms";
import type { LimitState } from "../contract/mission";

/** Levels with their signs, in rising order; no level is told by colour alone. */
export const LEVEL_MARKS: Readonly<Record<LimitState, string>> = {
  normal: "",
  watch: "△",
  warning: "▲",
  distress: "▲▲",
  critical: "✕",
  severe: "✕✕",
};
export const LEVELS = Object.keys(LEVEL_MARKS) as readonly LimitState[];
export const ALARM_LEVELS = LEVELS.slice(1) as readonly LimitBand["level"][];

/** 0 normal to 5 severe. */
export function rankOf(level: LimitState): number {
  return LEVELS.indexOf(level);
}

const STATES: Readonly<Record<Alarm["state"], [string, string]>> = {
  raised: ["●", "not acknowledged"],
  acknowledged: ["✓", "acknowledged"],
  returned: ["↩", "back to normal, not acknowledged"],
  cleared: ["–", "over"],
};

/** A sign and the words for where an alarm stands. */
export function wordsOfState(state: Alarm["state"]): [string, string] {
  return STATES[state];
}

/** What tells an alarm from others: each parameter of a spacecraft has at most one. */
export function keyOf(alarm: { satellite: string; parameter: string }): string {
  return `${alarm.satellite}:${alarm.parameter}`;
}

export type OpenAlarms = Readonly<Record<string, Alarm>>;

/** Alarms that are not over, by key. */
export function byKey(alarms: readonly Alarm[]): OpenAlarms {
  return Object.fromEntries(alarms.map((one) => [keyOf(one), one]));
}

/** The open alarms after a step of one of them. */
export function withStep(open: OpenAlarms, told: AlarmMessage): OpenAlarms {
  const { [keyOf(told.alarm)]: _, ...others } = open;
  return told.step === "cleared" ? others : { ...others, [keyOf(told.alarm)]: told.alarm };
}

/** Whether somebody still has to look at it: it is neither acknowledged nor shelved. */
export function waits(alarm: Alarm): boolean {
  return (alarm.state === "raised" || alarm.state === "returned") && alarm.shelved_until === null;
}

/** How many wait, and the worst level of these. */
export function waitingOf(open: OpenAlarms): { count: number; worst: LimitState } {
  const waiting = Object.values(open).filter(waits);
  return { count: waiting.length, worst: worstOf(waiting.map((one) => one.level)) };
}

/** The highest level of some; normal without any. */
export function worstOf(levels: readonly LimitState[]): LimitState {
  return levels.reduce<LimitState>((worst, one) => (rankOf(one) > rankOf(worst) ? one : worst), "normal");
}

export interface AlarmFilters {
  satellite: string;
  /** This level or a worse one. */
  level: LimitState;
  tag: string;
  shelved: boolean;
}

export const ALL_ALARMS: AlarmFilters = { satellite: "", level: "normal", tag: "", shelved: true };

/** Alarms that filters keep: the worst first, of these those that wait, then the oldest. */
export function shownAlarms(open: OpenAlarms, filters: AlarmFilters): Alarm[] {
  const kept = Object.values(open).filter(
    (one) =>
      (filters.satellite === "" || one.satellite === filters.satellite) &&
      rankOf(one.level) >= rankOf(filters.level) &&
      (filters.tag === "" || one.tags.includes(filters.tag)) &&
      (filters.shelved || one.shelved_until === null),
  );
  return kept.sort(
    (one, other) =>
      rankOf(other.level) - rankOf(one.level) || Number(waits(other)) - Number(waits(one)) || Date.parse(one.raised) - Date.parse(other.raised) || keyOf(one).localeCompare(keyOf(other)),
  );
}

/** All tags that open alarms have, by name. */
export function tagsOf(open: OpenAlarms): string[] {
  return [...new Set(Object.values(open).flatMap((one) => one.tags))].sort();
}

/** Tags as somebody writes them: between commas, each once. */
export function readTags(text: string): string[] {
  return [...new Set(text.split(",").map((one) => one.trim()).filter((one) => one !== ""))];
}

/** A band as it is written: `low` and `high` are texts of numbers, empty where that end is open. */
export interface WrittenBand {
  level: LimitBand["level"];
  low: string;
  high: string;
}

/** The bands that were written, or the words of what is wrong with them. */
export function readBands(written: readonly WrittenBand[]): { bands: LimitBand[]; wrong: string | null } {
  const bands: LimitBand[] = [];
  for (const one of written) {
    const [low, high] = [readEnd(one.low), readEnd(one.high)];
    if (low === undefined || high === undefined) return { bands: [], wrong: `${one.level}: ${low === undefined ? one.low : one.high} is not a number` };
    if (low === null && high === null) return { bands: [], wrong: `${one.level}: neither low nor high is given` };
    if (low !== null && high !== null && low > high) return { bands: [], wrong: `${one.level}: low is above high` };
    if (bands.some((other) => other.level === one.level)) return { bands: [], wrong: `${one.level} is given twice` };
    bands.push({ level: one.level, low, high });
  }
  return { bands, wrong: null };
}

/** A number, null where nothing is written, undefined where it is no number. */
function readEnd(text: string): number | null | undefined {
  if (text.trim() === "") return null;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}
