import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { ServerMessage } from "../contract/events";
import { LiveSocket, pauseMs, type SocketLike } from "./socket";

class StandIn implements SocketLike {
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  readyState = 0;
  sent: { type: string; conversation_id?: string; after?: number }[] = [];
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {
    this.readyState = 3;
    this.onclose?.({ code: 1000 });
  }
  opens(): void {
    this.readyState = 1;
    this.onopen?.(undefined as never);
  }
  breaks(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code });
  }
  gives(sequence: number): void {
    const event = { type: "TEXT_MESSAGE_CONTENT", messageId: "m", delta: String(sequence) };
    this.onmessage?.({ data: JSON.stringify({ type: "agui", conversation_id: "c", sequence, event }) });
  }
}

function started() {
  const sockets: StandIn[] = [];
  const seen: number[] = [];
  const expired = vi.fn();
  const live = new LiveSocket({
    open: () => {
      sockets.push(new StandIn());
      return sockets.at(-1)!;
    },
    onMessage: (message: ServerMessage) => message.type === "agui" && seen.push(message.sequence),
    onConnection: () => undefined,
    onUnauthorised: expired,
    random: () => 0,
  });
  live.start();
  return { live, sockets, seen, expired };
}

describe("the live socket", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("asks for what it missed after a break, and shows nothing twice", () => {
    const { live, sockets, seen } = started();
    sockets[0]!.opens();
    live.follow("c");
    [1, 2, 3].forEach((one) => sockets[0]!.gives(one));
    sockets[0]!.breaks();
    vi.advanceTimersByTime(1000);
    sockets[1]!.opens();
    expect(sockets[1]!.sent).toEqual([{ type: "subscribe", conversation_id: "c", after: 3 }]);
    [2, 3, 4].forEach((one) => sockets[1]!.gives(one));
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  it("asks again, once, when a message is missing, and shows nothing out of order", () => {
    const { live, sockets, seen } = started();
    sockets[0]!.opens();
    live.follow("c");
    sockets[0]!.gives(1);
    sockets[0]!.gives(3);
    sockets[0]!.gives(4);
    expect(sockets[0]!.sent.map((one) => one.after)).toEqual([0, 1]);
    [2, 3, 4].forEach((one) => sockets[0]!.gives(one));
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  it("follows a conversation that was asked for before the socket was open", () => {
    const { live, sockets } = started();
    live.follow("c", 7);
    expect(sockets[0]!.sent).toEqual([]);
    sockets[0]!.opens();
    expect(sockets[0]!.sent).toEqual([{ type: "subscribe", conversation_id: "c", after: 7 }]);
  });

  it("says that the session has ended when the service closes for that reason", () => {
    const { sockets, expired } = started();
    sockets[0]!.opens();
    sockets[0]!.breaks(4401);
    expect(expired).toHaveBeenCalledOnce();
  });

  it("closes a connection that has gone silent and opens another", () => {
    const { sockets } = started();
    sockets[0]!.opens();
    vi.advanceTimersByTime(90_000);
    expect(sockets[0]!.sent.filter((one) => one.type === "ping").length).toBe(2);
    expect(sockets.length).toBeGreaterThan(1);
  });

  it("opens no further connection after it was stopped", () => {
    const { live, sockets } = started();
    sockets[0]!.opens();
    live.stop();
    vi.advanceTimersByTime(60_000);
    expect(sockets.length).toBe(1);
  });

  it("pauses longer each time, never beyond ten seconds", () => {
    const pauses = [1, 2, 3, 4, 5, 6, 7, 20].map((attempt) => pauseMs(attempt, 1));
    expect(pauses).toEqual([400, 800, 1600, 3200, 6400, 10_000, 10_000, 10_000]);
    expect(pauseMs(3, 0)).toBe(800);
  });
});
