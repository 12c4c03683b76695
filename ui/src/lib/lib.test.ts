import { describe, expect, it } from "vitest";
import type { MissionPlan } from "../contract/plan";
import type { User } from "../contract/session";
import { displayOf, formatMargin, formatNumber, formatQuantity, quantityName } from "./format";
import { bySeverity, hazardousCommands, undecidedCodes, unknownCodes, whyNotApprove, whyNotEdit, whyNotReject } from "./review";
import { labelAnchor, lastAtOrBefore, linearScale, timeTicks, valueTicks } from "./scale";
import { formatCoarse, formatDateTime, formatDuration, formatTime, missionNowMs, readableTimes } from "./time";

describe("times", () => {
  it("are UTC, with the day only where it changes", () => {
    expect(formatDateTime("2026-11-23T05:58:00.754Z")).toBe("2026-11-23 05:58:00");
    expect(formatTime("2026-11-23T05:58:00+02:00")).toBe("03:58:00");
    expect(formatTime("2026-11-24T05:58:00Z", "2026-11-23T00:00:00Z")).toBe("11-24 05:58:00");
  });

  it.each([
    [43.4, "43 s"],
    [120, "2 min"],
    [2700, "45 min"],
    [4320, "1 h 12 min"],
    [183_600, "2 d 3 h"],
    [-30, "−30 s"],
  ])("last %d s as %s", (seconds, words) => expect(formatDuration(seconds)).toBe(words));

  it("run on at the clock's rate", () => {
    const reading = { clock: { now: "2026-11-23T00:00:00Z", rate: 60, simulated: true, maximum_rate: 1000 }, readAtMs: 1000 };
    expect(new Date(missionNowMs(reading, 3000)).toISOString()).toBe("2026-11-23T00:02:00.000Z");
  });

  it("inside a text read like those beside it", () => {
    expect(readableTimes("from 2026-11-23T05:58:00.754796Z, to 2026-11-23T06:02:05+00:00.")).toBe(
      "from 2026-11-23 05:58:00 UTC, to 2026-11-23 06:02:05 UTC.",
    );
    expect(readableTimes("on 2026-11-23")).toBe("on 2026-11-23");
  });

  it("can be told coarsely", () => expect(formatCoarse(1655)).toBe("27 min"));
});

describe("numbers with units", () => {
  it.each([
    ["soc", 0.9063, "1", "90.63 %"],
    ["temperature_k", 288.15, "K", "15 °C"],
    ["tank_pressure_pa", 2_200_000, "Pa", "22 bar"],
    ["data_store_bytes", 800_000_000, "B", "800 MB"],
    ["bus_power_w", -120.04, "W", "−120 W"],
    ["altitude_m", 514_615, "m", "514.6 km"],
    ["probability", 0.00001234, "1", "1.23e−5"],
  ])("%s %d %s is %s", (name, value, unit, words) => expect(formatQuantity(name, value, unit)).toBe(words));

  it("has no value where there is none", () => expect(formatQuantity("soc", null, "1")).toBe("—"));

  it("gives a margin of temperature in kelvin, with its sign", () => {
    expect(formatMargin("temperature_k", 5, "K")).toBe("+5 K");
    expect(formatMargin("soc", -0.05, "1")).toBe("−5 %");
  });

  it("leaves the unit out of a quantity's name", () => {
    expect(quantityName("load_power_w")).toBe("load power");
    expect(quantityName("mode")).toBe("mode");
  });

  it("shows whole large numbers and never a long tail", () => {
    expect(formatNumber(1234.567)).toBe("1235");
    expect(formatNumber(0.1 + 0.2)).toBe("0.3");
    expect(displayOf("x", "N m s").unit).toBe("N m s");
  });
});

describe("scales", () => {
  it("map there and back", () => {
    const scale = linearScale([10, 20], [100, 300]);
    expect(scale(15)).toBe(200);
    expect(scale.invert(scale(13.7))).toBeCloseTo(13.7, 12);
    expect(linearScale([5, 5], [0, 10])(5)).toBe(5);
  });

  it("have round ticks inside the span", () => {
    const [begin, end] = [Date.parse("2026-11-23T02:10:00Z"), Date.parse("2026-11-23T08:17:00Z")];
    const ticks = timeTicks(begin, end, 6);
    expect(ticks.length).toBeGreaterThan(1);
    expect(ticks.every((tick) => tick >= begin && tick <= end && tick % 1_800_000 === 0)).toBe(true);
    expect(valueTicks(0.58, 1.02, 4)).toEqual([0.6, 0.8, 1]);
  });

  it("keep labels inside the drawing", () => {
    expect([2, 100, 590].map((x) => labelAnchor(x, 600))).toEqual(["start", "middle", "end"]);
  });

  it("find the sample that holds at an instant", () => {
    expect(lastAtOrBefore([0, 30, 60], 45)).toBe(1);
    expect(lastAtOrBefore([0, 30, 60], 60)).toBe(2);
    expect(lastAtOrBefore([0, 30, 60], -1)).toBe(-1);
  });
});

describe("who may decide", () => {
  const person = (role: User["role"], username = "petra"): User => ({ username, role });
  const plan = (more: object = {}): MissionPlan =>
    ({
      state: "validated",
      intent: { author: "olga" },
      approvals: [],
      activities: [],
      validation: { findings: [] },
      ...more,
    }) as unknown as MissionPlan;
  const finding = (severity: string, code = "COL-005") => ({ severity, code });

  it("a planner who did not write the request", () => {
    expect(whyNotApprove(plan(), person("planner"))).toBeNull();
    expect(whyNotApprove(plan(), person("planner", "olga"))).toMatch(/another person/);
    expect(whyNotApprove(plan(), person("operator"))).toMatch(/planner role; you are operator/);
    expect(whyNotApprove(plan(), person("admin"))).toMatch(/planner role/);
  });

  it("nobody while something blocks or nothing was checked", () => {
    expect(whyNotApprove(plan({ validation: { findings: [finding("block")] } }), person("flight_director"))).toMatch(/1 blocking finding must/);
    expect(whyNotApprove(plan({ validation: null }), person("flight_director"))).toMatch(/not been checked/);
  });

  it("only a flight director where something is unknown", () => {
    const unknown = plan({ validation: { findings: [finding("unknown"), finding("unknown")] } });
    expect(whyNotApprove(unknown, person("planner"))).toMatch(/flight director role/);
    expect(whyNotApprove(unknown, person("flight_director"))).toBeNull();
    expect(unknownCodes(unknown)).toEqual(["COL-005"]);
    const accepted = { ...unknown, approvals: [{ by: "dora", accepted_unknown: ["COL-005"] }] } as unknown as MissionPlan;
    expect(whyNotApprove(accepted, person("planner"))).toBeNull();
    expect(undecidedCodes(accepted)).toEqual([]);
  });

  it("never the same person twice", () => {
    expect(whyNotApprove(plan({ approvals: [{ by: "petra" }] }), person("planner"))).toMatch(/second person/);
  });

  it("edits and rejects only what is still open", () => {
    expect(whyNotEdit(plan({ state: "released" }), person("planner"))).toMatch(/released/);
    expect(whyNotReject(plan({ state: "approved" }), person("planner"))).toBeNull();
    expect(whyNotReject(plan({ state: "completed" }), person("planner"))).toMatch(/completed/);
  });

  it("sees the worst finding first and every hazardous command", () => {
    const sorted = bySeverity(["info", "warn", "block", "unknown"].map((one) => finding(one)) as never);
    expect(sorted.map((one) => one.severity)).toEqual(["block", "unknown", "warn", "info"]);
    const burn = { activity_id: "b", commands: [{ command: "EXECUTE_BURN" }, { command: "SET_MODE" }] };
    expect(hazardousCommands(plan({ activities: [burn] })).map((one) => one.command)).toEqual(["EXECUTE_BURN"]);
  });
});
