import { describe, expect, it } from "vitest";
import type { Alert } from "../contract/anomalies";
import type { Command } from "../contract/command";
import type { ConversationView, ServerMessage } from "../contract/events";
import { INITIAL_LIVE, type LiveState, reduceLive, SPARK_POINTS, wordsOfView } from "./live";

const received = (state: LiveState, message: ServerMessage): LiveState =>
  reduceLive(state, { type: "message", message, atMs: 0 });
const COMMAND: Command = {
  command_id: "c",
  plan_id: "plan-1",
  activity_id: "a",
  satellite: "LSAT-1",
  command: "SET_POINTING",
  arguments: {},
  class: "routine",
  state: "released",
  execute_at: "2026-11-23T06:00:00Z",
  station: null,
  updated_at: "2026-11-23T05:00:00Z",
  detail: "",
};

describe("live state", () => {
  it("remembers each state that a command was seen in, in order and once", () => {
    const uplinked = { ...COMMAND, state: "uplinked" as const };
    const state = [COMMAND, uplinked, uplinked].reduce((s, command) => received(s, { type: "command", command }), INITIAL_LIVE);
    expect(state.commands["c"]?.history?.map((one) => one.state)).toEqual(["released", "uplinked"]);
  });

  it("keeps the longer history when the service sends the whole one", () => {
    const whole = { ...COMMAND, history: ["drafted", "validated", "released"].map((one) => ({ state: one as Command["state"], at: "", detail: "" })) };
    const before = reduceLive(received(INITIAL_LIVE, { type: "command", command: COMMAND }), { type: "commands", commands: [whole] });
    const after = received(before, { type: "command", command: { ...COMMAND, state: "completed" } });
    expect(after.commands["c"]?.history?.map((one) => one.state)).toEqual(["drafted", "validated", "released", "completed"]);
  });

  it("never takes a command back when an answer is older than what the socket told", () => {
    const whole = { ...COMMAND, history: [{ state: "drafted" as const, at: "", detail: "" }, { state: "released" as const, at: "", detail: "" }] };
    const accepted = received(INITIAL_LIVE, { type: "command", command: { ...COMMAND, state: "accepted" } });
    const after = reduceLive(accepted, { type: "commands", commands: [whole] });
    expect(after.commands["c"]?.state).toBe("accepted");
    expect(after.commands["c"]?.history?.map((one) => one.state)).toEqual(["drafted", "released", "accepted"]);
  });

  it("adds a value to the recent course once per time stamp, and keeps the course short", () => {
    const sample = (second: number): ServerMessage => ({
      type: "telemetry",
      satellite: "LSAT-1",
      at: "",
      parameters: [{ name: "soc", value: second, unit: "1", limit_state: "normal", at: String(second) }],
    });
    const seconds = [...Array(SPARK_POINTS + 5).keys()].flatMap((one) => [one, one]);
    const state = seconds.reduce((s, second) => received(s, sample(second)), INITIAL_LIVE);
    const course = state.telemetry["LSAT-1"]?.recent["soc"] ?? [];
    expect(course.length).toBe(SPARK_POINTS);
    expect(course.at(-1)).toBe(SPARK_POINTS + 4);
    expect(new Set(course).size).toBe(SPARK_POINTS);
  });

  it("follows alerts that nobody has seen, and calls serious ones out until they are seen", () => {
    const alert = {
      ...{ alert_id: "a", satellite: "LSAT-1", state: "open", kind: "drift", severity: "serious", worst: "serious", parameters: ["soc"], score: 2, begin: "", end: null },
      ...{ judged_until: "", count: 1, model: "m", acknowledged: false, verdict: null, judged_by: "", judged_at: null, comment: "", assigned_to: "", like: null },
    } as unknown as Alert;
    const told = (step: string, change: Partial<Alert> = {}): ServerMessage => ({ type: "anomaly", entry_id: 1, step, at: "", by: "", reason: "", tells: step === "opened", alert: { ...alert, ...change } });
    const early = reduceLive(INITIAL_LIVE, { type: "message", message: told("opened"), atMs: 0 });
    expect([early.alerts, early.loud.length, early.changes.anomalies]).toEqual([null, 1, 1]);
    const listed = reduceLive(early, { type: "alerts", alerts: [alert] });
    expect(Object.keys(listed.alerts ?? {})).toEqual(["a"]);
    const seen = reduceLive(listed, { type: "message", message: told("acknowledged", { acknowledged: true }), atMs: 0 });
    expect([seen.alerts, seen.loud]).toEqual([{}, []]);
    expect(reduceLive(listed, { type: "loud-seen", alertId: "a" }).loud).toEqual([]);
  });

  it("follows alarms from the list on, and counts their steps before it is there", () => {
    const alarm = { satellite: "LSAT-1", parameter: "soc", state: "raised", level: "watch", worst: "watch", raised: "", shelved_until: null, assigned_to: "", tags: [] } as const;
    const told = (step: string): ServerMessage => ({ type: "alarm", step, by: "", reason: "", alarm: { ...alarm, tags: [] } });
    const early = received(INITIAL_LIVE, told("raised"));
    expect([early.alarms, early.changes.alarms]).toEqual([null, 1]);
    const listed = reduceLive(early, { type: "alarms", alarms: [{ ...alarm, tags: [] }] });
    expect(Object.keys(listed.alarms ?? {})).toEqual(["LSAT-1:soc"]);
    expect(received(listed, told("cleared")).alarms).toEqual({});
  });

  it("leaves the station of a satellite that goes out of contact", () => {
    const inside = received(INITIAL_LIVE, { type: "contact", satellite: "LSAT-1", station: "kiruna", in_contact: true });
    expect(inside.contacts["LSAT-1"]).toBe("kiruna");
    const outside = received(inside, { type: "contact", satellite: "LSAT-1", station: "kiruna", in_contact: false });
    expect(outside.contacts["LSAT-1"]).toBeNull();
  });

  it("lists the operator's words, accepted ones that no run has read yet included", () => {
    const view = { messages: [{ role: "user", content: "one" }, { role: "assistant", content: "two" }], intents: [{ text: "one" }, { text: "three" }] };
    expect(wordsOfView(view as unknown as ConversationView)).toEqual(["one", "three"]);
  });
});
