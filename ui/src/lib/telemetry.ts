/** Limits and values of telemetry in words. */

import type { Band, BrowsedParameter } from "../contract/telemetry";

/** `below 0.4`, `below 10 or above 30`, `from 1 to 2`: where a value is at the level of a band. */
export function wordsOfBand({ low, high, inside }: Omit<Band, "level">, number: (value: number) => string = plain): string {
  if (inside) {
    if (low !== null && high !== null) return `from ${number(low)} to ${number(high)}`;
    return low !== null ? `at least ${number(low)}` : high !== null ? `at most ${number(high)}` : "always";
  }
  const parts = [low !== null && `below ${number(low)}`, high !== null && `above ${number(high)}`].filter((one) => one !== false);
  return parts.length === 0 ? "never" : parts.join(" or ");
}

/** Parameters with every word of a search in their name, description or unit. */
export function foundParameters(parameters: readonly BrowsedParameter[], search: string): BrowsedParameter[] {
  const words = search.toLowerCase().split(/\s+/).filter((one) => one !== "");
  return parameters.filter(({ name, description, unit }) => {
    const text = `${name} ${description} ${unit}`.toLowerCase();
    return words.every((one) => text.includes(one));
  });
}

function plain(value: number): string {
  return String(Number(value.toPrecision(12))).replace("-", "−");
}
