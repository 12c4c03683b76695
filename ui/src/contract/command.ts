/** Telecommands on their way, as the service shows them. */

export type CommandState =
  | "drafted"
  | "validated"
  | "authorised"
  | "scheduled"
  | "released"
  | "uplinked"
  | "accepted"
  | "started"
  | "completed"
  | "refused"
  | "failed"
  | "unverified"
  | "expired";

export const STAGES: readonly CommandState[] = [
  "drafted",
  "validated",
  "authorised",
  "scheduled",
  "released",
  "uplinked",
  "accepted",
  "started",
  "completed",
];

const ORDER: readonly CommandState[] = [...STAGES, "refused", "failed", "unverified", "expired"];

/** Whether a state comes before another one: commands only go forward (core/command/model.py). */
export function isBefore(state: CommandState, other: CommandState): boolean {
  return ORDER.indexOf(state) < ORDER.indexOf(other);
}

export const BAD_ENDS: ReadonlySet<CommandState> = new Set(["refused", "failed", "unverified", "expired"]);

export interface CommandHistory {
  state: CommandState;
  at: string;
  /** Words, or the payload of the event, whose `reason` is the words. */
  detail: string | { reason?: string };
}

/** The words of a step of a command's history. */
export function wordsOfStep(step: CommandHistory): string {
  return typeof step.detail === "string" ? step.detail : (step.detail.reason ?? "");
}

export interface Command {
  command_id: string;
  plan_id: string;
  activity_id: string;
  satellite: string;
  command: string;
  arguments: Record<string, unknown>;
  class: string;
  state: CommandState;
  execute_at: string;
  station: string | null;
  updated_at: string;
  detail: string;
  history?: CommandHistory[];
}
