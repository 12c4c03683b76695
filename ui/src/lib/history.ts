/** Filters over commands: the same question for the service, and for what the socket has told since. */

import type { Command } from "../contract/command";
import { isBefore } from "../contract/command";

export interface HistoryFilters {
  satellite: string;
  state: string;
  commandClass: string;
  /** A plan or a stack. */
  ownerId: string;
  /** ISO 8601, UTC; empty for no bound. */
  start: string;
  end: string;
  text: string;
}

export const NO_FILTERS: HistoryFilters = { satellite: "", state: "", commandClass: "", ownerId: "", start: "", end: "", text: "" };

/** The filters as the service takes them, newest first. */
export function queryOf(filters: HistoryFilters, limit: number, cursor: string | null): URLSearchParams {
  const pairs: [string, string][] = [
    ["satellite", filters.satellite],
    ["state", filters.state],
    ["class", filters.commandClass],
    ["plan_id", filters.ownerId.trim()],
    ["start", filters.start],
    ["end", filters.end],
    ["text", filters.text.trim()],
    ["newest_first", "true"],
    ["limit", String(limit)],
    ["cursor", cursor ?? ""],
  ];
  return new URLSearchParams(pairs.filter(([, value]) => value !== ""));
}

/** Whether a command is one that the filters keep. */
export function matches(filters: HistoryFilters, one: Command): boolean {
  const at = Date.parse(one.execute_at);
  const words = [one.command_id, one.command, JSON.stringify(one.arguments), one.detail].join("\n").toLowerCase();
  return (
    (filters.satellite === "" || one.satellite === filters.satellite) &&
    (filters.state === "" || one.state === filters.state) &&
    (filters.commandClass === "" || one.class === filters.commandClass) &&
    (filters.ownerId.trim() === "" || one.plan_id === filters.ownerId.trim()) &&
    (filters.start === "" || at >= Date.parse(filters.start)) &&
    (filters.end === "" || at < Date.parse(filters.end)) &&
    words.includes(filters.text.trim().toLowerCase())
  );
}

/** What the service found and what was told live, each command once in its newest state, the latest execution first. */
export function mergedCommands(found: readonly Command[], live: Readonly<Record<string, Command>>, filters: HistoryFilters): Command[] {
  const all = new Map(found.map((one) => [one.command_id, one]));
  for (const one of Object.values(live)) {
    const known = all.get(one.command_id);
    if (known === undefined || !isBefore(one.state, known.state)) all.set(one.command_id, one);
  }
  return [...all.values()]
    .filter((one) => matches(filters, one))
    .sort((one, other) => Date.parse(other.execute_at) - Date.parse(one.execute_at) || one.command_id.localeCompare(other.command_id));
}

export const COLUMNS = ["command_id", "plan_id", "activity_id", "satellite", "command", "arguments", "class", "state", "execute_at", "station", "updated_at", "detail"] as const;

/** A command as a row of a table, in the order of COLUMNS. */
export function rowOf(one: Command): unknown[] {
  return COLUMNS.map((name) => one[name]);
}
