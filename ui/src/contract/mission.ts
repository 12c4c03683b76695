/** The mission, its clock, passes and live values, as the service gives them. */

export interface Spacecraft {
  id: string;
  aliases: string[];
  norad_id: number | null;
  bus: string;
}

export interface Station {
  id: string;
  name: string;
  latitude_deg: number;
  longitude_deg: number;
  minimum_elevation_deg: number;
  bands: string[];
}

export interface Mission {
  name: string;
  revision: number;
  description: string;
  model?: string;
  spacecraft: Spacecraft[];
  stations: Station[];
}

export interface Clock {
  now: string;
  rate: number;
  simulated: boolean;
  maximum_rate: number;
}

export interface Pass {
  satellite: string;
  station: string;
  aos: string;
  los: string;
  max_elevation_deg: number;
}

export interface Position {
  satellite: string;
  latitude_deg: number;
  longitude_deg: number;
  height_km: number;
  in_eclipse: boolean;
  station: string | null;
}

export type LimitState = "normal" | "watch" | "warning" | "distress" | "critical" | "severe";

export interface ParameterValue {
  name: string;
  value: number | string | boolean;
  unit: string;
  limit_state: LimitState;
  at: string;
}

export interface AuditEvent {
  sequence: number;
  kind: string;
  subject: string;
  actor: string;
  at_utc: string;
  payload: Record<string, unknown>;
  previous_hash: string;
  hash: string;
}

export interface AuditVerdict {
  ok: boolean;
  events: number;
  violations: { sequence: number; problem: string }[];
}
