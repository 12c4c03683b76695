/** Plans as core/plan/model.py and core/plan/activity.py define them. */

export type PlanState =
  | "draft"
  | "validated"
  | "approved"
  | "released"
  | "executing"
  | "completed"
  | "rejected"
  | "superseded";

export interface Window {
  start: string;
  end: string;
}

export interface ArgumentOrigin {
  origin: "operator" | "default" | "computed" | "telemetry" | "document" | "model";
  source: string;
}

export interface Provenance {
  proposed_by: "operator" | "model" | "solver" | "rule";
  reason: string;
  tool_calls: { call_id: string; tool: string }[];
  documents: string[];
  arguments: Record<string, ArgumentOrigin>;
  rejected: { description: string; code: string; reason: string }[];
}

export interface CommandSpec {
  command: string;
  arguments: Record<string, unknown>;
  execute_at: string;
}

export type ActivityType = "uplink" | "downlink" | "imaging" | "pointing" | "mode" | "burn";

export interface Activity {
  activity_id: string;
  type: ActivityType;
  satellite: string;
  window: Window;
  earliest_start: string | null;
  latest_start: string | null;
  latest_end: string | null;
  anchor: { activity_id: string; edge: "start" | "end"; offset_s: number } | null;
  pointing: string;
  contact: { station: string; window: Window; max_elevation_deg: number } | null;
  resources: { resource: string; delta: number | null; load: number | null }[];
  commands: CommandSpec[];
  status: string;
  provenance: Provenance;
  volume_bytes?: number;
  target?: string;
  mode?: string;
  delta_v_m_s?: number;
  propellant_kg?: number;
  purpose?: string;
  target_altitude_km?: number | null;
  predicted_off_nadir_deg?: number;
  sun_elevation_deg?: number;
}

export type RepairKind = "shift" | "move_to_contact" | "shorten" | "reduce_volume" | "drop" | "reschedule";

export interface Repair {
  kind: RepairKind;
  activity_id: string;
  description: string;
  shift_s?: number | null;
  duration_s?: number | null;
  volume_bytes?: number | null;
  station?: string | null;
  window?: Window | null;
}

export type Severity = "block" | "warn" | "info" | "unknown";

export interface Finding {
  code: string;
  severity: Severity;
  activities: string[];
  satellite: string | null;
  window: Window | null;
  quantity: string;
  value: number | null;
  limit: number | null;
  margin: number | null;
  unit: string;
  rule: string | null;
  rule_revision: number | null;
  explanation: string;
  repairs: Repair[];
}

export interface ResourceProfile {
  satellite: string;
  resource: string;
  unit: string;
  t_s: number[];
  values: number[];
  minimum: number | null;
  maximum: number | null;
}

/** Another way to the same end; with blocking codes it is no way as it stands. */
export interface Alternative {
  description: string;
  differences: Record<string, number>;
  blocking_codes?: string[];
}

/** How the search for alternatives went: `none` is not `failed`. */
export interface AlternativesAnswer {
  state: "not_sought" | "searching" | "found" | "none" | "failed";
  reason: string;
  alternatives: Alternative[];
}

export interface MissionPlan {
  plan_id: string;
  revision: number;
  parent_revision: number | null;
  intent: { text: string; author: string; channel: string; received_at: string };
  horizon: Window;
  state: PlanState;
  input_hashes: Record<string, string>;
  initial: { satellite: string; soc: number; mode: string; source: string; as_of: string }[];
  activities: Activity[];
  profiles: ResourceProfile[];
  objectives: { name: string; value: number; unit: string; bound: number | null; gap: number | null }[];
  validation: {
    revision_hash: string;
    validated_at: string;
    checks_run: string[];
    findings: Finding[];
  } | null;
  approvals: { revision_hash: string; by: string; role: string; at: string; comment: string; accepted_unknown?: string[] }[];
  alternatives: Alternative[];
  diff: { added: string[]; removed: string[]; changed: Record<string, string[]> } | null;
}

export interface PlanSummary {
  plan_id: string;
  revision: number;
  state: PlanState;
  intent: string;
  author: string;
  satellites: string[];
  start: string;
  end: string;
  revision_hash: string;
  blocking: number;
  unknown: number;
  warnings: number;
  updated_at: string;
}

export interface ApprovalOutcome {
  plan: MissionPlan;
  approvals_needed: number;
  released: boolean;
}
