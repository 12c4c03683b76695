/** How telemetry comes in: what became of frames and packets, how fast, what is stored, what waits, and what fails. */

import { type ReactNode, useEffect, useState } from "react";
import type { Ingest, IngestedSatellite } from "../../contract/telemetry";
import { formatOctets } from "../../lib/files";
import { formatNumber } from "../../lib/format";
import { formatCount, type Heard, markOf, ratesOf, reasonsOf, troublesOf } from "../../lib/ingest";
import { formatCoarse, formatDateTime, secondsBetween } from "../../lib/time";
import { useConsole } from "../../state/console";
import { useLive, useMissionNow, useReading } from "../../state/hooks";
import { Notice } from "../common/Notice";

const REFRESH_MS = 5000;

export function IngestPanel() {
  const { client } = useConsole();
  const connection = useLive((live) => live.connection);
  const reading = useReading(client.ingest, [connection]);
  const [{ before, now }, setHeard] = useState<{ before: Heard | null; now: Heard | null }>({ before: null, now: null });
  const { value, error, again } = reading;
  useEffect(() => {
    if (value === null) return;
    const heard = { ingest: value, atMs: performance.now() };
    setHeard((last) => ({ before: last.now, now: heard }));
  }, [value]);
  useEffect(() => {
    const timer = setTimeout(again, REFRESH_MS);
    return () => clearTimeout(timer);
  }, [value, error, again]);
  return (
    <div className="panel">
      <div className="block-head">
        <h3>Ingest</h3>
        {now !== null && <span className="muted">as of {formatDateTime(now.ingest.as_of)} UTC, read every 5 s</span>}
      </div>
      {connection !== "open" && <Notice tone="warn">Not connected: what is shown may be old.</Notice>}
      {error !== null && <Notice tone="bad">{error}</Notice>}
      {now === null && error === null && <p className="muted">Loading…</p>}
      {now !== null && <Health ingest={now.ingest} />}
      {now !== null && <Counts satellites={now.ingest.satellites} />}
      {now !== null && <Rates before={before} now={now} />}
      {now !== null && <Stored ingest={now.ingest} />}
    </div>
  );
}

function Health({ ingest }: { ingest: Ingest }) {
  const troubles = troublesOf(ingest);
  return (
    <div data-testid="ingest-health">
      {troubles.map((one) => (
        <Notice key={one} tone="bad">
          {one}
        </Notice>
      ))}
      {troubles.length === 0 && <p className="good-text">✓ The ground link stands, and packets move into files.</p>}
      <p className="muted">
        {formatCount(ingest.waiting_packets)} {ingest.waiting_packets === 1 ? "packet waits" : "packets wait"} to be moved into files; they are durable already.
      </p>
    </div>
  );
}

/** A table with its title and what is to be said about all of it. */
function Sheet({ id, title, about, head, children }: { id: string; title: string; about: ReactNode; head: ReactNode; children: ReactNode }) {
  return (
    <section className="block" aria-labelledby={id}>
      <div className="block-head">
        <h3 id={id}>{title}</h3>
        {about}
      </div>
      <div className="scroll-x">
        <table className="table ingest">
          <thead>
            <tr>{head}</tr>
          </thead>
          <tbody>{children}</tbody>
        </table>
      </div>
    </section>
  );
}

/** The first row of a table that has a column for each spacecraft. */
function Spacecraft({ satellites }: { satellites: readonly IngestedSatellite[] }) {
  return (
    <>
      <td />
      {satellites.map((one) => (
        <th scope="col" className="right" key={one.satellite}>
          {one.satellite === "-" ? "nobody" : one.satellite}
        </th>
      ))}
    </>
  );
}

function Counts({ satellites }: { satellites: readonly IngestedSatellite[] }) {
  const about = <span className="muted">since the data folder began</span>;
  return (
    <Sheet id="ingest-counts" title="What became of frames and packets" about={about} head={<Spacecraft satellites={satellites} />}>
      {reasonsOf(satellites).map((reason) => (
        <tr key={reason.name} data-testid="ingest-reason" data-reason={reason.name}>
          <th scope="row" title={reason.meaning}>
            {reason.words}
          </th>
          {satellites.map((one) => {
            const count = one.reasons[reason.name] ?? 0;
            const tone = count === 0 ? "muted" : reason.tone === "plain" ? "" : `${reason.tone}-text`;
            return (
              <td key={one.satellite} className={`right ${tone}`}>
                {markOf(reason.tone, count)} {formatCount(count)}
              </td>
            );
          })}
        </tr>
      ))}
    </Sheet>
  );
}

function Rates({ before, now }: { before: Heard | null; now: Heard }) {
  const missionNow = useMissionNow();
  const rate = now.ingest.clock_rate;
  const about = <span className="muted">in each second of real time, over the last 5 s{rate === 1 ? "" : `; the mission clock runs ×${rate}`}</span>;
  const head = (
    <>
      <th scope="col">Spacecraft</th>
      <th scope="col">Contact</th>
      {["Frames/s", "Packets/s", "Newest packet"].map((name) => (
        <th scope="col" className="right" key={name}>
          {name}
        </th>
      ))}
    </>
  );
  return (
    <Sheet id="ingest-rates" title="Now" about={about} head={head}>
      {now.ingest.satellites.map((one) => {
        const rates = ratesOf(one.satellite, before, now);
        return (
          <tr key={one.satellite} data-testid="ingest-rate">
            <th scope="row">{one.satellite === "-" ? "nobody" : one.satellite}</th>
            <td>{one.station === null ? <span className="muted">○ none</span> : <span className="good-text">● {one.station}</span>}</td>
            <td className="right">{rates === null ? "…" : formatNumber(Number(rates.frames.toFixed(1)))}</td>
            <td className="right">{rates === null ? "…" : formatNumber(Number(rates.packets.toFixed(1)))}</td>
            <td className="right" title={one.newest === null ? undefined : `${formatDateTime(one.newest)} UTC`}>
              {one.newest === null ? "none yet" : missionNow === null ? "" : `${formatCoarse(Math.max(0, secondsBetween(one.newest, missionNow)))} old`}
            </td>
          </tr>
        );
      })}
    </Sheet>
  );
}

const STORED: readonly [string, (one: IngestedSatellite) => string][] = [
  ["packets in files", (one) => formatCount(one.filed_packets)],
  ["packets that wait", (one) => formatCount(one.waiting_packets)],
  ["files of telemetry", (one) => `${formatCount(one.files)}, ${formatOctets(one.octets)}`],
  ["files of summaries", (one) => `${formatCount(one.summary_files)}, ${formatOctets(one.summary_octets)}`],
  ["octets removed by age", (one) => `${formatCount(one.octets_removed)} packets`],
  ["values removed by age", (one) => `${formatCount(one.values_removed)} packets`],
  ["came too late to keep", (one) => `${formatCount(one.too_late)} packets`],
];

function Stored({ ingest }: { ingest: Ingest }) {
  const mine = ingest.satellites.filter((one) => one.satellite !== "-");
  const octets = mine.reduce((sum, one) => sum + one.octets + one.summary_octets, 0);
  const about = (
    <span className="muted" data-testid="ingest-size">
      {formatOctets(octets)} in files
    </span>
  );
  return (
    <Sheet id="ingest-stored" title="Archive" about={about} head={<Spacecraft satellites={mine} />}>
      {STORED.map(([name, tell]) => (
        <tr key={name} data-testid="ingest-stored">
          <th scope="row">{name}</th>
          {mine.map((one) => (
            <td key={one.satellite} className="right">
              {tell(one)}
            </td>
          ))}
        </tr>
      ))}
    </Sheet>
  );
}
