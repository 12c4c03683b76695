/** Anomalies that models find in telemetry: the newest first, what is known of each, and how the watch stands. */

import { useState } from "react";
import type { Alert } from "../../contract/anomalies";
import { ALL_SEVERITIES, unseenOf } from "../../lib/anomalies";
import { useConsole } from "../../state/console";
import { useLive, useReading, useView } from "../../state/hooks";
import { Notice } from "../common/Notice";
import { AnomalyRow } from "./AnomalyRow";
import { WatchHealth } from "./WatchHealth";

interface Filters {
  satellite: string;
  severity: string;
  state: keyof typeof STATES;
}

const STATES = {
  "not over": ["open", "acknowledged", "ended"],
  "going on": ["open", "acknowledged"],
  "not seen": ["open", "ended"],
  all: [],
} as const;
const FIRST: Filters = { satellite: "", severity: "", state: "not over" };

export function AnomaliesPanel() {
  const { client } = useConsole();
  const user = useView((view) => view.user);
  const connection = useLive((live) => live.connection);
  const changes = useLive((live) => live.changes.anomalies);
  const unseen = useLive((live) => live.alerts);
  const [filters, setFilters] = useState<Filters>(FIRST);
  const [pages, setPages] = useState(1);
  const reading = useReading(async () => {
    const found: Alert[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < pages; page += 1) {
      const answer = await client.alerts(queryOf(filters, cursor));
      found.push(...answer.items);
      cursor = answer.next_cursor;
      if (cursor === null) break;
    }
    return { found, more: cursor !== null };
  }, [connection, changes, filters, pages]);
  if (user === null) return null;
  const { count } = unseenOf(unseen ?? {});
  const change = (next: Filters): void => {
    setPages(1);
    setFilters(next);
  };
  return (
    <div className="panel">
      <div className="block-head">
        <h3>Anomalies</h3>
        <span className="muted" role="status" data-testid="anomaly-summary">
          {count} not seen
        </span>
      </div>
      {connection !== "open" && <Notice tone="warn">Not connected: what is shown may be old.</Notice>}
      {reading.error !== null && <Notice tone="bad">{reading.error}</Notice>}
      <WatchHealth />
      <FilterForm filters={filters} onChange={change} />
      {reading.value === null && reading.error === null && <p className="muted">Loading anomalies…</p>}
      {reading.value?.found.length === 0 && <p className="empty">No anomaly is like that.</p>}
      <ul className="alarms" aria-label="Anomalies, the newest first">
        {reading.value?.found.map((one) => (
          <AnomalyRow key={one.alert_id} alert={one} user={user} />
        ))}
      </ul>
      {reading.value?.more === true && (
        <button className="button small" data-testid="more-anomalies" onClick={() => setPages(pages + 1)}>
          Earlier
        </button>
      )}
    </div>
  );
}

function queryOf(filters: Filters, cursor: string | null): URLSearchParams {
  const query = new URLSearchParams({ limit: "50" });
  if (filters.satellite !== "") query.set("satellite", filters.satellite);
  if (filters.severity !== "") query.set("severity", filters.severity);
  for (const one of STATES[filters.state]) query.append("state", one);
  if (cursor !== null) query.set("cursor", cursor);
  return query;
}

function FilterForm({ filters, onChange }: { filters: Filters; onChange: (filters: Filters) => void }) {
  const mission = useView((view) => view.mission);
  return (
    <form className="filters" role="search" aria-label="Filter anomalies" onSubmit={(event) => event.preventDefault()}>
      <label>
        Spacecraft
        <select value={filters.satellite} data-testid="anomalies-satellite" onChange={(event) => onChange({ ...filters, satellite: event.target.value })}>
          <option value="">any</option>
          {mission?.spacecraft.map((one) => (
            <option key={one.id}>{one.id}</option>
          ))}
        </select>
      </label>
      <label>
        Severity
        <select value={filters.severity} data-testid="anomalies-severity" onChange={(event) => onChange({ ...filters, severity: event.target.value })}>
          <option value="">any</option>
          {ALL_SEVERITIES.slice(1).map((one) => (
            <option key={one} value={one}>
              {one === "critical" ? one : `${one} or worse`}
            </option>
          ))}
        </select>
      </label>
      <label>
        State
        <select value={filters.state} data-testid="anomalies-state" onChange={(event) => onChange({ ...filters, state: event.target.value as Filters["state"] })}>
          {Object.keys(STATES).map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
    </form>
  );
}
