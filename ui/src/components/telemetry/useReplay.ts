/** One spacecraft's telemetry again, from the archive through the same stream as live values. */

import { useCallback, useEffect, useRef, useState } from "react";
import { ReplaySocket } from "../../api/replay";
import { openSocket } from "../../api/socket";
import type { ReplayOrder } from "../../contract/telemetry";
import { afterMessage, NOT_BEGUN, type Replayed, replayNowMs } from "../../lib/replay";

const TICK_MS = 100;

export interface Replay {
  /** The replay that goes on; null where there is none. */
  running: (Replayed & { range: readonly [number, number] }) | null;
  /** Its time now, Unix ms; null before it is known. */
  nowMs: number | null;
  /** Begin another, Unix ms. */
  begin: (range: readonly [number, number], speed: number) => void;
  order: (order: ReplayOrder) => void;
  end: () => void;
}

export function useReplay(satellite: string): Replay {
  const socket = useRef<ReplaySocket | null>(null);
  const [running, setRunning] = useState<Replay["running"]>(null);
  const end = useCallback(() => {
    socket.current?.close();
    socket.current = null;
    setRunning(null);
  }, []);
  useEffect(() => end, [satellite, end]);
  const begin = useCallback(
    (range: readonly [number, number], speed: number) => {
      end();
      const [start, last] = range.map((one) => new Date(one).toISOString()) as [string, string];
      setRunning({ ...NOT_BEGUN, range });
      socket.current = new ReplaySocket(
        openSocket("telemetry/stream"),
        { satellite, start, end: last, speed },
        (message) => setRunning((before) => before && { ...before, ...afterMessage(before, message, performance.now()) }),
        () => setRunning((before) => before && { ...before, over: true }),
      );
    },
    [satellite, end],
  );
  const order = useCallback((one: ReplayOrder) => socket.current?.order(one), []);
  return { running, nowMs: useReplayNow(running), begin, order, end };
}

function useReplayNow(running: Replay["running"]): number | null {
  const [, tick] = useState(0);
  const moves = running !== null && !running.over && running.place?.state === "playing";
  useEffect(() => {
    if (!moves) return;
    const timer = setInterval(() => tick((count) => count + 1), TICK_MS);
    return () => clearInterval(timer);
  }, [moves]);
  if (running === null || running.place === null) return null;
  return running.over ? Date.parse(running.place.at) : replayNowMs(running.place, running.range[1], performance.now());
}
