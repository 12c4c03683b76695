/** What an argument may be, in words, and whether a text is one. The service decides; this says it while one types. */

import type { ArgumentDefinition, Range } from "../contract/commanding";

const NUMBERS: ReadonlySet<string> = new Set(["integer", "float", "relative time"]);

/** `0.1 to 1800 s`, `safe, standby or nominal`; empty where nothing is known. */
export function allowedWords(argument: ArgumentDefinition): string {
  const unit = argument.unit === "" ? "" : ` ${argument.unit}`;
  if (argument.ranges.length > 0) return `${argument.ranges.map(rangeWords).join(" or ")}${unit}${argument.ranges_are_raw ? " (as sent)" : ""}`;
  if (argument.characters !== null) return `${rangeWords(argument.characters)} ${argument.kind === "binary" ? "octets" : "characters"}`;
  return argument.kind === "binary" ? "hexadecimal octets" : `${argument.kind}${unit === "" ? "" : `,${unit}`}`;
}

/** An interval in words. */
export function rangeWords({ minimum, maximum, minimum_excluded, maximum_excluded }: Range): string {
  const low = minimum === null ? "" : `${minimum_excluded ? "above " : ""}${minimum}`;
  const high = maximum === null ? "" : `${maximum_excluded ? "below " : ""}${maximum}`;
  if (low !== "" && high !== "") return `${low} to ${high}`;
  if (low !== "") return minimum_excluded ? low : `at least ${low}`;
  return high === "" ? "any" : maximum_excluded ? high : `at most ${high}`;
}

/** The value that a text stands for, and what is wrong with it; an empty text is no value. */
export function readArgument(argument: ArgumentDefinition, text: string): { value: unknown; error: string | null } {
  const trimmed = text.trim();
  if (trimmed === "") return { value: undefined, error: argument.default === null ? `${argument.name} has to be given: ${allowedWords(argument)}` : null };
  if (argument.kind === "boolean") return { value: trimmed === "true" ? true : trimmed === "false" ? false : trimmed, error: null };
  if (argument.labels.length > 0) return { value: trimmed, error: argument.labels.includes(trimmed) ? null : `${trimmed} is none of ${argument.labels.join(", ")}` };
  if (!NUMBERS.has(argument.kind)) return { value: text, error: null };
  const value = Number(trimmed);
  if (!Number.isFinite(value)) return { value: trimmed, error: `${trimmed} is no number` };
  if (argument.kind === "integer" && !Number.isInteger(value)) return { value, error: `${trimmed} is no whole number` };
  const inside = argument.ranges.length === 0 || argument.ranges_are_raw || argument.ranges.some((range) => contains(range, value));
  return { value, error: inside ? null : `${trimmed} is outside ${allowedWords(argument)}` };
}

function contains(range: Range, value: number): boolean {
  const low = range.minimum === null || (range.minimum_excluded ? value > range.minimum : value >= range.minimum);
  return low && (range.maximum === null || (range.maximum_excluded ? value < range.maximum : value <= range.maximum));
}

/** The value that goes without saying: the only one that there is. */
export function onlyValue(argument: ArgumentDefinition): unknown {
  const [range] = argument.ranges;
  const alone = argument.ranges.length === 1 && range !== undefined && range.minimum !== null && range.minimum === range.maximum;
  return alone && !argument.ranges_are_raw ? range.minimum : undefined;
}
