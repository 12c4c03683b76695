/** Hooks that several components share. */

import { useCallback, useEffect, useRef, useState } from "react";
import { type TaggedPlan, wordsOf } from "../api/client";
import type { MissionPlan } from "../contract/plan";
import { missionNowMs } from "../lib/time";
import { useConsole, type View } from "./console";
import type { LiveState } from "./live";
import { useSelected } from "./store";

/** Part of the live state. */
export function useLive<T>(select: (state: LiveState) => T): T {
  return useSelected(useConsole().live, select);
}

/** Part of what the user looks at. */
export function useView<T>(select: (state: View) => T): T {
  return useSelected(useConsole().view, select);
}

/** Mission time in Unix ms, read again every `everyMs`; null before the clock is known. */
export function useMissionNow(everyMs = 1000): number | null {
  const reading = useLive((state) => state.clock);
  const [, tick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => tick((count) => count + 1), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return reading === null ? null : missionNowMs(reading, performance.now());
}

export interface LoadedPlan {
  loaded: TaggedPlan | null;
  error: string | null;
  put: (plan: TaggedPlan) => void;
  reload: () => void;
}

/** A plan, read again whenever the service says that it has changed. */
export function usePlan(planId: string | null): LoadedPlan {
  const { client, view } = useConsole();
  const summary = useLive((state) => (planId === null ? undefined : state.plans[planId]));
  const [loaded, put] = useState<TaggedPlan | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [count, setCount] = useState(0);
  const reload = useCallback(() => setCount((before) => before + 1), []);
  useEffect(() => {
    if (planId === null) return;
    let current = true;
    client.plan(planId).then(
      (plan) => {
        if (!current) return;
        put(plan);
        setError(null);
        view.dispatch({ origins: { ...view.get().origins, ...originsByCall(plan.plan) } });
      },
      (reason: unknown) => current && setError(wordsOf(reason)),
    );
    return () => {
      current = false;
    };
  }, [client, view, planId, summary, count]);
  return { loaded: loaded?.plan.plan_id === planId ? loaded : null, error, put, reload };
}

function originsByCall(plan: MissionPlan): View["origins"] {
  const pairs = plan.activities.flatMap(({ provenance }) =>
    provenance.tool_calls.map((call) => [call.call_id, provenance.arguments] as const),
  );
  return Object.fromEntries(pairs);
}

export interface Work {
  busy: boolean;
  error: string | null;
  run: (work: () => Promise<unknown>) => Promise<boolean>;
  clear: () => void;
}

/** Runs one thing at a time, and keeps the words of its error; `run` says whether it went well. */
export function useWork(): Work {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const run = useCallback(async (work: () => Promise<unknown>): Promise<boolean> => {
    setBusy(true);
    setError(null);
    try {
      await work();
      return true;
    } catch (reason) {
      setError(wordsOf(reason));
      return false;
    } finally {
      setBusy(false);
    }
  }, []);
  const clear = useCallback(() => setError(null), []);
  return { busy, error, run, clear };
}

/** Width of an element in CSS pixels, followed as it changes. */
export function useWidth<T extends Element>(initial: number): [(element: T | null) => void, number] {
  const [element, setElement] = useState<T | null>(null);
  const [width, setWidth] = useState(initial);
  useEffect(() => {
    if (element === null) return;
    const observer = new ResizeObserver((entries) => setWidth(entries[0]?.contentRect.width ?? initial));
    observer.observe(element);
    return () => observer.disconnect();
  }, [element, initial]);
  return [setElement, width];
}

export interface Reading<T> {
  value: T | null;
  error: string | null;
  again: () => void;
}

/** Something of the service, read at first and whenever one of `keys` changes; the last answer stays until the next. */
export function useReading<T>(read: () => Promise<T>, keys: readonly unknown[]): Reading<T> {
  const [value, setValue] = useState<T | null>(null);
  const [error, setError] = useState<string | null>(null);
  const [count, setCount] = useState(0);
  const again = useCallback(() => setCount((before) => before + 1), []);
  const latest = useRef(read);
  latest.current = read;
  useEffect(() => {
    let current = true;
    // What changes together is read once.
    const timer = setTimeout(() => {
      latest.current().then(
        (found) => {
          if (!current) return;
          setValue(found);
          setError(null);
        },
        (reason: unknown) => current && setError(wordsOf(reason)),
      );
    }, READ_AFTER_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [count, ...keys]);
  return { value, error, again };
}

const READ_AFTER_MS = 60;
