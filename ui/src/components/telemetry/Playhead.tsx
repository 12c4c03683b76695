/** Where a replay is on a plot; what it has not reached yet is covered. */

import type { Scale } from "../../lib/scale";
import { LEFT } from "./useTimeAxis";

interface PlayheadProps {
  /** Unix ms; null where nothing is replayed. */
  at: number | null;
  x: Scale;
  right: number;
  top: number;
  height: number;
}

export function Playhead({ at, x, right, top, height }: PlayheadProps) {
  if (at === null) return null;
  const from = Math.min(Math.max(x(at), LEFT), right);
  return (
    <g className="playhead" data-testid="playhead">
      <rect x={from} y={top} width={Math.max(right - from, 0)} height={height} />
      <line x1={from} x2={from} y1={top} y2={top + height} />
    </g>
  );
}
