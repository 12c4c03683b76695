/** Linear scales and round ticks for the drawings. */

export interface Scale {
  (value: number): number;
  invert(pixel: number): number;
}

/** Maps a domain onto pixels; an empty domain maps to the middle. */
export function linearScale(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const [d0, d1] = domain;
  const [r0, r1] = range;
  const width = d1 - d0;
  const scale = (value: number): number => (width === 0 ? (r0 + r1) / 2 : r0 + ((value - d0) / width) * (r1 - r0));
  return Object.assign(scale, {
    invert: (pixel: number): number => (r1 === r0 ? d0 : d0 + ((pixel - r0) / (r1 - r0)) * width),
  });
}

const STEPS_S = [1, 5, 10, 30, 60, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];

/** Round UTC instants (Unix ms) inside a span, about `count` of them. */
export function timeTicks(startMs: number, endMs: number, count: number): number[] {
  const wanted = (endMs - startMs) / 1000 / Math.max(count, 1);
  const step = (STEPS_S.find((one) => one >= wanted) ?? Math.ceil(wanted / 86400) * 86400) * 1000;
  const ticks: number[] = [];
  for (let at = Math.ceil(startMs / step) * step; at <= endMs; at += step) ticks.push(at);
  return ticks;
}

/** How to anchor a label at `x` so that it stays inside a drawing of that width. */
export function labelAnchor(x: number, width: number): "start" | "middle" | "end" {
  const half = 16; // half the width of a time in small type
  if (x < half) return "start";
  return x > width - half ? "end" : "middle";
}

/** Round values inside a domain, about `count` of them. */
export function valueTicks(low: number, high: number, count: number): number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((one) => one * power).find((one) => one >= rough) ?? 10 * power;
  const ticks: number[] = [];
  for (let index = Math.ceil(low / step - 1e-9); index * step <= high + step * 1e-9; index += 1) {
    ticks.push(Number((index * step).toPrecision(12)));
  }
  return ticks;
}

/** Index of the last sample at or before `at` in an increasing series; -1 before the first. */
export function lastAtOrBefore(series: readonly number[], at: number): number {
  let low = 0;
  let high = series.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (series[middle]! <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
