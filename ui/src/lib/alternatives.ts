/** How an alternative differs, as people read it. */

import { formatMargin, quantityName } from "./format";
import { formatDuration } from "./time";

const UNIT_OF: readonly [RegExp, string][] = [
  [/_bytes$/, "B"],
  [/_kg$/, "kg"],
  [/_m_s$/, "m/s"],
  [/_w$/, "W"],
  [/_deg$/, "deg"],
];

/** The name and the value of a difference, with its unit; a plus sign where there is more than now. */
export function differenceOf(name: string, value: number): { name: string; value: string } {
  if (name.endsWith("_s") && !name.endsWith("_m_s")) {
    return { name: quantityName(name.slice(0, -2)), value: value > 0 ? `+${formatDuration(value)}` : formatDuration(value) };
  }
  const unit = UNIT_OF.find(([ending]) => ending.test(name))?.[1] ?? (/soc/.test(name) ? "1" : "");
  return { name: quantityName(name), value: formatMargin(/soc/.test(name) ? "soc" : name, value, unit) };
}
