/** Passes of the next twelve hours. */

import { useState } from "react";
import { formatNumber } from "../lib/format";
import { formatCoarse, formatDuration, formatTime, secondsBetween } from "../lib/time";
import { useMissionNow, useView } from "../state/hooks";
import { usePasses } from "../state/passes";
import { Notice } from "./common/Notice";

export function PassesPanel() {
  const { items, error } = usePasses();
  const mission = useView((view) => view.mission);
  const now = useMissionNow();
  const [satellite, setSatellite] = useState("");
  const shown = items.filter((one) => (satellite === "" || one.satellite === satellite) && (now === null || Date.parse(one.los) > now));
  return (
    <div className="panel">
      <div className="block-head">
        <h3>Passes, next 12 hours</h3>
        <label className="check">
          Satellite{" "}
          <select value={satellite} onChange={(event) => setSatellite(event.target.value)}>
            <option value="">all</option>
            {mission?.spacecraft.map((one) => (
              <option key={one.id}>{one.id}</option>
            ))}
          </select>
        </label>
      </div>
      {error !== null && <Notice tone="bad">{error}</Notice>}
      {shown.length === 0 && error === null && <p className="empty">No passes in this time.</p>}
      {shown.length > 0 && (
        <table className="table passes">
          <thead>
            <tr>
              <th scope="col">Satellite</th>
              <th scope="col">Station</th>
              <th scope="col">Rise (UTC)</th>
              <th scope="col">Set (UTC)</th>
              <th scope="col" className="right">
                Length
              </th>
              <th scope="col" className="right">
                Highest
              </th>
              <th scope="col">When</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((one) => {
              const inPass = now !== null && Date.parse(one.aos) <= now;
              return (
                <tr key={`${one.satellite}-${one.station}-${one.aos}`} className={inPass ? "row-now" : ""} data-testid="pass-row">
                  <td>{one.satellite}</td>
                  <td>{one.station}</td>
                  <td>{formatTime(one.aos, now ?? one.aos)}</td>
                  <td>{formatTime(one.los, now ?? one.los)}</td>
                  <td className="right">{formatDuration(secondsBetween(one.aos, one.los))}</td>
                  <td className="right">{formatNumber(one.max_elevation_deg)}°</td>
                  <td>{now === null ? "" : inPass ? "● now" : `in ${formatCoarse(secondsBetween(now, one.aos))}`}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
    </div>
  );
}
