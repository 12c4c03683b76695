/** The console's parts put together: client, socket, live state and what the user looks at. */

import { createContext, useContext } from "react";
import { ApiClient, wordsOf } from "../api/client";
import { LiveSocket, openSocket } from "../api/socket";
import type { AlarmMessage } from "../contract/alarms";
import type { Alert } from "../contract/anomalies";
import type { ConversationSummary, ConversationView } from "../contract/events";
import type { Mission } from "../contract/mission";
import type { ArgumentOrigin } from "../contract/plan";
import type { User } from "../contract/session";
import { byKey, withStep } from "../lib/alarms";
import { INITIAL_LIVE, type LiveAction, type LiveState, reduceLive, wordsOfView } from "./live";
import type { Span } from "../lib/plot";
import { createStore, type Store } from "./store";

export type Tab = "plan" | "approvals" | "queue" | "stacks" | "commands" | "files" | "passes" | "alarms" | "anomalies" | "telemetry" | "packets" | "ingest" | "audit";
export type Session = "checking" | "signed-out" | "signed-in" | "expired";

/** Parameters of one spacecraft over one range of time; without a spacecraft, of the mission's first. */
export interface Plots {
  satellite: string | null;
  parameters: readonly string[];
  span: Span;
}

export interface View {
  session: Session;
  user: User | null;
  mission: Mission | null;
  missionError: string | null;
  conversations: ConversationSummary[];
  conversationId: string | null;
  planId: string | null;
  activityId: string | null;
  tab: Tab;
  /** Whether the panel takes the place of the conversation as well. */
  wide: boolean;
  /** What the telemetry tab plots. */
  plots: Plots;
  /** The stack that is opened in its tab. */
  stackId: string | null;
  /** Whose events the audit tab shows; null for all. */
  auditSubject: string | null;
  /** Origins of arguments by tool call, from the provenance of the plan that is shown. */
  origins: Readonly<Record<string, Readonly<Record<string, ArgumentOrigin>>>>;
}

const INITIAL_VIEW: View = {
  session: "checking",
  user: null,
  mission: null,
  missionError: null,
  conversations: [],
  conversationId: null,
  planId: null,
  activityId: null,
  tab: "plan",
  wide: false,
  plots: { satellite: null, parameters: [], span: { kind: "last", seconds: 3600 } },
  stackId: null,
  auditSubject: null,
  origins: {},
};

export interface Console {
  client: ApiClient;
  live: Store<LiveState, LiveAction>;
  view: Store<View, Partial<View>>;
  begin(): Promise<void>;
  signedIn(user: User): Promise<void>;
  signOut(): Promise<void>;
  openConversation(id: string | null): Promise<void>;
  openPlan(planId: string): void;
  send(text: string, key: string): Promise<void>;
  refreshConversations(): Promise<void>;
  reconnect(): void;
  /** Read the open alarms anew. */
  refreshAlarms(): Promise<void>;
  /** Read the alerts anew that nobody has seen. */
  refreshAlerts(): Promise<void>;
}

/** Everything the console needs, not yet started. */
export function createConsole(): Console {
  const live = createStore(INITIAL_LIVE, reduceLive);
  const view = createStore<View, Partial<View>>(INITIAL_VIEW, (state, change) => ({ ...state, ...change }));
  const expire = (): void => {
    if (view.get().session === "signed-in") view.dispatch({ session: "expired" });
  };
  const client = new ApiClient(expire);
  const listening = new Set<AlarmMessage[]>();
  const hearing = new Set<Alert[]>();
  const socket = new LiveSocket({
    open: () => openSocket("console"),
    onMessage: (message) => {
      live.dispatch({ type: "message", message, atMs: performance.now() });
      // The list is read when an intent's status has been stored, which is after its last event.
      if (message.type === "intent") void refreshConversations();
      if (message.type === "anomaly") for (const heard of hearing) heard.push(message.alert);
      if (message.type === "alarm") for (const heard of listening) heard.push(message);
      if (message.type !== "agui" || !EDGES.has(message.event.type)) return;
      if (message.conversation_id === view.get().conversationId) void readConversation(message.conversation_id).catch(ignoreUnreachable);
    },
    onConnection: (connection, attempt) => {
      live.dispatch({ type: "connection", connection, attempt });
      if (connection === "open") void catchUp();
    },
    onUnauthorised: expire,
  });

  async function refreshConversations(): Promise<void> {
    await client.conversations().then((conversations) => view.dispatch({ conversations }), ignoreUnreachable);
  }

  /** What the socket does not replay is read anew after each (re)connection. */
  async function catchUp(): Promise<void> {
    await Promise.all([
      client.plans().then((plans) => live.dispatch({ type: "plans", plans }), ignoreUnreachable),
      client.commands().then((commands) => live.dispatch({ type: "commands", commands }), ignoreUnreachable),
      client.positions().then(({ positions }) => {
        const contacts = Object.fromEntries(positions.map((one) => [one.satellite, one.station]));
        live.dispatch({ type: "contacts", contacts });
      }, ignoreUnreachable),
      refreshConversations(),
      refreshAlarms().catch(ignoreUnreachable),
      refreshAlerts().catch(ignoreUnreachable),
      ...(view.get().mission?.spacecraft ?? []).map((craft) => latest(craft.id)),
    ]);
  }

  /** A step that the socket tells while the list is on its way may not be in it: it is taken again after it. */
  async function refreshAlarms(): Promise<void> {
    const heard: AlarmMessage[] = [];
    listening.add(heard);
    try {
      const listed = byKey(await client.alarms());
      live.dispatch({ type: "alarms", alarms: Object.values(heard.reduce(withStep, listed)) });
    } finally {
      listening.delete(heard);
    }
  }

  /** As with alarms: what is told meanwhile counts after the list. */
  async function refreshAlerts(): Promise<void> {
    const heard: Alert[] = [];
    hearing.add(heard);
    try {
      const { items } = await client.alerts(UNSEEN);
      live.dispatch({ type: "alerts", alerts: [...items, ...heard] });
    } finally {
      hearing.delete(heard);
    }
  }

  async function latest(satellite: string): Promise<void> {
    await client.latest(satellite).then(({ as_of, parameters }) => {
      if (parameters.length > 0) live.dispatch({ type: "latest", satellite, at: as_of, parameters });
    }, ignoreUnreachable);
  }

  async function signedIn(user: User): Promise<void> {
    const fresh = view.get().user?.username !== user.username;
    view.dispatch({ session: "signed-in", user });
    if (fresh) socket.stop();
    try {
      view.dispatch({ mission: await client.mission(), missionError: null });
    } catch (error) {
      view.dispatch({ missionError: wordsOf(error) });
    }
    socket.stop();
    socket.start();
  }

  async function readConversation(id: string): Promise<ConversationView> {
    const seen = await client.conversation(id);
    const words = wordsOfView(seen);
    const known = live.get().words[id] ?? [];
    if (words.length >= known.length) live.dispatch({ type: "words", conversationId: id, words });
    live.dispatch({ type: "calls", calls: seen.calls.filter((one) => one.call_id !== undefined) });
    return seen;
  }

  async function openConversation(id: string | null): Promise<void> {
    view.dispatch({ conversationId: id });
    if (id === null) return;
    const seen = await readConversation(id);
    socket.follow(id);
    if (seen.plan_id !== null && view.get().conversationId === id) view.dispatch({ planId: seen.plan_id });
  }

  async function send(text: string, key: string): Promise<void> {
    const id = view.get().conversationId;
    const waits = id !== null && live.get().conversations[id]?.interrupt != null;
    const intent = waits ? await client.respond(id, text) : await client.send(text, id, key);
    live.dispatch({ type: "said", conversationId: intent.conversation_id, text });
    view.dispatch({ conversationId: intent.conversation_id });
    socket.follow(intent.conversation_id);
    void refreshConversations();
  }

  return {
    client,
    live,
    view,
    signedIn,
    openConversation,
    send,
    refreshConversations,
    refreshAlarms,
    refreshAlerts,
    begin: async () => {
      try {
        await signedIn(await client.me());
      } catch {
        view.dispatch({ session: "signed-out" });
      }
    },
    signOut: async () => {
      await client.signOut();
      socket.stop();
      window.location.reload();
    },
    openPlan: (planId) => view.dispatch({ planId, tab: "plan", activityId: null }),
    reconnect: () => socket.retry(),
  };
}

/** The newest alerts that nobody has seen; more than these are as good as many. */
const UNSEEN = new URLSearchParams([["state", "open"], ["state", "ended"], ["limit", "200"]]);

/** Where the stored conversation knows more than the events: who said what, and how long each call took. */
const EDGES: ReadonlySet<string> = new Set(["RUN_STARTED", "RUN_FINISHED", "RUN_ERROR"]);

/** A background read that fails is repeated at the next connection, and the connection's state is shown. */
function ignoreUnreachable(): void {}

const ConsoleContext = createContext<Console | null>(null);
export const ConsoleProvider = ConsoleContext.Provider;

/** The console that this component belongs to. */
export function useConsole(): Console {
  const found = useContext(ConsoleContext);
  if (found === null) throw new Error("useConsole needs a ConsoleProvider above it");
  return found;
}
