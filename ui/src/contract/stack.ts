/** Stacks as core/command/stack.py and stack_runs.py define them. */

import type { Contact } from "./commanding";

export type Operator = "==" | "!=" | "<" | "<=" | ">" | ">=";
export const OPERATORS: readonly Operator[] = ["==", "!=", "<", "<=", ">", ">="];

export interface Comparison {
  kind: "compare";
  parameter: string;
  operator: Operator;
  value: number | string;
  maximum_age_s: number;
}

export type Condition =
  | Comparison
  | { kind: "all" | "any"; parts: Condition[] }
  | { kind: "not"; part: Condition }
  | { kind: "for"; part: Condition; duration_s: number };

export type Stage = "accepted" | "started" | "progress" | "completed";
export const VERIFIED: readonly Stage[] = ["accepted", "started", "progress", "completed"];

export type Step = { step_id: string } & (
  | { kind: "command"; command: string; arguments: Record<string, unknown>; contact: number }
  | { kind: "wait_verifier"; of: string; stage: Stage; timeout_s: number; otherwise: string | null }
  | { kind: "wait_time"; duration_s: number }
  | { kind: "wait_condition"; condition: Condition; timeout_s: number; otherwise: string | null }
  | { kind: "branch"; condition: Condition; then: string; otherwise: string }
  | { kind: "hold"; reason: string }
  | { kind: "end"; failed: boolean }
);
export type StepKind = Step["kind"];
export type StepOf<K extends StepKind> = Extract<Step, { kind: K }>;

/** What a person writes; id, revision and author are the service's. */
export interface StackDocument {
  title: string;
  satellite: string;
  contacts: Contact[];
  steps: Step[];
}

export interface Stack extends StackDocument {
  stack_id: string;
  revision: number;
  author: string;
}

export type StackState = "draft" | "approved" | "running" | "paused" | "completed" | "failed" | "aborted";

export interface StackRecord {
  stack: Stack;
  state: StackState;
  approvals: { revision_hash: string; by: string; role: string; at: string; comment: string }[];
  position: string;
  entered_at: string | null;
  reason: string;
}

/** A stack with the hash that approvals and new revisions must name. */
export interface TaggedStack {
  record: StackRecord;
  hash: string;
}
