/** One activity: its window, its commands, why it is there, what its arguments rest on, and edits. */

import { useState } from "react";
import type { Activity, MissionPlan, Provenance, Repair } from "../../contract/plan";
import { formatNumber, formatQuantity, formatValue } from "../../lib/format";
import { whyNotEdit } from "../../lib/review";
import { formatDateTime, formatDuration, formatTime, secondsBetween } from "../../lib/time";
import { useView } from "../../state/hooks";

interface DetailsProps {
  plan: MissionPlan;
  activity: Activity;
  busy: boolean;
  onEdit: (changes: Repair[]) => Promise<boolean>;
  onClose: () => void;
}

export function ActivityDetails({ plan, activity, busy, onEdit, onClose }: DetailsProps) {
  const { start, end } = activity.window;
  return (
    <section className="block details" aria-labelledby="details-title" data-testid="activity-details">
      <div className="block-head">
        <h3 id="details-title">
          <span className={`swatch activity-${activity.type}`} aria-hidden="true" /> {activity.activity_id}
        </h3>
        <button className="icon-button" aria-label="Close the details" onClick={onClose}>
          ✕
        </button>
      </div>
      <p>
        {activity.type} of {activity.satellite}, {formatDateTime(start)} to {formatTime(end, start)} UTC (
        {formatDuration(secondsBetween(start, end))}), pointing {activity.pointing}, {activity.status}
      </p>
      <Particulars activity={activity} />
      <ProvenanceView provenance={activity.provenance} />
      {activity.commands.length > 0 && <CommandList activity={activity} />}
      <EditControls plan={plan} activity={activity} busy={busy} onEdit={onEdit} />
    </section>
  );
}

function Particulars({ activity }: { activity: Activity }) {
  const facts: [string, string][] = [];
  if (activity.contact !== null) {
    const { station, window, max_elevation_deg } = activity.contact;
    facts.push(["contact", `${station}, ${formatTime(window.start)}–${formatTime(window.end)} UTC, up to ${formatNumber(max_elevation_deg)}°`]);
  }
  if (activity.volume_bytes !== undefined) facts.push(["volume", formatQuantity("volume", activity.volume_bytes, "B")]);
  if (activity.target !== undefined) facts.push(["target", activity.target]);
  if (activity.predicted_off_nadir_deg !== undefined) facts.push(["off-nadir", `${formatNumber(activity.predicted_off_nadir_deg)}°`]);
  if (activity.sun_elevation_deg !== undefined) facts.push(["sun elevation", `${formatNumber(activity.sun_elevation_deg)}°`]);
  if (activity.mode !== undefined) facts.push(["mode", activity.mode]);
  if (activity.delta_v_m_s !== undefined) facts.push(["delta-v", `${formatNumber(activity.delta_v_m_s)} m/s`]);
  if (activity.propellant_kg !== undefined) facts.push(["propellant", `${formatNumber(activity.propellant_kg)} kg`]);
  if (activity.purpose !== undefined) facts.push(["purpose", activity.purpose.replace("_", " ")]);
  if (activity.latest_end !== null) facts.push(["must end by", `${formatDateTime(activity.latest_end)} UTC`]);
  if (activity.anchor !== null) {
    facts.push(["placed", `${formatDuration(activity.anchor.offset_s)} after the ${activity.anchor.edge} of ${activity.anchor.activity_id}`]);
  }
  if (facts.length === 0) return null;
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function ProvenanceView({ provenance }: { provenance: Provenance }) {
  const args = Object.entries(provenance.arguments);
  return (
    <div className="provenance">
      <h4>Why</h4>
      <p>
        Proposed by the {provenance.proposed_by}: {provenance.reason}
        {provenance.tool_calls.length > 0 && <> (from {provenance.tool_calls.map((one) => one.tool).join(", ")})</>}
      </p>
      {args.length > 0 && (
        <ul className="origins" aria-label="Origins of the arguments">
          {args.map(([name, origin]) => (
            <li key={name}>
              <span>{name}</span> <span className={`origin origin-${origin.origin}`}>{origin.origin}</span>
              {origin.source !== "" && <q>{origin.source}</q>}
            </li>
          ))}
        </ul>
      )}
      {provenance.documents.length > 0 && <p>Documents: {provenance.documents.join(", ")}</p>}
      {provenance.rejected.length > 0 && (
        <details>
          <summary>
            {provenance.rejected.length} rejected {provenance.rejected.length === 1 ? "alternative" : "alternatives"}
          </summary>
          <ul>
            {provenance.rejected.map((one, index) => (
              <li key={index}>
                {one.description}: <code>{one.code}</code> {one.reason}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}

function CommandList({ activity }: { activity: Activity }) {
  return (
    <div>
      <h4>Commands</h4>
      <ol className="command-list">
        {activity.commands.map((one, index) => (
          <li key={index}>
            <time>{formatTime(one.execute_at, activity.window.start)}</time> <code>{one.command}</code>{" "}
            <span className="muted">
              {Object.entries(one.arguments)
                .map(([name, value]) => `${name} ${formatValue(value)}`)
                .join(", ")}
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}

interface EditProps {
  plan: MissionPlan;
  activity: Activity;
  busy: boolean;
  onEdit: (changes: Repair[]) => Promise<boolean>;
}

function EditControls({ plan, activity, busy, onEdit }: EditProps) {
  const user = useView((view) => view.user);
  const lengthMin = secondsBetween(activity.window.start, activity.window.end) / 60;
  const [shiftMin, setShiftMin] = useState("5");
  const [durationMin, setDurationMin] = useState(String(Number(lengthMin.toFixed(2))));
  const whyNot = user === null ? "Sign in first." : whyNotEdit(plan, user);
  const off = busy || whyNot !== null;
  const shift = Number(shiftMin);
  const duration = Number(durationMin);
  const apply = (kind: Repair["kind"], description: string, values: Partial<Repair>): void =>
    void onEdit([{ kind, activity_id: activity.activity_id, description, ...values }]);
  return (
    <div className="edits">
      <h4>Edit</h4>
      {whyNot !== null && <p className="muted">{whyNot}</p>}
      {plan.approvals.length > 0 && whyNot === null && <p className="muted">An edit makes the approval void.</p>}
      <div className="edit-row">
        <label>
          Shift by
          <input type="number" step="any" value={shiftMin} disabled={off} onChange={(event) => setShiftMin(event.target.value)} /> min
        </label>
        <button
          className="button small"
          data-testid="edit-shift"
          disabled={off || !Number.isFinite(shift) || shift === 0 || shiftMin.trim() === ""}
          onClick={() => apply("shift", `shift by ${shift} min`, { shift_s: shift * 60 })}
        >
          Shift
        </button>
        <label>
          Last
          <input type="number" step="any" min="0" value={durationMin} disabled={off} onChange={(event) => setDurationMin(event.target.value)} /> min
        </label>
        <button
          className="button small"
          data-testid="edit-shorten"
          disabled={off || !(duration > 0) || duration >= lengthMin}
          title={duration >= lengthMin ? "Shortening needs less than the present length" : undefined}
          onClick={() => apply("shorten", `last ${duration} min`, { duration_s: duration * 60 })}
        >
          Shorten
        </button>
        {activity.contact !== null && (
          <button className="button small" data-testid="edit-move" disabled={off} onClick={() => apply("move_to_contact", "use the next pass", {})}>
            Next pass
          </button>
        )}
        <button className="button small danger" data-testid="edit-drop" disabled={off} onClick={() => apply("drop", "leave it out", {})}>
          Drop
        </button>
      </div>
    </div>
  );
}
