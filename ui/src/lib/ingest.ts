/** How telemetry comes in, in words and rates. Pure. */

import type { Ingest, IngestedSatellite } from "../contract/telemetry";

type Tone = "good" | "warn" | "bad" | "plain";

/** What became of frames and packets: words, what it means, and how bad it is; in the order to show them. */
const REASONS: Readonly<Record<string, [string, string, Tone]>> = {
  accepted: ["frames accepted", "authentic, whole, and new", "good"],
  missed: ["frames missed", "gaps in the counts of virtual channels: sent, and never received", "bad"],
  duplicate: ["frames again", "frames that were received before, such as over a second station", "plain"],
  checksum: ["frames damaged", "the error control field does not agree with the frame", "bad"],
  security: ["frames not authentic", "the security trailer does not agree, or the sequence number was used before", "bad"],
  malformed: ["frames malformed", "of a wrong length or with an impossible header", "bad"],
  "unknown-spacecraft": ["frames of nobody", "of a spacecraft that is none of the mission's", "warn"],
  "packet-damaged": ["packets damaged", "the error control of the packet does not agree with it: not stored", "bad"],
  "packet-undecodable": ["packets without a meaning", "stored, but the mission database has no container for them", "warn"],
  "packet-duplicate": ["packets again", "stored already, and left out", "plain"],
  "control-field-unknown": ["control fields unknown", "operational control fields that are no CLCW", "warn"],
};
const ORDER = Object.keys(REASONS);

export interface Reason {
  name: string;
  words: string;
  meaning: string;
  tone: Tone;
}

/** A reason in words; one that is new here is named as the service names it. */
export function reasonOf(name: string): Reason {
  const [words, meaning, tone] = REASONS[name] ?? [name.replaceAll("-", " "), "counted by the service under this name", "warn"];
  return { name, words, meaning, tone };
}

/** The reasons that any spacecraft has counts of; accepted and missed frames always. */
export function reasonsOf(satellites: readonly IngestedSatellite[]): Reason[] {
  const found = new Set(["accepted", "missed", ...satellites.flatMap((one) => Object.keys(one.reasons))]);
  const place = (name: string): number => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  return [...found].sort((one, other) => place(one) - place(other) || one.localeCompare(other)).map(reasonOf);
}

/** A sign for a count that somebody should look at; none where there is nothing to see. */
export function markOf(tone: Tone, count: number): string {
  if (count === 0) return "";
  return tone === "bad" ? "✕" : tone === "warn" ? "△" : "";
}

/** An answer and when it came, ms of a clock that does not jump. */
export interface Heard {
  ingest: Ingest;
  atMs: number;
}

/** Of one spacecraft between two answers, in each second of real time; null before there are two. */
export interface Rates {
  frames: number;
  packets: number;
}

/** How much came between two answers; a count that fell, such as by retention, is no rate. */
export function ratesOf(satellite: string, before: Heard | null, now: Heard): Rates | null {
  const [first, last] = [before?.ingest, now.ingest].map((one) => one?.satellites.find((craft) => craft.satellite === satellite));
  const seconds = before === null ? 0 : (now.atMs - before.atMs) / 1000;
  if (first === undefined || last === undefined || seconds <= 0) return null;
  const rise = (count: (one: IngestedSatellite) => number): number => Math.max(0, count(last) - count(first)) / seconds;
  const frames = (one: IngestedSatellite): number => Object.entries(one.reasons).reduce((sum, [name, count]) => sum + (FRAMES.has(name) ? count : 0), 0);
  return { frames: rise(frames), packets: rise((one) => one.filed_packets + one.waiting_packets) };
}

const FRAMES: ReadonlySet<string> = new Set(["accepted", "duplicate", "checksum", "security", "malformed", "unknown-spacecraft"]);

/** What is wrong now, in the words of the service. */
export function troublesOf(ingest: Ingest): string[] {
  return [
    ...(ingest.link_up ? [] : ["There is no connection to the ground stations: no telemetry comes in."]),
    ...(ingest.compaction_failure === "" ? [] : [`Packets cannot be moved into files; nothing is lost, but the log grows: ${ingest.compaction_failure}`]),
    ...(ingest.copy_in_postgres?.failure ? [`The copy in PostgreSQL waits, and nothing is lost: ${ingest.copy_in_postgres.failure}`] : []),
    ...(ingest.alarm_failure === "" ? [] : [`Steps of alarms cannot be written: ${ingest.alarm_failure}`]),
  ];
}

/** `1,234,567`: whole, so that small changes of great counts can be seen. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}
