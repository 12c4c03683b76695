/** Puts other limits in force for one parameter of one spacecraft, beginning with those that hold now. */

import { useState } from "react";
import type { Limits } from "../../contract/telemetry";
import { ALARM_LEVELS, readBands, type WrittenBand } from "../../lib/alarms";
import { useConsole } from "../../state/console";
import { useReading, useView } from "../../state/hooks";
import { Notice } from "../common/Notice";
import { ReasonDialog } from "../common/ReasonDialog";

interface LimitsProps {
  of: { satellite: string; parameter: string };
  onDone: () => void;
  onClose: () => void;
}

const NUMBERS = new Set(["integer", "float", "relative time", "absolute time"]);

export function LimitsDialog({ of, onDone, onClose }: LimitsProps) {
  const { client } = useConsole();
  const mission = useView((view) => view.mission);
  const [satellite, setSatellite] = useState(of.satellite !== "" ? of.satellite : (mission?.spacecraft[0]?.id ?? ""));
  const [parameter, setParameter] = useState(of.parameter);
  const [written, setWritten] = useState<WrittenBand[] | null>(null);
  const [counts, setCounts] = useState<{ raise: string; clear: string } | null>(null);
  const known = useReading(() => client.parameters(satellite), [satellite]);
  const numbers = (known.value?.parameters ?? []).filter((one) => NUMBERS.has(one.kind));
  const chosen = known.value?.satellite === satellite ? numbers.find((one) => one.name === parameter) : undefined;
  const bands = written ?? writtenOf(chosen?.limits);
  const raise = counts?.raise ?? String(chosen?.limits.minimum_violations ?? 1);
  const clear = counts?.clear ?? String(chosen?.limits.minimum_conformance ?? 1);
  const read = readBands(bands);
  const wrong = chosen === undefined ? "Choose a parameter with numbers" : (read.wrong ?? wrongCount(raise) ?? wrongCount(clear));
  const choose = (change: () => void): void => {
    change();
    setWritten(null);
    setCounts(null);
  };
  const set = (place: number, change: Partial<WrittenBand>): void => setWritten(bands.map((one, index) => (index === place ? { ...one, ...change } : one)));
  const free = ALARM_LEVELS.filter((level) => !bands.some((one) => one.level === level));
  return (
    <ReasonDialog
      title="Change limits"
      verb="Put in force"
      wrong={wrong}
      order={async (reason) => {
        await client.changeLimits({ satellite, parameter, bands: read.bands, minimum_violations: Number(raise), minimum_conformance: Number(clear), reason });
        onDone();
      }}
      onClose={onClose}
    >
      <p>They hold at once, for this spacecraft alone, until they are put back; they outlive a restart. Levels of values that are stored stay as they are.</p>
      {known.error !== null && <Notice tone="bad">{known.error}</Notice>}
      <div className="filters">
        <label>
          Spacecraft
          <select value={satellite} data-testid="limits-satellite" onChange={(event) => choose(() => setSatellite(event.target.value))}>
            {mission?.spacecraft.map((one) => (
              <option key={one.id}>{one.id}</option>
            ))}
          </select>
        </label>
        <label>
          Parameter
          <select value={chosen === undefined ? "" : parameter} data-testid="limits-parameter" onChange={(event) => choose(() => setParameter(event.target.value))}>
            <option value="" disabled>
              choose
            </option>
            {numbers.map((one) => (
              <option key={one.name}>{one.name}</option>
            ))}
          </select>
        </label>
      </div>
      {chosen?.limits.contextual === true && <Notice tone="warn">The mission database has other limits of it in certain contexts; these take the place of all of them.</Notice>}
      {chosen?.limits.bands.some((one) => one.inside) === true && <Notice tone="warn">The mission database alarms inside some ranges of it, which bands cannot say; they are left out here.</Notice>}
      {chosen !== undefined && (
        <fieldset className="bands">
          <legend>
            Outside of these it is at the level, in {chosen.unit === "" || chosen.unit === "1" ? "its plain number" : chosen.unit} as the mission database has it
          </legend>
          {bands.map((one, place) => (
            <div className="row" key={one.level}>
              <select value={one.level} aria-label="Level" onChange={(event) => set(place, { level: event.target.value as WrittenBand["level"] })}>
                {[one.level, ...free].map((level) => (
                  <option key={level}>{level}</option>
                ))}
              </select>
              <input aria-label={`${one.level}: below`} placeholder="below" inputMode="decimal" value={one.low} onChange={(event) => set(place, { low: event.target.value })} />
              <input aria-label={`${one.level}: above`} placeholder="above" inputMode="decimal" value={one.high} onChange={(event) => set(place, { high: event.target.value })} />
              <button type="button" className="icon-button" aria-label={`Remove ${one.level}`} onClick={() => setWritten(bands.filter((_, index) => index !== place))}>
                ✕
              </button>
            </div>
          ))}
          {bands.length === 0 && <p className="warn-text">No limits: no value of it will be alarming.</p>}
          <div className="row">
            <button type="button" className="button small" data-testid="add-band" disabled={free.length === 0} onClick={() => setWritten([...bands, { level: free[0]!, low: "", high: "" }])}>
              Add a level
            </button>
          </div>
          <div className="filters">
            <label>
              Raised after so many in a row
              <input inputMode="numeric" value={raise} onChange={(event) => setCounts({ raise: event.target.value, clear })} />
            </label>
            <label>
              Cleared after so many in a row
              <input inputMode="numeric" value={clear} onChange={(event) => setCounts({ raise, clear: event.target.value })} />
            </label>
          </div>
        </fieldset>
      )}
    </ReasonDialog>
  );
}

function writtenOf(limits: Limits | undefined): WrittenBand[] {
  return (limits?.bands ?? [])
    .filter((one) => !one.inside && one.level !== "normal")
    .map((one) => ({ level: one.level as WrittenBand["level"], low: one.low === null ? "" : String(one.low), high: one.high === null ? "" : String(one.high) }));
}

function wrongCount(text: string): string | null {
  const number = Number(text);
  return Number.isInteger(number) && number >= 1 && number <= 10_000 ? null : `${text === "" ? "nothing" : text} is not a whole number from 1 to 10,000`;
}
