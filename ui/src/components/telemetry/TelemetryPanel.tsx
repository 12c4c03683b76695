/** Telemetry of one spacecraft: plots of chosen parameters over one range of time, and all parameters that there are. */

import { useState } from "react";
import { between, edgesOf, formatInstant, LAST, panned, type Span, zoomed } from "../../lib/plot";
import { type Plots, useConsole } from "../../state/console";
import { useLive, useMissionNow, useReading, useView } from "../../state/hooks";
import { Notice } from "../common/Notice";
import { UtcInput } from "../common/UtcInput";
import { ParameterBrowser } from "./ParameterBrowser";
import { Plot } from "./Plot";
import { ReplayBar } from "./ReplayBar";
import { useReplay } from "./useReplay";

const MOST_PLOTS = 8;

export function TelemetryPanel() {
  const { view } = useConsole();
  const mission = useView((state) => state.mission);
  const plots = useView((state) => state.plots);
  const satellite = plots.satellite ?? mission?.spacecraft[0]?.id ?? "";
  const set = (change: Partial<Plots>): void => view.dispatch({ plots: { ...view.get().plots, ...change } });
  if (satellite === "") return <p className="muted">Loading the mission…</p>;
  return (
    <div className="panel">
      <div className="block-head">
        <h3>Telemetry</h3>
        <label className="check">
          Spacecraft{" "}
          <select value={satellite} data-testid="telemetry-satellite" onChange={(event) => set({ satellite: event.target.value })}>
            {mission?.spacecraft.map((one) => (
              <option key={one.id}>{one.id}</option>
            ))}
          </select>
        </label>
      </div>
      <TelemetryOf key={satellite} satellite={satellite} plots={plots} set={set} />
    </div>
  );
}

interface TelemetryProps {
  satellite: string;
  plots: Plots;
  set: (change: Partial<Plots>) => void;
}

function TelemetryOf({ satellite, plots, set }: TelemetryProps) {
  const { client } = useConsole();
  const connection = useLive((live) => live.connection);
  const known = useReading(() => client.parameters(satellite), [satellite, connection]);
  const now = useMissionNow();
  const replay = useReplay(satellite);
  const toggle = (name: string): void => {
    const others = plots.parameters.filter((one) => one !== name);
    set({ parameters: others.length < plots.parameters.length ? others : [...plots.parameters, name] });
  };
  return (
    <>
      {connection !== "open" && <Notice tone="warn">Not connected: what is shown may be old.</Notice>}
      {now !== null && <ReplayBar replay={replay} edges={edgesOf(plots.span, now)} onBegin={([start, end]) => set({ span: { kind: "fixed", start, end } })} />}
      {plots.parameters.length > 0 && <PlotStack satellite={satellite} plots={plots} set={set} onRemove={toggle} playhead={replay.nowMs} />}
      {known.error !== null && <Notice tone="bad">{known.error}</Notice>}
      {known.value === null && known.error === null && <p className="muted">Loading parameters…</p>}
      {known.value !== null && (
        <ParameterBrowser satellite={satellite} parameters={known.value.parameters} plotted={plots.parameters} full={plots.parameters.length >= MOST_PLOTS} onToggle={toggle} replayed={replay.running === null ? null : { values: replay.running.values, nowMs: replay.nowMs }} />
      )}
    </>
  );
}

interface StackProps extends TelemetryProps {
  onRemove: (name: string) => void;
  playhead: number | null;
}

function PlotStack({ satellite, plots, set, onRemove, playhead }: StackProps) {
  const now = useMissionNow();
  const [at, setAt] = useState<number | null>(null);
  const [before, setBefore] = useState<readonly Span[]>([]);
  if (now === null) return <p className="muted">The mission clock is not known yet.</p>;
  const { span } = plots;
  const edges = edgesOf(span, now);
  const go = (next: Span): void => {
    setBefore([...before.slice(-19), span]);
    set({ span: next });
  };
  const back = (): void => {
    set({ span: before.at(-1)! });
    setBefore(before.slice(0, -1));
  };
  return (
    <section className="block plots" aria-labelledby="plots-title">
      <div className="block-head">
        <h3 id="plots-title">Plots</h3>
        <span className="muted" data-testid="plot-cursor">
          {at === null ? "drag or wheel to zoom" : `${formatInstant(Math.round(at))} UTC`}
        </span>
      </div>
      <div className="plot-range">
        <span className="row" role="group" aria-label="Last">
          {LAST.map(([seconds, name]) => (
            <button key={seconds} className="rate" data-testid={`last-${name.toLowerCase()}`} aria-pressed={span.kind === "last" && span.seconds === seconds} onClick={() => go({ kind: "last", seconds })}>
              {name}
            </button>
          ))}
        </span>
        <label>
          From <UtcInput label="From, UTC" value={new Date(edges[0]).toISOString()} required onChange={(iso) => Date.parse(iso) < edges[1] && go(between(Date.parse(iso), edges[1]))} />
        </label>
        <label>
          to <UtcInput label="To, UTC" value={new Date(edges[1]).toISOString()} required onChange={(iso) => Date.parse(iso) > edges[0] && go(between(edges[0], Date.parse(iso)))} />
        </label>
        <span className="row">
          <button className="button small" data-testid="zoom-back" disabled={before.length === 0} onClick={back}>
            Back
          </button>
          <button className="button small" onClick={() => go(zoomed(edges, (edges[0] + edges[1]) / 2, 2))}>
            Zoom out
          </button>
          <button className="button small" aria-label="Earlier" title="Earlier" onClick={() => go(panned(edges, -0.5))}>
            ←
          </button>
          <button className="button small" aria-label="Later" title="Later" onClick={() => go(panned(edges, 0.5))}>
            →
          </button>
        </span>
        {span.kind === "last" && (
          <span className="good-text" data-testid="plots-live">
            ● live
          </span>
        )}
      </div>
      {plots.parameters.map((one) => (
        <Plot key={one} satellite={satellite} parameter={one} span={span} edges={edges} at={at} playhead={playhead} onAt={setAt} onSpan={go} onRemove={() => onRemove(one)} />
      ))}
      <p className="muted plot-hint">
        On a plot: arrows move, <kbd>+</kbd> and <kbd>-</kbd> zoom, <kbd>,</kbd> and <kbd>.</kbd> go from point to point.
      </p>
    </section>
  );
}
