import { describe, expect, it } from "vitest";
import type { PacketValue } from "../contract/telemetry";
import { linesOf, octetsOf, queryOf, valuesAt, wordsOfPlace } from "./packets";

const at = (name: string, offset_bits: number | null, size_bits: number | null): PacketValue => ({ name, value: 1, raw: null, unit: "", level: "normal", offset_bits, size_bits });

describe("octets of a packet", () => {
  it("stand sixteen to a line and lose none", () => {
    const hex = [...Array(35).keys()].map((one) => one.toString(16).padStart(2, "0")).join("");
    const lines = linesOf(hex);
    expect(lines.map((one) => [one.at, one.octets.length])).toEqual([[0, 16], [16, 16], [32, 3]]);
    expect(lines.flatMap((one) => one.octets).join("")).toBe(hex);
    expect(linesOf("")).toEqual([]);
  });

  it("belong to the values that they are a part of", () => {
    const values = [at("flag", 3, 1), at("word", 8, 16), at("across", 20, 8), at("anywhere", null, null)];
    expect(octetsOf(values[2]!)).toEqual([2, 4]);
    expect([0, 1, 2, 3, 4].map((one) => valuesAt(values, one).map((value) => value.name))).toEqual([["flag"], ["word"], ["word", "across"], ["across"], []]);
  });

  it.each([
    [at("x", 8, 8), "octet 1"],
    [at("x", 16, 32), "octets 2 to 5"],
    [at("x", 11, 1), "octet 1, bit 3"],
    [at("x", 11, 3), "octet 1, bits 3 to 5"],
    [at("x", null, 3), ""],
  ])("are named: %j", (value, words) => expect(wordsOfPlace(value)).toBe(words));
});

describe("a page of packets", () => {
  it("is asked for without what does not filter", () => {
    const filters = { satellite: "LSAT-1", container: "", start: "2026-11-23T00:00:00Z", end: "" };
    expect(queryOf(filters, 50, null).toString()).toBe("satellite=LSAT-1&limit=50&start=2026-11-23T00%3A00%3A00Z");
    expect(queryOf({ ...filters, container: "hk" }, 50, "9").get("cursor")).toBe("9");
  });
});
