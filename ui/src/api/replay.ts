/** The socket of one replay. When it breaks the replay is over: where it was is known, so that another can go on there. */

import type { ReplayOrder, StreamMessage } from "../contract/telemetry";
import type { SocketLike } from "./socket";

export interface WantedReplay {
  satellite: string;
  /** UTC, ISO 8601. */
  start: string;
  end: string;
  speed: number;
}

const ID = "replay";
const HZ = 10; // as often as a person sees values change
const PING_MS = 20_000;

export class ReplaySocket {
  private readonly socket: SocketLike;
  private readonly pinger: ReturnType<typeof setInterval>;

  constructor(socket: SocketLike, wanted: WantedReplay, onMessage: (message: StreamMessage) => void, onOver: () => void) {
    const { satellite, start, end, speed } = wanted;
    this.socket = socket;
    this.pinger = setInterval(() => this.send({ type: "ping" }), PING_MS);
    socket.onopen = () => this.send({ type: "subscribe", id: ID, satellites: [satellite], maximum_hz: HZ, replay: { start, end, speed } });
    socket.onmessage = (event) => onMessage(JSON.parse(event.data) as StreamMessage);
    socket.onclose = () => {
      clearInterval(this.pinger);
      onOver();
    };
  }

  order(order: ReplayOrder): void {
    this.send({ type: "replay", id: ID, ...order });
  }

  close(): void {
    this.socket.onclose = null;
    clearInterval(this.pinger);
    this.socket.close();
  }

  private send(message: object): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }
}
