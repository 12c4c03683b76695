/** What waits in queues, grouped as people think of it, and words for its times. */

import type { WaitingCommand } from "../contract/commanding";
import { formatDuration, secondsBetween } from "./time";

/** Commands of one plan or stack, the one whose first command is due first leading. */
export interface WaitingGroup {
  ownerId: string;
  commands: WaitingCommand[];
}

/** Waiting commands by what they belong to, each group in the order of execution. */
export function byOwner(waiting: readonly WaitingCommand[]): WaitingGroup[] {
  const groups = new Map<string, WaitingCommand[]>();
  const ordered = [...waiting].sort((one, other) => dueMs(one) - dueMs(other) || one.command.command_id.localeCompare(other.command.command_id));
  for (const one of ordered) groups.set(one.command.plan_id, [...(groups.get(one.command.plan_id) ?? []), one]);
  return [...groups].map(([ownerId, commands]) => ({ ownerId, commands }));
}

function dueMs(one: WaitingCommand): number {
  return Date.parse(one.command.execute_at);
}

/** What keeps a command back, in words; `its time` where nothing but the clock does. */
export function whyItWaits(one: WaitingCommand): string {
  if (one.waits_for !== "") return one.waits_for;
  if (one.held_by !== "") return `held by ${one.held_by}`;
  return one.contact === null ? "no contact of it stands: it will expire" : "its time";
}

/** `in 4 min 10 s`, `now`, or `3 s ago`, from mission time. */
export function countdown(at: string, nowMs: number): string {
  const seconds = Math.round(secondsBetween(nowMs, at));
  if (seconds === 0) return "now";
  return seconds > 0 ? `in ${formatDuration(seconds)}` : `${formatDuration(-seconds)} ago`;
}
