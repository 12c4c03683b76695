import { describe, expect, it } from "vitest";
import type { StreamMessage } from "../contract/telemetry";
import { afterMessage, NOT_BEGUN, replayNowMs, wordsOfReplay } from "./replay";

const at = (second: number): string => new Date(Date.UTC(2026, 10, 23, 2, 0, second)).toISOString();
const newest = (second: number, value: number | null, generated = second): StreamMessage => ({
  type: "newest",
  replay: { at: at(second), speed: 10, state: "playing" },
  samples: [{ satellite: "LSAT-1", parameter: "soc", value, unit: "1", limit_state: "normal", at: at(generated) }],
});

describe("a replay", () => {
  it("takes values as they come, and forgets after a jump back what has not come yet", () => {
    let state = afterMessage(NOT_BEGUN, newest(30, 0.8), 0);
    expect(state.values["soc"]?.value).toBe(0.8);
    state = afterMessage(state, { type: "replay", replay: { at: at(40), speed: 10, state: "paused" } }, 0);
    expect(state.values["soc"]?.value).toBe(0.8);
    state = afterMessage(state, { type: "replay", replay: { at: at(10), speed: 10, state: "paused" } }, 0);
    expect(state.values).toEqual({});
  });

  it("keeps the last value that means something", () => {
    const state = afterMessage(afterMessage(NOT_BEGUN, newest(30, 0.8), 0), newest(31, null), 0);
    expect(state.values["soc"]?.at).toBe(at(30));
  });

  it("has a clock that goes on between messages while it plays, not beyond its end", () => {
    const place = afterMessage(NOT_BEGUN, newest(30, 0.8), 1000).place!;
    expect(replayNowMs(place, Date.parse(at(50)), 1500)).toBe(Date.parse(at(35)));
    expect(replayNowMs(place, Date.parse(at(32)), 1500)).toBe(Date.parse(at(32)));
    expect(replayNowMs({ ...place, state: "paused" }, Date.parse(at(50)), 1500)).toBe(Date.parse(at(30)));
  });

  it("tells a problem until the next message, and that it is over", () => {
    const bad = afterMessage(NOT_BEGUN, { type: "problem", problem: { detail: "replay.start: no time" } }, 0);
    expect(bad.problem).toBe("replay.start: no time");
    expect(afterMessage(bad, newest(1, 0.5), 0).problem).toBeNull();
    expect(wordsOfReplay({ ...bad, over: true })).toContain("broken off");
    expect(wordsOfReplay(afterMessage(bad, newest(1, 0.5), 0))).toContain("replaying");
  });
});
