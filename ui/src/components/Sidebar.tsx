/** The fleet at a glance, and the conversations. */

import { useEffect, useState } from "react";
import { wordsOf } from "../api/client";
import type { IntentStatus } from "../contract/events";
import type { Pass } from "../contract/mission";
import { formatNumber } from "../lib/format";
import { formatCoarse, formatDateTime, secondsBetween } from "../lib/time";
import { useConsole } from "../state/console";
import { useLive, useMissionNow, useView } from "../state/hooks";
import { usePasses } from "../state/passes";
import { Notice } from "./common/Notice";

export function Sidebar() {
  return (
    <aside className="sidebar" aria-label="Fleet and conversations">
      <Fleet />
      <Conversations />
    </aside>
  );
}

function Fleet() {
  const mission = useView((view) => view.mission);
  const missionError = useView((view) => view.missionError);
  const passes = usePasses();
  return (
    <section className="fleet" aria-labelledby="fleet-title">
      <h2 id="fleet-title">Fleet</h2>
      {missionError !== null && <Notice tone="bad">{missionError}</Notice>}
      <ul>
        {mission?.spacecraft.map((craft) => (
          <Craft key={craft.id} satellite={craft.id} passes={passes.items} />
        ))}
      </ul>
    </section>
  );
}

function Craft({ satellite, passes }: { satellite: string; passes: Pass[] }) {
  const now = useMissionNow();
  const station = useLive((live) => live.contacts[satellite] ?? null);
  const telemetry = useLive((live) => live.telemetry[satellite]);
  const next = now === null ? undefined : passes.find((one) => one.satellite === satellite && Date.parse(one.aos) > now);
  const soc = telemetry?.parameters["soc"];
  const mode = telemetry?.parameters["mode"];
  return (
    <li className="craft" data-testid="craft" data-satellite={satellite}>
      <div className="craft-head">
        <strong>{satellite}</strong>
        {mode !== undefined && <span className="tag">{String(mode.value)}</span>}
        {station === null ? (
          <span className="contact contact-none">○ no contact</span>
        ) : (
          <span className="contact contact-in" title={`in contact with ${station}`}>● {station}</span>
        )}
      </div>
      <Battery soc={typeof soc?.value === "number" ? soc.value : null} state={soc?.limit_state ?? "normal"} />
      <div className="craft-foot">
        <span title={next === undefined ? undefined : `Next pass over ${next.station} at ${formatDateTime(next.aos)} UTC`}>
          {next === undefined || now === null
            ? "no pass in 12 h"
            : `${next.station} in ${formatCoarse(secondsBetween(now, next.aos))}`}
        </span>
        <span className="muted">
          {telemetry?.at == null || now === null ? "no TM yet" : `TM ${formatCoarse(Math.max(0, secondsBetween(telemetry.at, now)))}`}
        </span>
      </div>
    </li>
  );
}

function Battery({ soc, state }: { soc: number | null; state: string }) {
  const percent = soc === null ? 0 : Math.round(soc * 1000) / 10;
  return (
    <div
      className={`battery limit-${state}`}
      role="meter"
      aria-label="Battery charge"
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={soc === null ? "unknown" : `${percent} percent, ${state}`}
    >
      <span className="battery-track">
        <span className="battery-fill" style={{ width: `${percent}%` }} />
      </span>
      <span className="battery-value">{soc === null ? "— %" : `${formatNumber(percent)} %`}</span>
    </div>
  );
}

const STATUS: Readonly<Record<IntentStatus, [string, string]>> = {
  queued: ["…", "queued"],
  running: ["↻", "running"],
  awaiting_review: ["◆", "awaiting review"],
  completed: ["✓", "completed"],
  failed: ["✕", "failed"],
  cancelled: ["–", "cancelled"],
};

function Conversations() {
  const conversations = useView((view) => view.conversations);
  const chosen = useView((view) => view.conversationId);
  const { openConversation } = useConsole();
  const [error, setError] = useState<string | null>(null);
  const open = (id: string | null): void => {
    setError(null);
    openConversation(id).catch((reason: unknown) => setError(wordsOf(reason)));
  };
  useEffect(() => setError(null), [chosen]);
  return (
    <section className="conversations" aria-labelledby="conversations-title">
      <div className="section-head">
        <h2 id="conversations-title">Conversations</h2>
        <button className="button small" data-testid="new-conversation" onClick={() => open(null)}>
          + New
        </button>
      </div>
      {error !== null && <Notice tone="bad">{error}</Notice>}
      {conversations.length === 0 && <p className="empty">None yet. Write a request to begin one.</p>}
      <ul>
        {conversations.map((one) => {
          const [mark, words] = STATUS[one.status] ?? ["", one.status];
          return (
            <li key={one.conversation_id}>
              <button
                className="conversation"
                data-testid="conversation"
                aria-current={one.conversation_id === chosen}
                onClick={() => open(one.conversation_id)}
              >
                <span className="conversation-title">{one.title}</span>
                <span className="conversation-meta">
                  <span className={`status status-${one.status}`}>
                    <span aria-hidden="true">{mark}</span> {words}
                  </span>
                  <span>{one.author}</span>
                </span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
