/** The contacts in which a stack's commands go up: taken from the coming passes, or written by hand. */

import type { Contact } from "../../contract/commanding";
import { formatDuration, formatTime, secondsBetween } from "../../lib/time";
import { useView } from "../../state/hooks";
import { usePasses } from "../../state/passes";
import { UtcInput } from "../common/UtcInput";

interface ContactsEditorProps {
  satellite: string;
  contacts: readonly Contact[];
  onChange: (contacts: Contact[]) => void;
  onRemove: (at: number) => void;
}

export function ContactsEditor({ satellite, contacts, onChange, onRemove }: ContactsEditorProps) {
  const passes = usePasses().items.filter((one) => one.satellite === satellite);
  const stations = useView((view) => view.mission?.stations ?? []);
  const put = (at: number, change: Partial<Contact>): void => onChange(contacts.map((one, index) => (index === at ? { ...one, ...change } : one)));
  const add = (at: string): void => {
    const pass = passes[Number(at)];
    if (pass !== undefined) onChange([...contacts, { station: pass.station, start: pass.aos, end: pass.los }]);
  };
  return (
    <fieldset className="contacts-editor">
      <legend>Contacts</legend>
      {contacts.map((one, index) => (
        <div key={index} className="edit-row" role="group" aria-label={`Contact ${index}`}>
          <strong>{index}</strong>
          <select aria-label="Station" value={one.station} onChange={(event) => put(index, { station: event.target.value })}>
            {!stations.some((known) => known.id === one.station) && <option>{one.station}</option>}
            {stations.map((known) => (
              <option key={known.id}>{known.id}</option>
            ))}
          </select>
          <UtcInput required label="Start, UTC" value={one.start} onChange={(start) => put(index, { start })} />
          <UtcInput required label="End, UTC" value={one.end} onChange={(end) => put(index, { end })} />
          <button type="button" className="icon-button" aria-label={`Remove contact ${index}`} onClick={() => onRemove(index)}>
            ✕
          </button>
        </div>
      ))}
      {contacts.length === 0 && <p className="muted">At least one: commands go up in contacts.</p>}
      <select className="add-step" data-testid="add-contact" aria-label="Add a pass" value="" onChange={(event) => add(event.target.value)}>
        <option value="">+ Add a pass…</option>
        {passes.map((one, index) => (
          <option key={`${one.station}-${one.aos}`} value={index}>
            {one.station}, {formatTime(one.aos, passes[0]?.aos)} UTC, {formatDuration(secondsBetween(one.aos, one.los))}, up to {Math.round(one.max_elevation_deg)}°
          </option>
        ))}
      </select>
    </fieldset>
  );
}
