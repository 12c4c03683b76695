/** What the history is asked for. */

import { ALL_STATES } from "../../contract/command";
import { CLASSES } from "../../contract/commanding";
import { type HistoryFilters, NO_FILTERS } from "../../lib/history";
import { useView } from "../../state/hooks";
import { UtcInput } from "../common/UtcInput";

export function Filters({ filters, onChange }: { filters: HistoryFilters; onChange: (filters: HistoryFilters) => void }) {
  const mission = useView((view) => view.mission);
  const planId = useView((view) => view.planId);
  const set = (change: Partial<HistoryFilters>): void => onChange({ ...filters, ...change });
  return (
    <form className="filters" role="search" aria-label="Filter commands" onSubmit={(event) => event.preventDefault()}>
      <Choice label="Satellite" value={filters.satellite} options={(mission?.spacecraft ?? []).map((one) => one.id)} onChoose={(satellite) => set({ satellite })} />
      <Choice label="State" value={filters.state} options={ALL_STATES} onChoose={(state) => set({ state })} />
      <Choice label="Class" value={filters.commandClass} options={CLASSES} onChoose={(commandClass) => set({ commandClass })} />
      <label>
        From (UTC)
        <UtcInput value={filters.start} onChange={(start) => set({ start })} />
      </label>
      <label>
        Before (UTC)
        <UtcInput value={filters.end} onChange={(end) => set({ end })} />
      </label>
      <label>
        Plan or stack
        <input value={filters.ownerId} maxLength={64} placeholder="its id" onChange={(event) => set({ ownerId: event.target.value })} />
      </label>
      <label className="filter-text">
        Text
        <input type="search" value={filters.text} maxLength={100} placeholder="mnemonic, argument, reason" data-testid="history-text" onChange={(event) => set({ text: event.target.value })} />
      </label>
      <span className="row">
        <button type="button" className="button small" disabled={planId === null} onClick={() => set({ ownerId: planId ?? "" })}>
          Of the plan shown
        </button>
        <button type="button" className="button small" disabled={filters === NO_FILTERS} onClick={() => onChange(NO_FILTERS)}>
          Clear
        </button>
      </span>
    </form>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  options: readonly string[];
  onChoose: (value: string) => void;
}

function Choice({ label, value, options, onChoose }: ChoiceProps) {
  return (
    <label>
      {label}
      <select value={value} onChange={(event) => onChoose(event.target.value)} data-testid={`history-${label.toLowerCase()}`}>
        <option value="">any</option>
        {options.map((one) => (
          <option key={one}>{one}</option>
        ))}
      </select>
    </label>
  );
}
