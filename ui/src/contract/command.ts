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

/** Every state; the last five are ends. */
export const ALL_STATES: readonly CommandState[] = [...STAGES, "refused", "failed", "unverified", "expired"];

/** Where a step of a history stands among the states; what is no state has no place of its own. */
export function placeOf(step: string): number {
  return (ALL_STATES as readonly string[]).indexOf(step);
}

/** Whether a state comes before another one: commands only go forward (core/command/model.py). */
export function isBefore(state: CommandState, other: CommandState): boolean {
  return ALL_STATES.indexOf(state) < ALL_STATES.indexOf(other);
}

export const BAD_ENDS: ReadonlySet<CommandState> = new Set(["refused", "failed", "unverified", "expired"]);

export interface CommandHistory {
  /** A state that it reached, or what else happened to it: `held`, `framed`. */
  state: string;
  at: string;
  /** Words, or the payload of the event, whose `reason` is the words. */
  detail: string | { reason?: string; [name: string]: unknown };
}

/** The words of a step of a command's history. */
export function wordsOfStep(step: CommandHistory): string {
  return typeof step.detail === "string" ? step.detail : (step.detail.reason ?? "");
}

/** How a command went up; frames are protected TC transfer frames. */
export interface UplinkFacts {
  route: "on-board-schedule" | "direct" | null;
  released_at: string | null;
  request_count: number | null;
  carrier_count: number | null;
  attempts: number;
  proved: string[];
  unproved: string[];
  application_data_hex: string;
  frames: { frame_number: number; sequence_number: number; state: string; octets: number }[];
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
  uplink?: UplinkFacts;
}
