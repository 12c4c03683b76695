/** A replay of one spacecraft's telemetry, as far as the service's messages have brought it. Pure. */

import type { ParameterValue } from "../contract/mission";
import type { ReplayPlace, StreamMessage } from "../contract/telemetry";

/** Seconds of telemetry in a second. */
export const SPEEDS = [1, 10, 60, 600, 3600, 10_000] as const;

export interface Replayed {
  /** Where it is, and the local instant (performance.now, ms) at which that was heard; null before the first answer. */
  place: (ReplayPlace & { heardAtMs: number }) | null;
  /** The newest value of each parameter at that place. */
  values: Readonly<Record<string, ParameterValue>>;
  problem: string | null;
  /** The connection has ended; another replay needs another one. */
  over: boolean;
}

export const NOT_BEGUN: Replayed = { place: null, values: {}, problem: null, over: false };

/** The replay after a message of the stream. */
export function afterMessage(before: Replayed, message: StreamMessage, localNowMs: number): Replayed {
  if (message.type === "problem") return { ...before, problem: message.problem.detail };
  const told = message.type === "replay" || message.type === "newest" ? message.replay : undefined;
  if (told == null) return before;
  // After a jump back, what was generated later has not come yet.
  const known = Object.entries(before.values).filter(([, one]) => Date.parse(one.at) <= Date.parse(told.at));
  const values = Object.fromEntries(known);
  for (const one of message.type === "newest" ? message.samples : []) {
    if (one.value !== null) values[one.parameter] = { name: one.parameter, value: one.value, unit: one.unit, limit_state: one.limit_state, at: one.at };
  }
  return { ...before, place: { ...told, heardAtMs: localNowMs }, values, problem: null };
}

/** The replay's time now, Unix ms: between messages its clock goes on, and never beyond the end. */
export function replayNowMs(place: NonNullable<Replayed["place"]>, endMs: number, localNowMs: number): number {
  const at = Date.parse(place.at);
  return place.state === "playing" ? Math.min(at + Math.max(localNowMs - place.heardAtMs, 0) * place.speed, endMs) : at;
}

/** What a replay does, in words with a sign. */
export function wordsOfReplay({ place, over }: Replayed): string {
  if (over) return "✕ broken off";
  if (place === null) return "… beginning";
  return { playing: "▶ replaying", paused: "❚❚ paused", ended: "■ at the end" }[place.state];
}
