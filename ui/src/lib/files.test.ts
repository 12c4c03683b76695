import { describe, expect, it } from "vitest";
import type { Transfer } from "../contract/files";
import { formatOctets, shareOf, stateOf, toBase64 } from "./files";

const UP: Transfer = {
  transfer_id: "file-LSAT-1-1", satellite: "LSAT-1", direction: "up", name: "notes/a", octets: 200, done_octets: 50, state: "open",
  acknowledged: true, detail: "", begun_utc: null, ended_utc: null, sha256: null, command_class: "routine", author: "petra", request_id: null,
};

describe("files", () => {
  it("says octets with decimal prefixes", () => {
    expect([0, 999, 1000, 20_000, 64_000_000].map(formatOctets)).toEqual(["0 B", "999 B", "1.0 kB", "20.0 kB", "64.0 MB"]);
  });

  it("knows no share of a file whose length nobody knows, and all of an empty one", () => {
    expect([shareOf(UP), shareOf({ ...UP, octets: null }), shareOf({ ...UP, octets: 0, done_octets: 0 })]).toEqual([0.25, null, 1]);
  });

  it("does not call a file delivered of which nobody said so", () => {
    expect(stateOf({ ...UP, state: "sent", acknowledged: false }).words).toContain("nobody says");
    expect(stateOf({ ...UP, direction: "down", state: "delivered" }).words).toBe("received");
  });

  it("writes every octet as base64", async () => {
    const octets = Uint8Array.from({ length: 70_000 }, (_, at) => at % 256);
    const text = await toBase64(new Blob([octets]));
    expect(Uint8Array.from(atob(text), (one) => one.charCodeAt(0))).toEqual(octets);
  });
});
