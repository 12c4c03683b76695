/** Live values of one satellite along the bottom, with limits, age and the recent course. */

import { useState } from "react";
import type { ParameterValue } from "../contract/mission";
import { LEVEL_MARKS, worstOf } from "../lib/alarms";
import { displayOf, formatNumber, quantityName } from "../lib/format";
import { linearScale } from "../lib/scale";
import { formatDateTime, formatDuration, secondsBetween } from "../lib/time";
import { useLive, useMissionNow, useView } from "../state/hooks";

const FIRST = [
  "soc",
  "bus_voltage_v",
  "battery_current_a",
  "array_power_w",
  "load_power_w",
  "battery_temp_c",
  "data_stored_bytes",
  "propellant_kg",
  "wheel_momentum_n_m_s",
  "attitude_error_deg",
  "mode",
  "pointing",
];
const NO_POINTS: readonly number[] = [];

export function TelemetryStrip() {
  const mission = useView((view) => view.mission);
  const [picked, setPicked] = useState<string | null>(null);
  const satellite = picked ?? mission?.spacecraft[0]?.id ?? null;
  const telemetry = useLive((live) => (satellite === null ? undefined : live.telemetry[satellite]));
  const now = useMissionNow();
  const parameters = ordered(Object.values(telemetry?.parameters ?? {}));
  const age = telemetry?.at == null || now === null ? null : Math.max(0, secondsBetween(telemetry.at, now));
  return (
    <footer className="strip" aria-label="Live telemetry">
      <div className="strip-pick" role="group" aria-label="Satellite">
        {mission?.spacecraft.map((one) => (
          <SatelliteButton key={one.id} satellite={one.id} pressed={one.id === satellite} onPick={setPicked} />
        ))}
      </div>
      <div className="strip-values" tabIndex={0} role="group" aria-label={`Telemetry of ${satellite ?? "no satellite"}`}>
        {parameters.length === 0 ? (
          <p className="empty">No telemetry of {satellite ?? "any satellite"} yet. It comes down during the next contact.</p>
        ) : (
          parameters.map((one) => <Value key={one.name} value={one} points={telemetry?.recent[one.name] ?? NO_POINTS} />)
        )}
      </div>
      <div className="strip-age">
        {age !== null && (
          <span title={telemetry?.at == null ? undefined : `received ${formatDateTime(telemetry.at)} UTC`}>
            <span className="muted">age</span>
            <strong>{formatDuration(age)}</strong>
          </span>
        )}
      </div>
    </footer>
  );
}

function SatelliteButton({ satellite, pressed, onPick }: { satellite: string; pressed: boolean; onPick: (id: string) => void }) {
  const worst = useLive((live) => worstOf(Object.values(live.telemetry[satellite]?.parameters ?? {}).map((one) => one.limit_state)));
  return (
    <button className={`sat limit-${worst}`} aria-pressed={pressed} onClick={() => onPick(satellite)}>
      {satellite}
      {LEVEL_MARKS[worst] !== "" && (
        <span className="sat-mark" title={`worst limit state: ${worst}`}>
          {LEVEL_MARKS[worst]}
        </span>
      )}
    </button>
  );
}

function ordered(parameters: readonly ParameterValue[]): ParameterValue[] {
  const place = (name: string): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  return [...parameters].sort((one, other) => place(one.name) - place(other.name) || one.name.localeCompare(other.name));
}

function Value({ value, points }: { value: ParameterValue; points: readonly number[] }) {
  const number = typeof value.value === "number" ? value.value : null;
  const display = displayOf(value.name, value.unit, number ?? 0);
  const text = number === null ? String(value.value) : formatNumber(display.convert(number));
  return (
    <div
      className={`value limit-${value.limit_state}`}
      data-testid="telemetry-value"
      data-parameter={value.name}
      data-limit={value.limit_state}
      title={`${value.name}, ${value.limit_state}, ${formatDateTime(value.at)} UTC`}
    >
      <span className="value-name">{quantityName(value.name)}</span>
      <span className="value-number">
        {LEVEL_MARKS[value.limit_state] !== "" && (
          <span className="limit-mark" role="img" aria-label={`limit state ${value.limit_state}`}>
            {LEVEL_MARKS[value.limit_state]}
          </span>
        )}
        {text} <span className="unit">{number === null ? "" : display.unit}</span>
      </span>
      <Spark points={points} />
    </div>
  );
}

function Spark({ points }: { points: readonly number[] }) {
  if (points.length < 2) return <svg className="spark" width={64} height={14} aria-hidden="true" />;
  const low = Math.min(...points);
  const high = Math.max(...points);
  const x = linearScale([0, points.length - 1], [1, 63]);
  const y = linearScale([low, high], [12, 2]);
  return (
    <svg className="spark" width={64} height={14} aria-hidden="true">
      <polyline points={points.map((one, index) => `${x(index).toFixed(1)},${y(one).toFixed(1)}`).join(" ")} />
    </svg>
  );
}
