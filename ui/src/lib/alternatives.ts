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

const NAMES: Readonly<Record<string, string>> = { delta_v_m_s: "delta-v", lowest_soc: "lowest battery charge", completion_s: "completed later by" };

/** The name and the value of a difference, with its unit; a plus sign where there is more than now. */
export function differenceOf(name: string, value: number): { name: string; value: string } {
  const words = NAMES[name] ?? quantityName(name);
  if (name.endsWith("_s") && !name.endsWith("_m_s")) return { name: words, value: value > 0 ? `+${formatDuration(value)}` : formatDuration(value) };
  const unit = UNIT_OF.find(([ending]) => ending.test(name))?.[1] ?? "";
  // a difference of two percentages is in points of them
  if (/soc$/.test(name)) return { name: words, value: `${value > 0 ? "+" : ""}${formatNumber(value * 100)} percentage points` };
  return { name: words, value: formatMargin(name, value, unit) };
}
