/** A replay: its range and speed, and while it goes on its clock and orders to it. */

import { useState } from "react";
import { SPEEDS, wordsOfReplay } from "../../lib/replay";
import { formatDateTime } from "../../lib/time";
import { Notice } from "../common/Notice";
import { UtcInput } from "../common/UtcInput";
import type { Replay } from "./useReplay";

const FIRST_SPEED = 600;

interface BarProps {
  replay: Replay;
  /** What is offered for a new replay, Unix ms. */
  edges: readonly [number, number];
  onBegin: (range: readonly [number, number]) => void;
}

export function ReplayBar({ replay, edges, onBegin }: BarProps) {
  const [speed, setSpeed] = useState<number>(FIRST_SPEED);
  const changeSpeed = (wanted: number): void => {
    setSpeed(wanted);
    replay.order({ action: "speed", speed: wanted });
  };
  return (
    <section className="block replay" aria-labelledby="replay-title" data-testid="replay">
      <div className="block-head">
        <h3 id="replay-title">Replay</h3>
        <label className="check">
          Speed{" "}
          <select value={speed} data-testid="replay-speed" onChange={(event) => changeSpeed(Number(event.target.value))}>
            {SPEEDS.map((one) => (
              <option key={one} value={one}>
                {one.toLocaleString("en")} ×
              </option>
            ))}
          </select>
        </label>
      </div>
      {replay.running === null ? (
        <Range edges={edges} onBegin={(range) => (onBegin(range), replay.begin(range, speed))} />
      ) : (
        <Going replay={replay} running={replay.running} />
      )}
    </section>
  );
}

function Range({ edges, onBegin }: { edges: readonly [number, number]; onBegin: (range: readonly [number, number]) => void }) {
  const [chosen, setChosen] = useState<readonly [number | null, number | null]>([null, null]);
  const range = [chosen[0] ?? Math.floor(edges[0]), chosen[1] ?? Math.floor(edges[1])] as const;
  return (
    <div className="plot-range">
      <label>
        From <UtcInput label="Replay from, UTC" value={new Date(range[0]).toISOString()} required onChange={(iso) => setChosen([Date.parse(iso), chosen[1]])} />
      </label>
      <label>
        to <UtcInput label="Replay to, UTC" value={new Date(range[1]).toISOString()} required onChange={(iso) => setChosen([chosen[0], Date.parse(iso)])} />
      </label>
      <button className="button small primary" data-testid="replay-begin" disabled={range[0] >= range[1]} onClick={() => onBegin(range)}>
        Begin
      </button>
      {range[0] >= range[1] && <span className="warn-text">The end must be after the start.</span>}
    </div>
  );
}

function Going({ replay, running }: { replay: Replay; running: NonNullable<Replay["running"]> }) {
  const [sought, setSought] = useState<number | null>(null);
  const { range, place } = running;
  const shown = sought ?? replay.nowMs ?? range[0];
  const seek = (at: number): void => {
    setSought(null);
    replay.order({ action: "seek", to: new Date(at).toISOString() });
  };
  const playing = place?.state === "playing";
  const idle = place === null || running.over;
  return (
    <>
      <div className="plot-range">
        <strong data-testid="replay-state" data-state={place?.state ?? "beginning"}>
          {wordsOfReplay(running)}
        </strong>
        <span data-testid="replay-now">{place === null ? "" : `${formatDateTime(shown)} UTC`}</span>
        <span className="row">
          <button className="button small" data-testid="replay-play" disabled={idle || place?.state === "ended"} onClick={() => replay.order({ action: playing ? "pause" : "play" })}>
            {playing ? "Pause" : "Play"}
          </button>
          <button className="button small" data-testid="replay-step" disabled={idle || place?.state === "ended"} title="To the next packet, and pause" onClick={() => replay.order({ action: "step" })}>
            Step
          </button>
          <button className="button small" disabled={idle} onClick={() => seek(range[0])}>
            From the start
          </button>
          <button className="button small" data-testid="replay-end" onClick={replay.end}>
            End replay
          </button>
        </span>
      </div>
      <input
        type="range"
        className="replay-place"
        aria-label="Place in the replay"
        aria-valuetext={`${formatDateTime(shown)} UTC`}
        min={range[0]}
        max={range[1]}
        step={1000}
        value={shown}
        disabled={idle}
        data-testid="replay-place"
        onChange={(event) => setSought(Number(event.target.value))}
        onPointerUp={() => sought !== null && seek(sought)}
        onKeyUp={() => sought !== null && seek(sought)}
      />
      {running.problem !== null && <Notice tone="bad">{running.problem}</Notice>}
      {running.over && <Notice tone="warn">The connection has ended. End this replay and begin another.</Notice>}
    </>
  );
}
