/** Times for people: always UTC, always saying so somewhere near. */

import type { Clock } from "../contract/mission";

const PAD = (value: number): string => String(value).padStart(2, "0");

/** `2026-11-23 05:58:00`, UTC. */
export function formatDateTime(iso: string | number): string {
  const at = new Date(iso);
  return `${formatDate(iso)} ${PAD(at.getUTCHours())}:${PAD(at.getUTCMinutes())}:${PAD(at.getUTCSeconds())}`;
}

/** `2026-11-23`, UTC. */
export function formatDate(iso: string | number): string {
  const at = new Date(iso);
  return `${at.getUTCFullYear()}-${PAD(at.getUTCMonth() + 1)}-${PAD(at.getUTCDate())}`;
}

/** `05:58:00`, UTC; with the day in front where it differs from `reference`. */
export function formatTime(iso: string | number, reference?: string | number): string {
  const at = new Date(iso);
  const time = `${PAD(at.getUTCHours())}:${PAD(at.getUTCMinutes())}:${PAD(at.getUTCSeconds())}`;
  if (reference !== undefined && formatDate(reference) !== formatDate(iso)) {
    return `${formatDate(iso).slice(5)} ${time}`;
  }
  return time;
}

const WRITTEN = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2}))?)?$/;

/** The instant that `2026-11-23 05:58:00` stands for in UTC, the time of day left out or not; null where it is none. */
export function readUtc(text: string): string | null {
  const [, day, minute = "00:00", second = "00"] = WRITTEN.exec(text.trim()) ?? [];
  const at = new Date(`${day}T${minute}:${second}Z`);
  // 31 November would come out as 1 December
  return day === undefined || Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== day ? null : `${day}T${minute}:${second}Z`;
}

/** `43 s`, `45 min`, `1 h 12 min`, `2 d 3 h`. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(Math.abs(seconds));
  const sign = seconds < 0 ? "−" : "";
  if (whole < 60) return `${sign}${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return withRest(sign, minutes, "min", whole % 60, "s");
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return withRest(sign, hours, "h", minutes % 60, "min");
  return withRest(sign, Math.floor(hours / 24), "d", hours % 24, "h");
}

/** A duration in its largest unit alone: `43 s`, `27 min`, `3 h`. */
export function formatCoarse(seconds: number): string {
  return formatDuration(seconds).split(" ").slice(0, 2).join(" ");
}

function withRest(sign: string, value: number, unit: string, rest: number, restUnit: string): string {
  return rest === 0 ? `${sign}${value} ${unit}` : `${sign}${value} ${unit} ${rest} ${restUnit}`;
}

const ISO_UTC = /\b(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.\d+)?(?:Z|\+00:00)(?=[^\w]|$)/g;

/** Text in which machine times read like the rest of the console: `2026-11-23 05:58:00 UTC`. */
export function readableTimes(text: string): string {
  return text.replace(ISO_UTC, "$1 $2 UTC");
}

/** Seconds between two instants. */
export function secondsBetween(from: string | number, to: string | number): number {
  return (new Date(to).getTime() - new Date(from).getTime()) / 1000;
}

/** A clock reading and the local instant (performance.now, ms) at which it was true. */
export interface ClockReading {
  clock: Clock;
  readAtMs: number;
}

/** Mission time now, in Unix milliseconds, extrapolated at the clock's rate. */
export function missionNowMs(reading: ClockReading, localNowMs: number): number {
  return new Date(reading.clock.now).getTime() + (localNowMs - reading.readAtMs) * reading.clock.rate;
}
