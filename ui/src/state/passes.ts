/** The coming passes, read when the console opens and again as mission time goes on. */

import { useEffect, useState } from "react";
import { wordsOf } from "../api/client";
import type { Pass } from "../contract/mission";
import { useConsole } from "./console";
import { useLive, useMissionNow } from "./hooks";

const REFRESH_MS = 30 * 60_000; // mission time

export interface Passes {
  items: Pass[];
  error: string | null;
}

/** Passes of the next twelve hours, in order of rise. */
export function usePasses(): Passes {
  const { client } = useConsole();
  const connection = useLive((live) => live.connection);
  const now = useMissionNow(5000);
  const slot = now === null ? null : Math.floor(now / REFRESH_MS);
  const [passes, setPasses] = useState<Passes>({ items: [], error: null });
  useEffect(() => {
    if (connection !== "open" || slot === null) return;
    let current = true;
    client.passes().then(
      (items) => {
        const ordered = [...items].sort((one, other) => one.aos.localeCompare(other.aos));
        if (current) setPasses({ items: ordered, error: null });
      },
      (reason: unknown) => current && setPasses((before) => ({ ...before, error: wordsOf(reason) })),
    );
    return () => {
      current = false;
    };
  }, [client, connection, slot]);
  return passes;
}
