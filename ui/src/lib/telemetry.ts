/** Limits and values of telemetry in words. */

import type { Band } from "../contract/telemetry";

/** `below 0.4`, `below 10 or above 30`, `from 1 to 2`: where a value is at the level of a band. */
export function wordsOfBand({ low, high, inside }: Band | Omit<Band, "level">): string {
  const number = (value: number): string => String(Number(value.toPrecision(12))).replace("-", "−");
  if (inside) {
    if (low !== null && high !== null) return `from ${number(low)} to ${number(high)}`;
    return low !== null ? `at least ${number(low)}` : high !== null ? `at most ${number(high)}` : "always";
  }
  const parts = [low !== null && `below ${number(low)}`, high !== null && `above ${number(high)}`].filter((one) => one !== false);
  return parts.length === 0 ? "never" : parts.join(" or ");
}
