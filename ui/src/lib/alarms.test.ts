import { describe, expect, it } from "vitest";
import type { Alarm } from "../contract/alarms";
import { ALL_ALARMS, byKey, keyOf, readBands, readTags, shownAlarms, tagsOf, waitingOf, withStep, worstOf } from "./alarms";

const ALARM: Alarm = {
  satellite: "LSAT-1",
  parameter: "soc",
  state: "raised",
  level: "warning",
  worst: "critical",
  raised: "2026-11-23T02:00:00Z",
  shelved_until: null,
  assigned_to: "",
  tags: ["power"],
};
const told = (step: string, change: Partial<Alarm>) => ({ step, by: "", reason: "", alarm: { ...ALARM, ...change } });

describe("open alarms", () => {
  it("follow each step and end with the one that clears them", () => {
    const worse = withStep(byKey([ALARM]), told("worsened", { level: "severe" }));
    expect(worse["LSAT-1:soc"]?.level).toBe("severe");
    expect(withStep(worse, told("cleared", { state: "cleared" }))).toEqual({});
    expect(Object.keys(withStep(worse, told("raised", { satellite: "LSAT-2" })))).toHaveLength(2);
  });

  it("stand with the worst first, then those that wait, then the oldest", () => {
    const alarms: Alarm[] = [
      { ...ALARM, parameter: "late", raised: "2026-11-23T03:00:00Z" },
      { ...ALARM, parameter: "seen", state: "acknowledged", raised: "2026-11-23T01:00:00Z" },
      { ...ALARM, parameter: "worst", level: "severe", state: "acknowledged" },
      { ...ALARM, parameter: "early" },
    ];
    expect(shownAlarms(byKey(alarms), ALL_ALARMS).map((one) => one.parameter)).toEqual(["worst", "early", "late", "seen"]);
  });

  it("are kept by every filter alone", () => {
    const open = byKey([ALARM, { ...ALARM, satellite: "LSAT-2", level: "critical", tags: [], shelved_until: "2026-11-23T05:00:00Z" }]);
    const shown = (change: Partial<typeof ALL_ALARMS>) => shownAlarms(open, { ...ALL_ALARMS, ...change }).map(keyOf);
    expect(shown({ satellite: "LSAT-1" })).toEqual(["LSAT-1:soc"]);
    expect(shown({ level: "critical" })).toEqual(["LSAT-2:soc"]);
    expect(shown({ tag: "power" })).toEqual(["LSAT-1:soc"]);
    expect(shown({ shelved: false })).toEqual(["LSAT-1:soc"]);
    expect(tagsOf(open)).toEqual(["power"]);
  });

  it("wait until they are acknowledged or shelved, also when they are normal again", () => {
    const open = byKey([
      ALARM,
      { ...ALARM, parameter: "b", state: "returned", level: "normal" },
      { ...ALARM, parameter: "c", state: "acknowledged", level: "severe" },
      { ...ALARM, parameter: "d", shelved_until: "2026-11-23T05:00:00Z", level: "severe" },
    ]);
    expect(waitingOf(open)).toEqual({ count: 2, worst: "warning" });
    expect(worstOf([])).toBe("normal");
  });
});

describe("what people write", () => {
  it("are tags between commas, each once", () => expect(readTags(" power, night ,,power")).toEqual(["power", "night"]));

  it("are bands with open ends", () => {
    expect(readBands([{ level: "warning", low: "0.4", high: "" }])).toEqual({ bands: [{ level: "warning", low: 0.4, high: null }], wrong: null });
    expect(readBands([]).wrong).toBeNull();
  });

  it.each([
    [[{ level: "warning", low: "", high: " " }], "neither low nor high"],
    [[{ level: "warning", low: "2", high: "1" }], "low is above high"],
    [[{ level: "warning", low: "x", high: "1" }], "x is not a number"],
    [[{ level: "watch", low: "1", high: "" }, { level: "watch", low: "2", high: "" }], "given twice"],
  ] as const)("are refused with the reason: %j", (written, words) => expect(readBands(written).wrong).toContain(words));
});
