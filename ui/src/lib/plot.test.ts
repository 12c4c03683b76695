import { describe, expect, it } from "vitest";
import type { LimitState } from "../contract/mission";
import type { Series } from "../contract/telemetry";
import { areasOf, between, domainOf, drawnOf, edgesOf, formatInstant, gapsOf, markedValue, panned, pointAt, SHORTEST_MS, stretchesOf, tickLabel, wordsOfForm, wordsOfPoint, zoomed } from "./plot";
import { wordsOfBand } from "./telemetry";

const BEGIN = Date.parse("2026-11-23T00:00:00Z");
const iso = (second: number): string => new Date(BEGIN + second * 1000).toISOString();
const NO_LIMITS = { changed: false, contextual: false, bands: [], labels: {}, minimum_violations: 1, minimum_conformance: 1 };
const SERIES: Series = {
  satellite: "LSAT-1",
  parameter: "temperature",
  unit: "K",
  kind: "float",
  start: iso(0),
  end: iso(100),
  form: "values",
  total: 0,
  values: null,
  buckets: null,
  limits: NO_LIMITS,
  values_from: null,
  kept_from: null,
};
const values = (at: number[], of: (number | string | null)[], levels?: LimitState[]): Series => ({
  ...SERIES,
  total: of.length,
  values: { t: at.map(iso), values: of, levels: levels ?? of.map(() => "normal") },
});
const BUCKETS: Series = {
  ...SERIES,
  form: "buckets",
  total: 9,
  buckets: { bucket_s: 60, t: [iso(0), iso(60), iso(600)], minimum: [273.15, 274.15, 275.15], maximum: [283.15, 284.15, 285.15], mean: [278.15, 279.15, 280.15], count: [3, 3, 3], levels: ["normal", "warning", "normal"] },
};

describe("ranges of time", () => {
  it("follow the present or stay", () => {
    expect(edgesOf({ kind: "last", seconds: 60 }, BEGIN)).toEqual([BEGIN - 60_000, BEGIN]);
    expect(edgesOf({ kind: "fixed", start: 1, end: 2 }, BEGIN)).toEqual([1, 2]);
  });

  it("keep the instant under the pointer where it is", () => {
    expect(zoomed([0, 100_000], 25_000, 0.5)).toEqual({ kind: "fixed", start: 12_500, end: 62_500 });
    expect(zoomed([0, 100_000], 50_000, 1e-9)).toEqual({ kind: "fixed", start: 49_500, end: 50_500 });
  });

  it("move by a share, and are never too short to ask for", () => {
    expect(panned([0, 1000], -0.2)).toEqual({ kind: "fixed", start: -200, end: 800 });
    expect(between(9000, 2000)).toEqual({ kind: "fixed", start: 2000, end: 9000 });
    const short = between(5000, 5001);
    expect(short.kind === "fixed" && short.end - short.start).toBe(SHORTEST_MS);
  });
});

describe("what is drawn", () => {
  it("is in the unit for people, limits too", () => {
    const bands = [{ level: "warning" as const, low: 273.15, high: null, inside: false }];
    const drawn = drawnOf({ ...values([0, 1], [293.15, 283.15]), limits: { ...NO_LIMITS, bands } });
    expect(drawn.unit).toBe("°C");
    expect(drawn.mean.map((one) => Math.round(one))).toEqual([20, 10]);
    expect(Math.round(drawn.bands[0]!.low!)).toBe(0);
  });

  it("has no line over values without a meaning or over a gap", () => {
    const drawn = drawnOf(values([0, 1, 2, 3, 4, 20], [1, 2, null, 3, 4, 5]));
    expect(drawn.t).toHaveLength(5);
    expect(drawn.breaks).toEqual([false, false, true, false, true]);
  });

  it("goes on with a newer value where single values are shown, and not beside buckets", () => {
    const newest = { at: BEGIN + 5000, value: 300, level: "watch" as const };
    expect(drawnOf(values([0, 1], [1, 2]), newest).t.at(-1)).toBe(newest.at);
    expect(drawnOf(values([0, 9], [1, 2]), newest).t).toHaveLength(2);
    expect(drawnOf(BUCKETS, { ...newest, at: BEGIN + 9e6 }).t).toHaveLength(3);
  });

  it("stands in the middle of its bucket, with gaps where buckets are missing", () => {
    const drawn = drawnOf(BUCKETS);
    expect(drawn.t[0]).toBe(BEGIN + 30_000);
    expect(drawn.breaks).toEqual([false, false, true]);
    expect(drawn.count).toEqual([3, 3, 3]);
  });

  it("takes gaps for what is much longer than usual", () => {
    expect(gapsOf([0, 10, 20, 50, 60, 160])).toEqual([false, false, false, false, false, true]);
    const slower = [...Array(20).keys()].map((one) => (one < 10 ? one : 10 + (one - 10) * 60));
    expect(gapsOf(slower)).not.toContain(true); // another rate is no gap
    expect(gapsOf([0, 100], 100)).toEqual([false, false]);
    expect(gapsOf([])).toEqual([]);
  });

  it("has room for values in the range and limits near them, not for far ones", () => {
    const near = [{ level: "warning" as const, low: 0.5, high: 100, inside: false }];
    const drawn = drawnOf({ ...values([0, 1, 500], [1, 2, 90]), unit: "V", limits: { ...NO_LIMITS, bands: near } });
    const [low, high] = domainOf(drawn, [BEGIN, BEGIN + 1000]);
    expect(low).toBeLessThan(0.5);
    expect(low).toBeGreaterThan(0);
    expect(high).toBeGreaterThan(2);
    expect(high).toBeLessThan(3);
    expect(domainOf(drawnOf(values([], [])), [0, 1])).toEqual([0, 1]);
  });

  it("has alarming areas outside limits or inside, the worse ones on top", () => {
    const bands = [
      { level: "critical" as const, low: null, high: 9, inside: false },
      { level: "watch" as const, low: 2, high: 7, inside: false },
      { level: "warning" as const, low: 4, high: 5, inside: true },
    ];
    expect(areasOf(bands)).toEqual([
      { level: "watch", from: null, to: 2 },
      { level: "watch", from: 7, to: null },
      { level: "warning", from: 4, to: 5 },
      { level: "critical", from: 9, to: null },
    ]);
    expect(markedValue(1, 3, [bands[1]!])).toBe(1);
    expect(markedValue(1, 8, [bands[1]!])).toBe(8);
  });
});

describe("a cursor", () => {
  const drawn = drawnOf(values([0, 10, 20], [1, 2, 3]));

  it("shows the nearest point, and none where none is near", () => {
    expect(pointAt(drawn, BEGIN + 14_000, 6000)).toBe(1);
    expect(pointAt(drawn, BEGIN + 16_000, 6000)).toBe(2);
    expect(pointAt(drawn, BEGIN + 60_000, 6000)).toBe(-1);
    expect(pointAt(drawnOf(values([], [])), BEGIN, 6000)).toBe(-1);
  });

  it("says which value or bucket it is", () => {
    const volts = drawnOf({ ...values([0.25], [3.5], ["warning"]), unit: "V" });
    expect(wordsOfPoint(volts, 0)).toBe("3.5 V, warning at 2026-11-23 00:00:00.250 UTC");
    expect(wordsOfPoint(drawnOf(BUCKETS), 1)).toBe("1 to 11 °C, mean 6, warning, 3 values 2026-11-23 00:01:00 to 00:02:00 UTC");
  });
});

describe("words", () => {
  it("say whether all values are shown or buckets of which length", () => {
    expect(wordsOfForm(values([0], [1]))).toBe("raw samples: all 1 value");
    expect(wordsOfForm(values([], []))).toBe("no values in this range");
    expect(wordsOfForm(BUCKETS)).toBe("least, mean and greatest in buckets of 1 min (9 values)");
  });

  it("of an axis are as fine as it is", () => {
    expect([400, 3600, 9 * 86_400].map((s) => tickLabel(BEGIN + 61_000, s * 1000))).toEqual(["00:01:01", "00:01", "11-23"]);
    expect(formatInstant(BEGIN)).toBe("2026-11-23 00:00:00");
  });

  it.each([
    [{ low: 1, high: null, inside: false }, "below 1"],
    [{ low: 1, high: 2, inside: false }, "below 1 or above 2"],
    [{ low: 1, high: 2, inside: true }, "from 1 to 2"],
    [{ low: null, high: -2, inside: true }, "at most −2"],
  ])("of a band %j", (band, words) => expect(wordsOfBand(band)).toBe(words));

  it("that values are make stretches", () => {
    const made = stretchesOf({ ...values([0, 9, 10, 30], ["nominal", "nominal", "safe", null]), form: "changes" });
    expect(made.map((one) => [one.value, (one.to - one.from) / 1000])).toEqual([["nominal", 9], ["safe", 0], ["no value", 0]]);
  });
});
