/** Alarms: which are open, the worst first, what people do with them, and limits that are changed in flight. */

import { useState } from "react";
import { type AlarmFilters, ALL_ALARMS, keyOf, LEVELS, shownAlarms, tagsOf, waitingOf } from "../../lib/alarms";
import type { LimitState } from "../../contract/mission";
import { useConsole } from "../../state/console";
import { useLive, useReading, useView } from "../../state/hooks";
import { Notice } from "../common/Notice";
import { AlarmRow } from "./AlarmRow";
import { ChangedLimits } from "./ChangedLimits";

export function AlarmsPanel() {
  const { refreshAlarms } = useConsole();
  const user = useView((view) => view.user);
  const connection = useLive((live) => live.connection);
  const open = useLive((live) => live.alarms);
  const [filters, setFilters] = useState<AlarmFilters>(ALL_ALARMS);
  const reading = useReading(refreshAlarms, [connection]);
  if (user === null) return null;
  const shown = shownAlarms(open ?? {}, filters);
  const all = Object.keys(open ?? {}).length;
  const { count } = waitingOf(open ?? {});
  return (
    <div className="panel">
      <div className="block-head">
        <h3>Alarms</h3>
        <span className="muted" role="status" data-testid="alarm-summary">
          {all} open, {count} not acknowledged
        </span>
      </div>
      {connection !== "open" && <Notice tone="warn">Not connected: what is shown may be old.</Notice>}
      {reading.error !== null && <Notice tone="bad">{reading.error}</Notice>}
      <Filters filters={filters} tags={tagsOf(open ?? {})} onChange={setFilters} />
      {open === null && reading.error === null && <p className="muted">Loading alarms…</p>}
      {open !== null && shown.length === 0 && <p className="empty">{all === 0 ? "No alarm is open." : "No alarm is like that; clear a filter to see more."}</p>}
      <ul className="alarms" aria-label="Open alarms, the worst first">
        {shown.map((one) => (
          <AlarmRow key={keyOf(one)} alarm={one} user={user} />
        ))}
      </ul>
      <ChangedLimits user={user} />
    </div>
  );
}

interface FiltersProps {
  filters: AlarmFilters;
  tags: readonly string[];
  onChange: (filters: AlarmFilters) => void;
}

function Filters({ filters, tags, onChange }: FiltersProps) {
  const mission = useView((view) => view.mission);
  const set = (change: Partial<AlarmFilters>): void => onChange({ ...filters, ...change });
  return (
    <form className="filters" role="search" aria-label="Filter alarms" onSubmit={(event) => event.preventDefault()}>
      <label>
        Spacecraft
        <select value={filters.satellite} data-testid="alarms-satellite" onChange={(event) => set({ satellite: event.target.value })}>
          <option value="">any</option>
          {mission?.spacecraft.map((one) => (
            <option key={one.id}>{one.id}</option>
          ))}
        </select>
      </label>
      <label>
        Level
        <select value={filters.level} data-testid="alarms-level" onChange={(event) => set({ level: event.target.value as LimitState })}>
          {LEVELS.map((one) => (
            <option key={one} value={one}>
              {one === "normal" ? "any" : one === "severe" ? one : `${one} or worse`}
            </option>
          ))}
        </select>
      </label>
      <label>
        Tag
        <select value={filters.tag} data-testid="alarms-tag" onChange={(event) => set({ tag: event.target.value })}>
          <option value="">any</option>
          {[...new Set([...tags, ...(filters.tag === "" ? [] : [filters.tag])])].map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <label className="filter-check">
        <span>
          <input type="checkbox" checked={filters.shelved} data-testid="alarms-shelved" onChange={(event) => set({ shelved: event.target.checked })} /> Shelved ones too
        </span>
      </label>
    </form>
  );
}
