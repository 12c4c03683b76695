/** How an alternative differs, as people read it. */

import { formatMargin, formatNumber, quantityName } from "./format";
import { formatDuration } from "./time";

const UNIT_OF: readonly [RegExp, string][] = [
  [/_bytes$/, "B"],
  [/_kg$/, "kg"],
  [/_m_s$/, "m/s"],
  [/_w$/, "W"],
  [/_deg$/, "deg"],
];

const NAMES: Readonly<Record<string, string>> = { delta_v_m_s: "delta-v", lowest_soc: "lowest battery charge", completion_s: "completion" };

const OBJECTIVE = "objective ";

/** The name and the value of a difference, with its unit (an objective has it from `units`); + where there is more than now. */
export function differenceOf(name: string, value: number, units: Readonly<Record<string, string>> = {}): { name: string; value: string } {
  if (name.startsWith(OBJECTIVE)) {
    const objective = name.slice(OBJECTIVE.length);
    const unit = units[objective] ?? "";
    return { name: objective, value: unit === "1" ? points(value) : formatMargin(objective, value, unit) };
  }
  const words = NAMES[name] ?? quantityName(name);
  if (name.endsWith("_s") && !name.endsWith("_m_s")) return { name: words, value: value > 0 ? `+${formatDuration(value)}` : formatDuration(value) };
  const unit = UNIT_OF.find(([ending]) => ending.test(name))?.[1] ?? "";
  if (/soc$/.test(name)) return { name: words, value: points(value) };
  return { name: words, value: formatMargin(name, value, unit) };
}

/** A difference of two fractions: percentages differ by points. */
function points(value: number): string {
  return `${value > 0 ? "+" : ""}${formatNumber(value * 100)} percentage points`;
}
