import { describe, expect, it } from "vitest";
import type { AgUiEvent } from "../contract/events";
import { applyEvent, EMPTY_CONVERSATION, type ConversationState } from "./conversation";

const told = (...events: AgUiEvent[]): ConversationState => events.reduce(applyEvent, EMPTY_CONVERSATION);
const run = (runId = "r1"): AgUiEvent => ({ type: "RUN_STARTED", threadId: "c1", runId });
const finished: AgUiEvent = { type: "RUN_FINISHED", threadId: "c1", runId: "r1" };
const step = (stepName: string): AgUiEvent => ({ type: "STEP_STARTED", stepName });
const done = (stepName: string): AgUiEvent => ({ type: "STEP_FINISHED", stepName });
const interrupt: AgUiEvent = {
  type: "CUSTOM",
  name: "interrupt",
  value: { plan_id: "plan-1", revision: 1, revision_hash: "a".repeat(64), approvable: true, reason: "Plan ready" },
};

describe("a conversation told by its events", () => {
  it("puts the operator's words where their run begins, once per run", () => {
    const state = told(run(), finished, run(), finished, run("r2"));
    expect(state.items.map((item) => item.kind)).toEqual(["words", "words"]);
    expect(state.wordsUsed).toBe(2);
    expect(state.running).toBe(true);
  });

  it("joins streamed pieces and begins a new block when the same message id starts again", () => {
    const text = (delta: string): AgUiEvent => ({ type: "TEXT_MESSAGE_CONTENT", messageId: "m", delta });
    const start: AgUiEvent = { type: "TEXT_MESSAGE_START", messageId: "m" };
    const end: AgUiEvent = { type: "TEXT_MESSAGE_END", messageId: "m" };
    const state = told(run(), start, text("Hel"), text("lo"), end, start, text("Again"));
    const texts = state.items.flatMap((item) => (item.kind === "text" ? [[item.text, item.streaming]] : []));
    expect(texts).toEqual([
      ["Hello", false],
      ["Again", true],
    ]);
  });

  it("keeps each call's arguments, result and error with that call", () => {
    const start = (id: string): AgUiEvent => ({ type: "TOOL_CALL_START", toolCallId: id, toolCallName: "check_battery" });
    const state = told(
      run(),
      start("a"),
      start("b"),
      { type: "TOOL_CALL_ARGS", toolCallId: "a", delta: '{"satellite":' },
      { type: "TOOL_CALL_ARGS", toolCallId: "b", delta: '{"satellite":"LSAT-2"}' },
      { type: "TOOL_CALL_ARGS", toolCallId: "a", delta: '"LSAT-1"}' },
      { type: "TOOL_CALL_RESULT", toolCallId: "b", content: '{"tool":"check_battery","error":"no telemetry"}' },
    );
    const calls = state.items.flatMap((item) => (item.kind === "tool" ? [item.call] : []));
    expect(calls[0]).toMatchObject({ id: "a", argumentsText: '{"satellite":"LSAT-1"}', result: null });
    expect(calls[1]).toMatchObject({ id: "b", result: { error: "no telemetry" } });
  });

  it("shows a result that is not JSON as it came", () => {
    const state = told(
      run(),
      { type: "TOOL_CALL_START", toolCallId: "a", toolCallName: "t" },
      { type: "TOOL_CALL_RESULT", toolCallId: "a", content: "<plain>" },
    );
    expect(state.items.at(-1)).toMatchObject({ call: { result: { output: { summary: "<plain>" } } } });
  });

  it("waits at an interrupt and no longer when the run goes on", () => {
    const waiting = told(run(), step("review"), interrupt, finished);
    expect(waiting.interrupt?.plan_id).toBe("plan-1");
    expect(waiting.running).toBe(false);
    expect(applyEvent(waiting, run()).interrupt).toBeNull();
  });

  it("counts words at a resumed run only when the agent interprets them", () => {
    const waiting = [run(), step("review"), interrupt, finished, run(), step("review"), done("review")];
    expect(told(...waiting, step("conclude")).wordsUsed).toBe(1);
    expect(told(...waiting, step("interpret")).wordsUsed).toBe(2);
  });

  it("closes the innermost open step of a name and leaves none open after the run", () => {
    const state = told(run(), step("interpret"), done("interpret"), step("gather"), step("interpret"));
    const steps = state.items.find((item) => item.kind === "steps");
    expect(steps?.steps.map((one) => one.done)).toEqual([true, false, false]);
    const after = applyEvent(state, finished).items.find((item) => item.kind === "steps");
    expect(after?.steps.every((one) => one.done)).toBe(true);
  });

  it("shows why a run stopped and lets nothing stream on", () => {
    const state = told(run(), { type: "TEXT_MESSAGE_START", messageId: "m" }, { type: "RUN_ERROR", message: "no model answered", code: "model-unavailable" });
    expect(state.running).toBe(false);
    expect(state.items.at(-1)).toMatchObject({ kind: "error", message: "no model answered", code: "model-unavailable" });
    expect(state.items.some((item) => item.kind === "text" && item.streaming)).toBe(false);
  });

  it("ignores an event of a type it does not know", () => {
    const state = told(run());
    expect(applyEvent(state, { type: "RAW" } as unknown as AgUiEvent)).toBe(state);
  });
});
