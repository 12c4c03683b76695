/** All parameters of the mission database, each with its newest value and its limits; chosen ones are plotted. */

import { useState } from "react";
import type { ParameterValue } from "../../contract/mission";
import type { BrowsedParameter } from "../../contract/telemetry";
import { LEVEL_MARKS } from "../../lib/alarms";
import { formatQuantity } from "../../lib/format";
import { foundParameters, wordsOfBand } from "../../lib/telemetry";
import { formatCoarse, formatDateTime, secondsBetween } from "../../lib/time";
import { useLive, useMissionNow } from "../../state/hooks";
import { LevelBadge } from "../common/LevelBadge";

interface BrowserProps {
  satellite: string;
  parameters: readonly BrowsedParameter[];
  plotted: readonly string[];
  /** Whether there is no room for one more plot. */
  full: boolean;
  onToggle: (name: string) => void;
  /** Values of a replay and its time (Unix ms) instead of live ones; null where nothing is replayed. */
  replayed: { values: Readonly<Record<string, ParameterValue>>; nowMs: number | null } | null;
}

const MOST = 150;

export function ParameterBrowser({ satellite, parameters, plotted, full, onToggle, replayed }: BrowserProps) {
  const [search, setSearch] = useState("");
  const live = useLive((state) => state.telemetry[satellite]?.parameters);
  const missionNow = useMissionNow();
  const [newest, now] = replayed === null ? [live, missionNow] : [replayed.values, replayed.nowMs];
  const found = foundParameters(parameters, search);
  return (
    <section className="block" aria-labelledby="parameters-title">
      <div className="block-head">
        <h3 id="parameters-title">Parameters</h3>
        <span className="muted" role="status">
          {found.length} of {parameters.length}
        </span>
      </div>
      <input type="search" className="parameter-search" aria-label="Search parameters" placeholder="name, description or unit" value={search} maxLength={100} data-testid="parameter-search" onChange={(event) => setSearch(event.target.value)} />
      <div className="scroll-x">
        <table className="table parameters">
          <thead>
            <tr>
              <th scope="col">Plot</th>
              <th scope="col">Parameter</th>
              <th scope="col">{replayed === null ? "Newest value" : "Replayed value"}</th>
              <th scope="col">Limits</th>
            </tr>
          </thead>
          <tbody>
            {found.slice(0, MOST).map((one) => (
              <tr key={one.name} data-testid="parameter" data-parameter={one.name}>
                <td>
                  <input type="checkbox" aria-label={`Plot ${one.name}`} checked={plotted.includes(one.name)} disabled={full && !plotted.includes(one.name)} onChange={() => onToggle(one.name)} />
                </td>
                <th scope="row">
                  <span className="parameter-name">{one.name}</span>
                  <span className="muted">
                    {one.description}
                    {one.unit !== "" && one.unit !== "1" && ` [${one.unit}]`}
                  </span>
                </th>
                <td>
                  <Newest value={newest?.[one.name]} now={now} />
                </td>
                <td>
                  <LimitsOf parameter={one} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {found.length > MOST && <p className="muted">{found.length - MOST} more: search to see them.</p>}
      {full && <p className="muted">No more plots fit; remove one to choose another.</p>}
    </section>
  );
}

function Newest({ value, now }: { value: ParameterValue | undefined; now: number | null }) {
  if (value === undefined) return <span className="muted">none yet</span>;
  const text = typeof value.value === "number" ? formatQuantity(value.name, value.value, value.unit) : String(value.value);
  return (
    <>
      <span className="parameter-value">{text}</span> {value.limit_state !== "normal" && <LevelBadge level={value.limit_state} />}
      <span className="muted" title={`${formatDateTime(value.at)} UTC`}>
        {now === null ? "" : `${formatCoarse(Math.max(0, secondsBetween(value.at, now)))} old`}
      </span>
    </>
  );
}

function LimitsOf({ parameter }: { parameter: BrowsedParameter }) {
  const { bands, labels, changed, contextual } = parameter.limits;
  const texts = Object.entries(labels);
  if (bands.length === 0 && texts.length === 0 && !changed && !contextual) return <span className="muted">none</span>;
  return (
    <ul className="parameter-limits">
      {bands.map((band) => (
        <li key={`${band.level} ${band.low} ${band.high} ${band.inside}`}>
          {LEVEL_MARKS[band.level]} {band.level} {wordsOfBand(band, (value) => formatQuantity(parameter.name, value, parameter.unit))}
        </li>
      ))}
      {texts.map(([label, level]) => (
        <li key={label}>
          {LEVEL_MARKS[level]} {level} at {label}
        </li>
      ))}
      {changed && <li className="warn-text">changed in flight{bands.length === 0 && ": none at all"}</li>}
      {contextual && <li className="muted">others in some contexts</li>}
    </ul>
  );
}
