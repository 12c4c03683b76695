/** The console's one WebSocket: reconnects with growing pauses and asks for what it missed. */

import type { ClientMessage, ServerMessage } from "../contract/events";

export type Connection = "connecting" | "open" | "waiting" | "closed";

/** What a socket needs of the platform, so that tests can stand in for it. */
export interface SocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: string }) => void) | null;
  onclose: ((event: { code: number }) => void) | null;
  readyState: number;
  send(text: string): void;
  close(): void;
}

export interface LiveSocketOptions {
  open: () => SocketLike;
  onMessage: (message: ServerMessage) => void;
  onConnection: (connection: Connection, attempt: number) => void;
  /** Called when the service closed the socket because nobody is signed in. */
  onUnauthorised: () => void;
  random?: () => number;
}

/** A socket of the service at a path of its API. */
export function openSocket(path: string): SocketLike {
  const scheme = window.location.protocol === "https:" ? "wss" : "ws";
  return new WebSocket(`${scheme}://${window.location.host}/api/v1/${path}`) as unknown as SocketLike;
}

const FIRST_PAUSE_MS = 400;
const LONGEST_PAUSE_MS = 10_000;
const PING_MS = 20_000;
const SILENCE_MS = 50_000; // two pings without an answer: the connection is dead though it looks open
const UNAUTHORISED = new Set([4401, 1008, 3000]); // 3000 Unauthorized (IANA), 1008 policy violation (RFC 6455)
const OPEN = 1;

/** Pause before attempt n (1, 2, …): doubles to ten seconds, with up to half of it random. */
export function pauseMs(attempt: number, random: number): number {
  const full = Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
  return full / 2 + (full / 2) * random;
}

/** Follows conversations over a socket that may break; delivers each event once and in order. */
export class LiveSocket {
  private readonly options: LiveSocketOptions;
  private readonly followed = new Map<string, number>();
  private readonly asked = new Map<string, number>();
  private socket: SocketLike | null = null;
  private attempt = 0;
  private timer: ReturnType<typeof setTimeout> | null = null;
  private pinger: ReturnType<typeof setInterval> | null = null;
  private heardAtMs = 0;
  private stopped = false;

  constructor(options: LiveSocketOptions) {
    this.options = options;
  }

  start(): void {
    this.stopped = false;
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    this.clearTimers();
    this.socket?.close();
    this.socket = null;
    this.options.onConnection("closed", 0);
  }

  /** Try now instead of after the pause. */
  retry(): void {
    if (this.socket !== null || this.stopped) return;
    this.clearTimers();
    this.connect();
  }

  /** Follow a conversation from after a sequence number; following it again changes nothing. */
  follow(conversationId: string, after = 0): void {
    if (this.followed.has(conversationId)) return;
    this.followed.set(conversationId, after);
    this.subscribe(conversationId, after);
  }

  private connect(): void {
    this.options.onConnection("connecting", this.attempt);
    const socket = this.options.open();
    this.socket = socket;
    socket.onopen = () => this.opened();
    socket.onmessage = (event) => this.received(event.data);
    socket.onclose = (event) => this.closed(socket, event.code);
  }

  private opened(): void {
    this.attempt = 0;
    this.heardAtMs = Date.now();
    this.options.onConnection("open", 0);
    for (const [id, after] of this.followed) this.subscribe(id, after);
    this.pinger = setInterval(() => this.ping(), PING_MS);
  }

  private ping(): void {
    if (Date.now() - this.heardAtMs > SILENCE_MS) this.socket?.close();
    else this.send({ type: "ping" });
  }

  private received(text: string): void {
    this.heardAtMs = Date.now();
    const message = JSON.parse(text) as ServerMessage;
    if (message.type === "agui") {
      const last = this.followed.get(message.conversation_id);
      if (last === undefined || message.sequence <= last) return;
      // A gap means that a message was lost on the way: ask again from the last one that is known.
      if (message.sequence > last + 1) return this.askAgain(message.conversation_id, last);
      this.followed.set(message.conversation_id, message.sequence);
    }
    this.options.onMessage(message);
  }

  private closed(socket: SocketLike, code: number): void {
    if (this.socket !== socket) return;
    this.socket = null;
    this.clearTimers();
    if (this.stopped) return;
    if (UNAUTHORISED.has(code)) this.options.onUnauthorised();
    this.attempt += 1;
    this.options.onConnection("waiting", this.attempt);
    const pause = pauseMs(this.attempt, (this.options.random ?? Math.random)());
    this.timer = setTimeout(() => this.connect(), pause);
  }

  private askAgain(conversationId: string, after: number): void {
    if (this.asked.get(conversationId) !== after) this.subscribe(conversationId, after);
  }

  private subscribe(conversationId: string, after: number): void {
    this.asked.set(conversationId, after);
    this.send({ type: "subscribe", conversation_id: conversationId, after });
  }

  private send(message: ClientMessage): void {
    if (this.socket?.readyState === OPEN) this.socket.send(JSON.stringify(message));
  }

  private clearTimers(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    if (this.pinger !== null) clearInterval(this.pinger);
    this.timer = null;
    this.pinger = null;
  }
}
