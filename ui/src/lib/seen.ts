/** What a person has seen of something to be approved, and what is different now. */

/** One command as an approver judges it. */
export interface CommandLine {
  key: string;
  command: string;
  satellite: string;
  arguments: Record<string, unknown>;
  /** When it is executed, or for a stack which contact it goes up in. */
  when: string;
}

/** A content that somebody looked at. */
export interface Seen {
  hash: string;
  revision: number;
  lines: CommandLine[];
}

export interface LineChange {
  kind: "added" | "removed" | "changed";
  line: CommandLine;
  /** What is different, in words: `duration_s 60 → 90`. */
  differences: string[];
}

/** What has changed between two contents, command by command. */
export function changesBetween(before: readonly CommandLine[], after: readonly CommandLine[]): LineChange[] {
  const old = new Map(before.map((line) => [line.key, line]));
  const fresh = new Set(after.map((line) => line.key));
  const changed = after.flatMap((line): LineChange[] => {
    const earlier = old.get(line.key);
    if (earlier === undefined) return [{ kind: "added", line, differences: [] }];
    const differences = differencesOf(earlier, line);
    return differences.length === 0 ? [] : [{ kind: "changed", line, differences }];
  });
  const removed = before.filter((line) => !fresh.has(line.key)).map((line): LineChange => ({ kind: "removed", line, differences: [] }));
  return [...changed, ...removed];
}

function differencesOf(before: CommandLine, after: CommandLine): string[] {
  const names = [...new Set([...Object.keys(before.arguments), ...Object.keys(after.arguments)])].sort();
  const pairs: [string, unknown, unknown][] = [
    ["command", before.command, after.command],
    ["satellite", before.satellite, after.satellite],
    ["time", before.when, after.when],
    ...names.map((name): [string, unknown, unknown] => [name, before.arguments[name], after.arguments[name]]),
  ];
  return pairs.filter(([, one, other]) => JSON.stringify(one) !== JSON.stringify(other)).map(([name, one, other]) => `${name} ${shown(one)} → ${shown(other)}`);
}

function shown(value: unknown): string {
  return value === undefined ? "none" : typeof value === "string" ? value : JSON.stringify(value);
}

const KEPT = 200; // subjects; the oldest go first

/** What this person saw last of each subject, kept in this browser. */
export class SeenStore {
  private readonly key: string;

  constructor(username: string) {
    this.key = `llamaspace.seen.${username}`;
  }

  of(subjectId: string): Seen | null {
    return this.read()[subjectId] ?? null;
  }

  keep(subjectId: string, seen: Seen): void {
    const others = Object.entries(this.read()).filter(([id]) => id !== subjectId);
    localStorage.setItem(this.key, JSON.stringify(Object.fromEntries([...others.slice(1 - KEPT), [subjectId, seen]])));
  }

  private read(): Record<string, Seen> {
    try {
      return JSON.parse(localStorage.getItem(this.key) ?? "{}") as Record<string, Seen>;
    } catch {
      return {}; // what the browser kept is not ours to trust; then nothing counts as seen
    }
  }
}
