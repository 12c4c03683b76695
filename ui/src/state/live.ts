/** Everything that is live: clock, link, contacts, telemetry, plans, commands, conversations. Pure. */

import type { Connection } from "../api/socket";
import type { Alarm } from "../contract/alarms";
import type { Alert } from "../contract/anomalies";
import { type Command, type CommandHistory, isBefore, placeOf } from "../contract/command";
import type { Order } from "../contract/commanding";
import type { ConversationView, ServerMessage, ToolResult } from "../contract/events";
import type { ParameterValue } from "../contract/mission";
import type { PlanSummary } from "../contract/plan";
import type { Problem } from "../contract/session";
import { byKey, type OpenAlarms, withStep } from "../lib/alarms";
import { type UnseenAlerts, withAlert, withLoud } from "../lib/anomalies";
import type { ClockReading } from "../lib/time";
import { applyEvent, type ConversationState, EMPTY_CONVERSATION } from "./conversation";

export const SPARK_POINTS = 60;

export interface SatelliteTelemetry {
  at: string | null;
  parameters: Readonly<Record<string, ParameterValue>>;
  recent: Readonly<Record<string, readonly number[]>>;
}

/** A contact that people gave up, or in which nothing was heard. */
export interface LostContact {
  satellite: string;
  station: string;
  start: string;
  end: string;
  reason: string;
  by: string;
  at: string;
}

/** How often each kind of thing has changed: pages read anew what they show when its number does. */
export interface Changes {
  queues: number;
  approvals: number;
  stacks: number;
  files: number;
  alarms: number;
  anomalies: number;
}

export interface LiveState {
  connection: Connection;
  attempt: number;
  clock: ClockReading | null;
  link: { up: boolean; detail: string } | null;
  contacts: Readonly<Record<string, string | null>>;
  telemetry: Readonly<Record<string, SatelliteTelemetry>>;
  plans: Readonly<Record<string, PlanSummary>>;
  commands: Readonly<Record<string, Command>>;
  conversations: Readonly<Record<string, ConversationState>>;
  /** What the operator said in each conversation, in order; the events do not repeat it. */
  words: Readonly<Record<string, readonly string[]>>;
  /** Stored tool results by call: they know more than the live event. */
  calls: Readonly<Record<string, ToolResult>>;
  problem: Problem | null;
  changes: Changes;
  /** Alarms that are not over; null before they were read. */
  alarms: OpenAlarms | null;
  /** Alerts of anomalies that nobody has seen; null before they were read. */
  alerts: UnseenAlerts | null;
  /** Alerts to be called out on every page, the newest first. */
  loud: readonly Alert[];
  /** Contacts that were lost while this console was open, the newest first. */
  lost: readonly LostContact[];
}

export const INITIAL_LIVE: LiveState = {
  connection: "connecting",
  attempt: 0,
  clock: null,
  link: null,
  contacts: {},
  telemetry: {},
  plans: {},
  commands: {},
  conversations: {},
  words: {},
  calls: {},
  problem: null,
  changes: { queues: 0, approvals: 0, stacks: 0, files: 0, alarms: 0, anomalies: 0 },
  alarms: null,
  alerts: null,
  loud: [],
  lost: [],
};

export type LiveAction =
  | { type: "message"; message: ServerMessage; atMs: number }
  | { type: "connection"; connection: Connection; attempt: number }
  | { type: "plans"; plans: PlanSummary[] }
  | { type: "commands"; commands: Command[] }
  | { type: "latest"; satellite: string; at: string | null; parameters: ParameterValue[] }
  | { type: "contacts"; contacts: Record<string, string | null> }
  | { type: "words"; conversationId: string; words: string[] }
  | { type: "alarms"; alarms: Alarm[] }
  | { type: "alerts"; alerts: Alert[] }
  | { type: "loud-seen"; alertId: string }
  | { type: "calls"; calls: ToolResult[] }
  | { type: "said"; conversationId: string; text: string }
  | { type: "problem-seen" }
  | { type: "lost-seen"; contact: LostContact };

/** The state after an action. */
export function reduceLive(state: LiveState, action: LiveAction): LiveState {
  switch (action.type) {
    case "message":
      return received(state, action.message, action.atMs);
    case "connection":
      return { ...state, connection: action.connection, attempt: action.attempt };
    case "plans":
      return { ...state, plans: merged(state.plans, action.plans, (one) => one.plan_id) };
    case "commands":
      return action.commands.reduce(withCommand, state);
    case "latest":
      return withTelemetry(state, action.satellite, action.at, action.parameters);
    case "contacts":
      return { ...state, contacts: { ...state.contacts, ...action.contacts } };
    case "words":
      return { ...state, words: { ...state.words, [action.conversationId]: action.words } };
    case "alarms":
      return { ...state, alarms: byKey(action.alarms) };
    case "alerts":
      return { ...state, alerts: action.alerts.reduce(withAlert, {}) };
    case "loud-seen":
      return { ...state, loud: state.loud.filter((one) => one.alert_id !== action.alertId) };
    case "calls":
      return { ...state, calls: merged(state.calls, action.calls, (one) => one.call_id ?? "") };
    case "said": {
      const before = state.words[action.conversationId] ?? [];
      return { ...state, words: { ...state.words, [action.conversationId]: [...before, action.text] } };
    }
    case "problem-seen":
      return { ...state, problem: null };
    case "lost-seen":
      return { ...state, lost: state.lost.filter((one) => one !== action.contact) };
  }
}

type Of<T extends ServerMessage["type"]> = Extract<ServerMessage, { type: T }>;
type Table = {
  [T in ServerMessage["type"]]: (state: LiveState, message: Of<T>, atMs: number) => LiveState;
};

const TABLE: Table = {
  hello: (state, message, atMs) => ({ ...state, clock: { clock: message.clock, readAtMs: atMs } }),
  clock: (state, message, atMs) => ({ ...state, clock: { clock: message.clock, readAtMs: atMs } }),
  agui: (state, message) => {
    const before = state.conversations[message.conversation_id] ?? EMPTY_CONVERSATION;
    const after = applyEvent(before, message.event);
    return { ...state, conversations: { ...state.conversations, [message.conversation_id]: after } };
  },
  intent: (state) => state, // the list of conversations is read anew
  plan: (state, message) => changed({ ...state, plans: { ...state.plans, [message.plan.plan_id]: message.plan } }, "approvals"),
  command: (state, message) => changed(withCommand(state, message.command), "queues"),
  queue_order: (state) => changed(state, "queues"),
  contact_order: (state, message) => changed(withLost(state, message), "queues"),
  command_order: (state) => changed(state, "queues"),
  approval_order: (state) => changed(changed(state, "approvals"), "files"),
  stack: (state) => changed(changed(state, "stacks"), "approvals"),
  file: (state) => changed(state, "files"),
  alarm: (state, message) => changed(state.alarms === null ? state : { ...state, alarms: withStep(state.alarms, message) }, "alarms"),
  anomaly: (state, message) => {
    const alerts = state.alerts === null ? null : withAlert(state.alerts, message.alert);
    return changed({ ...state, alerts, loud: withLoud(state.loud, message) }, "anomalies");
  },
  telemetry: (state, message) => withTelemetry(state, message.satellite, message.at, message.parameters),
  contact: (state, message) => ({
    ...state,
    contacts: { ...state.contacts, [message.satellite]: message.in_contact ? message.station : null },
  }),
  link: (state, message) => ({ ...state, link: { up: message.up, detail: message.detail } }),
  problem: (state, message) => ({ ...state, problem: message.problem }),
  pong: (state) => state,
};

function received(state: LiveState, message: ServerMessage, atMs: number): LiveState {
  const apply = TABLE[message.type] as ((s: LiveState, m: ServerMessage, t: number) => LiveState) | undefined;
  return apply === undefined ? state : apply(state, message, atMs);
}

function changed(state: LiveState, what: keyof Changes): LiveState {
  return { ...state, changes: { ...state.changes, [what]: state.changes[what] + 1 } };
}

function withLost(state: LiveState, order: Order): LiveState {
  if (order.what !== "lost" && order.what !== "missed") return state;
  const told = (name: string): string => String(order.detail[name] ?? "");
  const lost: LostContact = {
    satellite: order.subject,
    station: told("station"),
    start: told("start"),
    end: told("end"),
    reason: told("reason"),
    by: order.by,
    at: order.at,
  };
  return { ...state, lost: [lost, ...state.lost].slice(0, 5) };
}

function merged<T>(into: Readonly<Record<string, T>>, from: T[], key: (one: T) => string): Record<string, T> {
  return { ...into, ...Object.fromEntries(from.map((one) => [key(one), one])) };
}

/** A command with its history: what the service sent, and every state seen since. */
function withCommand(state: LiveState, command: Command): LiveState {
  const known = state.commands[command.command_id];
  const history = historyOf(known, command);
  // An answer may be older than what the socket has told since: a command never goes back.
  const newest = known !== undefined && isBefore(command.state, known.state) ? known : command;
  const uplink = command.uplink ?? known?.uplink; // only a command that was asked for by itself has it
  return { ...state, commands: { ...state.commands, [command.command_id]: { ...newest, history, ...(uplink === undefined ? {} : { uplink }) } } };
}

function historyOf(known: Command | undefined, command: Command): CommandHistory[] {
  const own = command.history ?? [{ state: command.state, at: command.updated_at, detail: command.detail }];
  const told = new Set(own.map((one) => one.state));
  const seen = (known?.history ?? []).filter((one) => !told.has(one.state));
  // A state's place counts before its time, which may be the same; what is no state stays where its time puts it.
  return [...own, ...seen].sort((one, other) => {
    const places = [placeOf(one.state), placeOf(other.state)] as const;
    return places.includes(-1) || places[0] === places[1] ? Date.parse(one.at) - Date.parse(other.at) : places[0] - places[1];
  });
}

function withTelemetry(
  state: LiveState,
  satellite: string,
  at: string | null,
  parameters: readonly ParameterValue[],
): LiveState {
  const before = state.telemetry[satellite] ?? { at: null, parameters: {}, recent: {} };
  const values = { ...before.parameters };
  const recent = { ...before.recent };
  for (const one of parameters) {
    const isNew = values[one.name]?.at !== one.at;
    values[one.name] = one;
    if (typeof one.value === "number" && isNew) {
      recent[one.name] = [...(recent[one.name] ?? []), one.value].slice(-SPARK_POINTS);
    }
  }
  return { ...state, telemetry: { ...state.telemetry, [satellite]: { at: at ?? before.at, parameters: values, recent } } };
}

/** The operator's words in a conversation as the service stores it, accepted intents not yet read included. */
export function wordsOfView(view: ConversationView & { intents?: { text: string }[] }): string[] {
  const said = view.messages.filter((one) => one.role === "user").map((one) => one.content);
  const accepted = (view.intents ?? []).map((one) => one.text);
  return said.length >= accepted.length ? said : [...said, ...accepted.slice(said.length)];
}
