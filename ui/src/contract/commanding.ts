/** Queues, contacts, approval requests and definitions, as the service gives them. */

import type { Command } from "./command";

export type CommandClass = "routine" | "vital" | "critical" | "hazardous";
export const CLASSES: readonly CommandClass[] = ["routine", "vital", "critical", "hazardous"];

export type QueueState = "enabled" | "held" | "disabled";

export interface Queue {
  satellite: string;
  command_class: CommandClass;
  state: QueueState;
  minimum_gap_s: number;
  changed_by: string;
  reason: string;
}

export interface QueueEntry {
  queue: Queue;
  waiting: number;
}

export interface Contact {
  station: string;
  start: string;
  end: string;
}

/** A command that has not left; without a contact, every one of it was lost or is over. */
export interface WaitingCommand {
  command: Command;
  priority: number;
  held_by: string;
  waits_for: string;
  contact: Contact | null;
  next_chance: string | null;
  latest_release: string | null;
}

export interface Booking extends Contact {
  satellite: string;
  plan_id: string;
  lost_reason: string;
}

export type RequestState = "pending" | "approved" | "released" | "expired" | "revoked" | "superseded";

export interface Grant {
  by: string;
  role: string;
  at: string;
  comment: string;
}

/** An approval request as the person who asks sees it. */
export interface ApprovalRequest {
  request_id: string;
  subject_kind: string;
  subject_id: string;
  subject_hash: string;
  revision: number;
  author: string;
  command_class: string;
  commands: { command: string; satellite: string; command_class: string; execute_at: string }[];
  state: RequestState;
  opened_at: string;
  expires_at: string;
  grants: Grant[];
  reason: string;
  missing: string[];
  may_approve: boolean;
  why_not: string;
}

/** An interval; an end that is null is open. */
export interface Range {
  minimum: number | null;
  maximum: number | null;
  minimum_excluded: boolean;
  maximum_excluded: boolean;
}

export interface ArgumentDefinition {
  name: string;
  kind: string;
  unit: string;
  description: string;
  default: string | null;
  labels: string[];
  ranges: Range[];
  ranges_are_raw: boolean;
  characters: Range | null;
}

export interface CommandDefinition {
  name: string;
  description: string;
  command_class: CommandClass;
  consequence: string;
  risk: string;
  idempotent: boolean;
  arguments: ArgumentDefinition[];
  constraints: { condition: string; timeout_s: number }[];
  verifiers: { stage: string; timeout_s: number; condition: string | null; required: boolean }[];
}

export interface ParameterDefinition {
  name: string;
  kind: string;
  unit: string;
  labels: string[];
}

export interface Definitions {
  commands: CommandDefinition[];
  parameters: ParameterDefinition[];
}

/** A change of a queue, a contact, an approval request, a command's restraint or a stack, as the socket tells it. */
export interface Order {
  subject: string;
  what: string;
  by: string;
  at: string;
  detail: Record<string, unknown>;
}
