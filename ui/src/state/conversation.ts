/** A conversation as its AG-UI events tell it. Pure: the same events give the same state. */

import type { AgUiEvent, Interrupt, ToolResult } from "../contract/events";

export interface Step {
  name: string;
  done: boolean;
}

export interface ToolCall {
  id: string;
  tool: string;
  argumentsText: string;
  complete: boolean;
  result: ToolResult | null;
}

export type Item =
  | { kind: "words"; key: string; index: number }
  | { kind: "steps"; key: string; steps: Step[] }
  | { kind: "text"; key: string; messageId: string; text: string; streaming: boolean }
  | { kind: "tool"; key: string; call: ToolCall }
  | { kind: "interrupt"; key: string; interrupt: Interrupt }
  | { kind: "error"; key: string; message: string; code: string };

/** `wordsUsed` counts the operator's messages that have found their place among the items. */
export interface ConversationState {
  items: Item[];
  runs: string[];
  running: boolean;
  interrupt: Interrupt | null;
  wordsUsed: number;
  status: string;
  model: string;
}

export const EMPTY_CONVERSATION: ConversationState = {
  items: [],
  runs: [],
  running: false,
  interrupt: null,
  wordsUsed: 0,
  status: "",
  model: "",
};

type Of<T extends AgUiEvent["type"]> = Extract<AgUiEvent, { type: T }>;
type Table = { [T in AgUiEvent["type"]]: (state: ConversationState, event: Of<T>) => ConversationState };

/** The state after one more event; an event of an unknown type changes nothing. */
export function applyEvent(state: ConversationState, event: AgUiEvent): ConversationState {
  const apply = TABLE[event.type] as ((state: ConversationState, event: AgUiEvent) => ConversationState) | undefined;
  return apply === undefined ? state : apply(state, event);
}

const TABLE: Table = {
  RUN_STARTED: (state, event) => {
    const begun = { ...state, running: true, interrupt: null };
    if (state.runs.includes(event.runId)) return begun;
    return withWords({ ...begun, runs: [...state.runs, event.runId] });
  },
  RUN_FINISHED: (state) => settled({ ...state, running: false }),
  RUN_ERROR: (state, event) =>
    added(settled({ ...state, running: false }), { kind: "error", message: event.message, code: event.code ?? "" }),
  STEP_STARTED: (state, event) => stepStarted(state, event.stepName),
  STEP_FINISHED: (state, event) => stepFinished(state, event.stepName),
  TEXT_MESSAGE_START: (state, event) =>
    added(state, { kind: "text", messageId: event.messageId, text: "", streaming: true }),
  TEXT_MESSAGE_CONTENT: (state, event) =>
    lastChanged(state, isTextOf(event.messageId), (item) => ({ ...item, text: item.text + event.delta })),
  TEXT_MESSAGE_END: (state, event) =>
    lastChanged(state, isTextOf(event.messageId), (item) => ({ ...item, streaming: false })),
  TOOL_CALL_START: (state, event) =>
    added(state, {
      kind: "tool",
      call: { id: event.toolCallId, tool: event.toolCallName, argumentsText: "", complete: false, result: null },
    }),
  TOOL_CALL_ARGS: (state, event) =>
    callChanged(state, event.toolCallId, (call) => ({ ...call, argumentsText: call.argumentsText + event.delta })),
  TOOL_CALL_END: (state, event) => callChanged(state, event.toolCallId, (call) => ({ ...call, complete: true })),
  TOOL_CALL_RESULT: (state, event) =>
    callChanged(state, event.toolCallId, (call) => ({ ...call, complete: true, result: parsed(call.tool, event.content) })),
  STATE_SNAPSHOT: (state, event) => ({
    ...state,
    status: textOf(event.snapshot["status"], state.status),
    model: textOf(event.snapshot["model"], state.model),
  }),
  CUSTOM: (state, event) => {
    if (event.name !== "interrupt") return state;
    const interrupt = event.value as Interrupt;
    return added({ ...state, interrupt }, { kind: "interrupt", interrupt });
  },
};

type Unkeyed = Item extends infer I ? (I extends Item ? Omit<I, "key"> : never) : never;

function added(state: ConversationState, item: Unkeyed): ConversationState {
  return { ...state, items: [...state.items, { ...item, key: `i${state.items.length}` } as Item] };
}

function withWords(state: ConversationState): ConversationState {
  return { ...added(state, { kind: "words", index: state.wordsUsed }), wordsUsed: state.wordsUsed + 1 };
}

/** A resumed run repeats `review`; when it then interprets again, the person had something to say. */
function stepStarted(state: ConversationState, name: string): ConversationState {
  const last = state.items.at(-1);
  if (last?.kind === "steps" && name === "interpret" && last.steps.at(-1)?.name === "review") {
    const resumed = withWords(state);
    return added(resumed, { kind: "steps", steps: [{ name, done: false }] });
  }
  const current = lastSteps(state);
  if (current === null) return added(state, { kind: "steps", steps: [{ name, done: false }] });
  return replaced(state, current.at, { ...current.item, steps: [...current.item.steps, { name, done: false }] });
}

function stepFinished(state: ConversationState, name: string): ConversationState {
  const current = lastSteps(state);
  if (current === null) return state;
  const at = current.item.steps.findLastIndex((one) => one.name === name && !one.done);
  const steps = current.item.steps.map((one, index) => (index === at ? { ...one, done: true } : one));
  return replaced(state, current.at, { ...current.item, steps });
}

/** The steps of the current turn: those since the last words or the last stop for a review. */
function lastSteps(state: ConversationState): { at: number; item: Extract<Item, { kind: "steps" }> } | null {
  for (let at = state.items.length - 1; at >= 0; at -= 1) {
    const item = state.items[at]!;
    if (item.kind === "steps") return { at, item };
    if (item.kind === "words" || item.kind === "interrupt") return null;
  }
  return null;
}

/** A run that ended leaves nothing half open: an interrupted review step is done as far as it goes. */
function settled(state: ConversationState): ConversationState {
  const items = state.items.map((item): Item => {
    if (item.kind === "steps") return { ...item, steps: item.steps.map((one) => ({ ...one, done: true })) };
    if (item.kind === "text" && item.streaming) return { ...item, streaming: false };
    return item;
  });
  return { ...state, items };
}

function isTextOf(messageId: string): (item: Item) => item is Extract<Item, { kind: "text" }> {
  return (item): item is Extract<Item, { kind: "text" }> => item.kind === "text" && item.messageId === messageId;
}

function lastChanged<T extends Item>(
  state: ConversationState,
  matches: (item: Item) => item is T,
  change: (item: T) => Item,
): ConversationState {
  const at = state.items.findLastIndex(matches);
  return at < 0 ? state : replaced(state, at, change(state.items[at] as T));
}

function callChanged(state: ConversationState, id: string, change: (call: ToolCall) => ToolCall): ConversationState {
  const isCall = (item: Item): item is Extract<Item, { kind: "tool" }> => item.kind === "tool" && item.call.id === id;
  return lastChanged(state, isCall, (item) => ({ ...item, call: change(item.call) }));
}

function replaced(state: ConversationState, at: number, item: Item): ConversationState {
  return { ...state, items: state.items.map((one, index) => (index === at ? item : one)) };
}

function parsed(tool: string, content: string): ToolResult {
  try {
    const result: unknown = JSON.parse(content);
    if (typeof result === "object" && result !== null) return { tool, ...result };
  } catch {
    // Not JSON: shown as it came.
  }
  return { tool, output: { summary: content } };
}

function textOf(value: unknown, otherwise: string): string {
  return typeof value === "string" ? value : otherwise;
}
