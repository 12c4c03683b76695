/** Alarms, what people do with them, and limits that are changed in flight, as the service gives them. */

import type { LimitState } from "./mission";

export type AlarmState = "raised" | "acknowledged" | "returned" | "cleared";

export interface Alarm {
  satellite: string;
  parameter: string;
  state: AlarmState;
  level: LimitState;
  worst: LimitState;
  raised: string;
  shelved_until: string | null;
  assigned_to: string;
  tags: string[];
}

/** A step in the life of an alarm, with the alarm after it; `by` is empty where telemetry did it. */
export interface AlarmEntry {
  entry_id: number;
  step: string;
  at: string;
  by: string;
  reason: string;
  alarm: Alarm;
}

/** What the console's socket tells of an alarm. */
export interface AlarmMessage {
  step: string;
  by: string;
  reason: string;
  alarm: Alarm;
}

export type AlarmOrder = "acknowledge" | "shelve" | "unshelve" | "assign" | "comment" | "tag";

/** Below `low` or above `high` a value is at this level. */
export interface LimitBand {
  level: Exclude<LimitState, "normal">;
  low: number | null;
  high: number | null;
}

export interface WantedLimits {
  satellite: string;
  parameter: string;
  bands: LimitBand[];
  minimum_violations: number;
  minimum_conformance: number | null;
  reason: string;
}

export interface LimitChange extends WantedLimits {
  by: string;
  at: string;
}
