import { describe, expect, it } from "vitest";
import type { Ingest, IngestedSatellite } from "../contract/telemetry";
import { formatCount, markOf, ratesOf, reasonOf, reasonsOf, troublesOf } from "./ingest";

const CRAFT: IngestedSatellite = {
  satellite: "LSAT-1",
  reasons: { accepted: 100 },
  station: null,
  newest: null,
  filed_packets: 50,
  waiting_packets: 10,
  files: 1,
  octets: 1,
  summary_files: 0,
  summary_octets: 0,
  octets_removed: 0,
  values_removed: 0,
  too_late: 0,
};
const INGEST: Ingest = { as_of: "", clock_rate: 1, link_up: true, waiting_packets: 10, compaction_failure: "", alarm_failure: "", kept: { packets_days: null, values_days: null, summaries_days: null }, copy_in_postgres: null, satellites: [CRAFT] };
const heard = (atMs: number, change: Partial<IngestedSatellite>) => ({ atMs, ingest: { ...INGEST, satellites: [{ ...CRAFT, ...change }] } });

describe("ingest", () => {
  it("has a rate between two answers, of frames and of packets wherever they are stored", () => {
    const before = heard(1000, {});
    const now = heard(6000, { reasons: { accepted: 140, duplicate: 10, missed: 99 }, filed_packets: 70, waiting_packets: 0 });
    expect(ratesOf("LSAT-1", before, now)).toEqual({ frames: 10, packets: 2 });
    expect(ratesOf("LSAT-1", null, now)).toBeNull();
    expect(ratesOf("LSAT-2", before, now)).toBeNull();
    expect(ratesOf("LSAT-1", now, heard(7000, {}))).toEqual({ frames: 0, packets: 0 });
  });

  it("tells reasons in order, and new ones by their name", () => {
    const reasons = reasonsOf([{ ...CRAFT, reasons: { "packet-odd": 1, checksum: 2 } }]);
    expect(reasons.map((one) => one.name)).toEqual(["accepted", "missed", "checksum", "packet-odd"]);
    expect(reasonOf("packet-odd").words).toBe("packet odd");
  });

  it("marks what somebody should look at", () => {
    expect([markOf("bad", 0), markOf("bad", 1), markOf("warn", 1), markOf("good", 9)]).toEqual(["", "✕", "△", ""]);
  });

  it("says what is wrong", () => {
    expect(troublesOf(INGEST)).toEqual([]);
    const troubles = troublesOf({ ...INGEST, link_up: false, compaction_failure: "disk full", alarm_failure: "locked" });
    expect(troubles).toHaveLength(3);
    expect(troubles[1]).toContain("disk full");
  });

  it.each([[0, "0"], [999, "999"], [1000, "1,000"], [1234567, "1,234,567"]])("counts %d as %s", (count, text) => expect(formatCount(count)).toBe(text));
});
