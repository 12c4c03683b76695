/** Parameters, their course, packets and ingest, as the service gives them. */

import type { LimitState } from "./mission";

/** Outside `low` to `high`, or with `inside` within, a value is at this level; null is open. */
export interface Band {
  level: LimitState;
  low: number | null;
  high: number | null;
  inside: boolean;
}

export interface Limits {
  changed: boolean;
  contextual: boolean;
  bands: Band[];
  labels: Readonly<Record<string, LimitState>>;
  minimum_violations: number;
  minimum_conformance: number;
}

export interface BrowsedParameter {
  name: string;
  kind: string;
  unit: string;
  description: string;
  limits: Limits;
}

export interface ParameterList {
  satellite: string;
  parameters: BrowsedParameter[];
  containers: string[];
}

export type Value = number | string | null;

export interface SeriesValues {
  t: string[];
  values: Value[];
  levels: LimitState[];
}

export interface SeriesBuckets {
  bucket_s: number;
  t: string[];
  minimum: number[];
  maximum: number[];
  mean: number[];
  count: number[];
  levels: LimitState[];
}

export interface Series {
  satellite: string;
  parameter: string;
  unit: string;
  kind: string | null;
  start: string;
  end: string;
  form: "values" | "buckets" | "changes";
  total: number;
  values: SeriesValues | null;
  buckets: SeriesBuckets | null;
  limits: Limits;
  values_from: string | null;
  kept_from: string | null;
}

export interface Packet {
  packet_id: string;
  satellite: string;
  container: string;
  generated: string;
  received: string;
  apid: number;
  sequence: number;
  service: number;
  subtype: number;
  size: number | null;
}

export interface PacketValue {
  name: string;
  value: Value;
  raw: Value;
  unit: string;
  level: LimitState;
  offset_bits: number | null;
  size_bits: number | null;
}

export interface OpenedPacket extends Packet {
  octets: string | null;
  values: PacketValue[];
  error: string;
  definitions: string[];
}

export interface IngestedSatellite {
  satellite: string;
  reasons: Readonly<Record<string, number>>;
  station: string | null;
  newest: string | null;
  filed_packets: number;
  waiting_packets: number;
  files: number;
  octets: number;
  summary_files: number;
  summary_octets: number;
  octets_removed: number;
  values_removed: number;
  too_late: number;
}

export interface Ingest {
  as_of: string;
  clock_rate: number;
  link_up: boolean;
  waiting_packets: number;
  compaction_failure: string;
  alarm_failure: string;
  kept: { packets_days: number | null; values_days: number | null; summaries_days: number | null };
  copy_in_postgres: { copied_packets: number; failure: string } | null;
  satellites: IngestedSatellite[];
}

/** Where a replay is, and what it does. */
export interface ReplayPlace {
  at: string;
  speed: number;
  state: "playing" | "paused" | "ended";
}

export interface StreamSample {
  satellite: string;
  parameter: string;
  value: Value;
  unit: string;
  limit_state: LimitState;
  at: string;
}

/** Messages of the telemetry stream that a replay of newest values gives. */
export type StreamMessage =
  | { type: "hello" | "pong" | "subscribed" | "unsubscribed" }
  | { type: "replay"; replay: ReplayPlace }
  | { type: "newest"; replay?: ReplayPlace | null; samples: StreamSample[] }
  | { type: "problem"; problem: { detail: string } };

export type ReplayOrder = { action: "play" | "pause" | "step" } | { action: "seek"; to: string } | { action: "speed"; speed: number };
