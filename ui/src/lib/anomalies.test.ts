import { describe, expect, it } from "vitest";
import type { Alert, Anomaly, AnomalyWatch } from "../contract/anomalies";
import { isLoud, marksOf, nameOfAlert, rangeOf, troublesOfWatch, unseenOf, withAlert, withLoud, wordsOfEvidence } from "./anomalies";

const ALERT: Alert = {
  alert_id: "alert-1",
  satellite: "LSAT-1",
  state: "open",
  kind: "drift",
  severity: "serious",
  worst: "serious",
  parameters: ["soc", "bus_voltage_v"],
  score: 3,
  begin: "2026-11-23T01:00:00Z",
  end: null,
  judged_until: "2026-11-23T02:00:00Z",
  count: 1,
  model: "m 1",
  acknowledged: false,
  verdict: null,
  judged_by: "",
  judged_at: null,
  comment: "",
  assigned_to: "",
  like: null,
};
const SOC = { parameter: "soc", unit: "1", since: "2026-11-23T00:50:00Z", at: "2026-11-23T01:30:00Z", observed: 0.4, expected: 0.82, spread: 0.05, deviations: -8.4, share: 0.7 };
const ANOMALY: Anomaly = { ...ALERT, anomaly_id: "a", evidence: [SOC] };

describe("alerts", () => {
  it("wait until somebody has seen them; those like a dismissed one wait quietly", () => {
    const two = withAlert(withAlert({}, ALERT), { ...ALERT, alert_id: "alert-2", severity: "critical", like: "alert-0" });
    expect(unseenOf(two)).toEqual({ count: 1, worst: "serious" });
    expect(Object.keys(two)).toHaveLength(2);
    expect(unseenOf(withAlert(two, { ...ALERT, acknowledged: true }))).toEqual({ count: 0, worst: "notice" });
  });

  it("are called out when they are serious and tell, once each, until they are seen", () => {
    expect([isLoud({ tells: true, alert: ALERT }), isLoud({ tells: false, alert: ALERT }), isLoud({ tells: true, alert: { ...ALERT, severity: "warning" } })]).toEqual([true, false, false]);
    const loud = withLoud([], { tells: true, alert: ALERT });
    expect(withLoud([], { tells: false, alert: ALERT })).toEqual([]);
    const worse = withLoud(loud, { tells: true, alert: { ...ALERT, severity: "critical" } });
    expect(worse.map((one) => one.severity)).toEqual(["critical"]);
    expect(withLoud(worse, { tells: false, alert: { ...ALERT, state: "ended", severity: "notice" } }).map((one) => one.state)).toEqual(["ended"]);
    expect(withLoud(worse, { tells: false, alert: { ...ALERT, acknowledged: true } })).toEqual([]);
    const many = [..."abcdefg"].reduce<readonly Alert[]>((all, name) => withLoud(all, { tells: true, alert: { ...ALERT, alert_id: name } }), []);
    expect(many.map((one) => one.alert_id)).toEqual(["g", "f", "e", "d", "c"]);
  });

  it("are named by what leads them", () => {
    expect(nameOfAlert(ALERT)).toBe("LSAT-1 soc, bus_voltage_v");
    expect(nameOfAlert({ ...ALERT, parameters: ["a", "b", "c", "d"] })).toBe("LSAT-1 a, b, c …");
  });
});

describe("evidence", () => {
  it("is told in units for people, with how far apart", () => expect(wordsOfEvidence(SOC)).toEqual({ observed: "40 %", expected: "82 % ± 5 %", apart: "−8.4 σ" }));

  it("says where no sample came", () => {
    const gap = wordsOfEvidence({ ...SOC, observed: null, deviations: null });
    expect([gap.observed, gap.apart]).toEqual(["no sample", "—"]);
  });
});

describe("marks on plots", () => {
  const end = Date.parse("2026-11-23T03:00:00Z");
  it("begin where the parameter departs, and reach to where it is judged", () => {
    const [mark] = marksOf([ANOMALY], "soc", end);
    expect([mark?.from, mark?.to]).toEqual([Date.parse(SOC.since), Date.parse(ALERT.judged_until)]);
    expect(mark?.words).toBe("serious drift");
    expect(mark?.expected).toEqual({ at: Date.parse(SOC.at), value: 0.82, spread: 0.05, words: "82 % ± 5 %" });
    expect(marksOf([ANOMALY], "mode", end)).toEqual([]);
  });

  it("end with the anomaly, and with the range", () => {
    expect(marksOf([{ ...ANOMALY, end: "2026-11-23T01:40:00Z" }], "soc", end)[0]?.to).toBe(Date.parse("2026-11-23T01:40:00Z"));
    expect(marksOf([ANOMALY], "soc", Date.parse("2026-11-23T01:10:00Z"))[0]?.expected).toBeNull();
    expect(marksOf([ANOMALY], "soc", Date.parse("2026-11-23T01:10:00Z"))[0]?.to).toBe(Date.parse("2026-11-23T01:10:00Z"));
  });

  it("are looked at with time around them", () => {
    expect(rangeOf("2026-11-23T01:00:00Z", "2026-11-23T02:00:00Z")).toEqual({ start: Date.parse("2026-11-23T00:30:00Z"), end: Date.parse("2026-11-23T02:30:00Z") });
    expect(rangeOf("2026-11-23T01:00:00Z", "2026-11-23T01:00:00Z").start).toBe(Date.parse("2026-11-23T00:50:00Z"));
  });
});

describe("the watch", () => {
  const fine = { satellite: "LSAT-1", state: "watching", model: "m 1", reason: "", judged_until: null, late_s: 0.2, skipped: 0, drift: null } as const;
  const watch = (change: object, failure = ""): AnomalyWatch => ({ failure, failures: 0, satellites: [{ ...fine, ...change }] });
  it("is silent where all is well", () => expect(troublesOfWatch(watch({}))).toEqual([]));
  it("says why somebody is not judged, how late, and of drift", () => {
    expect(troublesOfWatch(watch({ state: "no-model", reason: "another mission" }))).toEqual(["LSAT-1 is not judged: another mission"]);
    expect(troublesOfWatch(watch({ state: "failed", reason: "defect" }, "disk full"))).toEqual(["Alerts cannot be written: disk full", "LSAT-1 is not judged at present: defect"]);
    expect(troublesOfWatch(watch({ reason: "an anomaly was refused" }))).toEqual(["LSAT-1: an anomaly was refused"]);
    expect(troublesOfWatch(watch({ late_s: 12.4 }))).toEqual(["LSAT-1 is judged 12 s late"]);
    const drift = { summary: "unlike training: soc", level: "drifted", looked_at: "", days: 3 };
    expect(troublesOfWatch(watch({ drift }))).toEqual(["LSAT-1: unlike training: soc"]);
    expect(troublesOfWatch(watch({ drift: { ...drift, level: "alike" } }))).toEqual([]);
  });
});
