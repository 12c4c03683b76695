/** The drawing of a parameter whose values are no numbers: a bar for as long as it says the same. */

import { useMemo } from "react";
import { rankOf } from "../../lib/alarms";
import { type PlotMark, wordsOfMarks } from "../../lib/anomalies";
import { stretchesOf, tickLabel } from "../../lib/plot";
import { labelAnchor, timeTicks } from "../../lib/scale";
import { formatDateTime } from "../../lib/time";
import type { Series } from "../../contract/telemetry";
import type { PlotProps } from "./Plot";
import { AnomalyMarks } from "./AnomalyMarks";
import { Playhead } from "./Playhead";
import { LEFT, RIGHT, useTimeAxis } from "./useTimeAxis";

const HEIGHT = 54;
const TOP = 6;
const BAR = 24;
const LETTER_PX = 6.5;
const SHADES = 5;

export function TextDrawing({ parameter, edges, at, playhead, onAt, onSpan, series, width, marks }: PlotProps & { series: Series; width: number; marks: readonly PlotMark[] }) {
  const stretches = useMemo(() => stretchesOf(series), [series]);
  const names = [...new Set(stretches.map((one) => one.value))];
  const starts = stretches.map((one) => one.from);
  const neighbour = (from: number | null, step: 1 | -1): number | null =>
    (step > 0 ? starts.find((one) => from === null || one > from) : starts.findLast((one) => from === null || one < from)) ?? null;
  const { x, drag, bind } = useTimeAxis({ edges, width, at, onAt, onSpan, neighbour });
  const under = at === null ? undefined : stretches.findLast((one) => one.from <= at);
  const now = under === undefined || at === null ? "" : at <= under.to ? `${under.value}, from ${formatDateTime(under.from)} UTC` : `no value here; last ${under.value} at ${formatDateTime(under.to)} UTC`;
  return (
    <>
      <svg
        {...bind}
        className="plot-drawing"
        width={width}
        height={HEIGHT}
        tabIndex={0}
        role="application"
        aria-roledescription="plot"
        aria-label={`${parameter}: ${stretches.map((one) => `${one.value} from ${formatDateTime(one.from)} UTC`).slice(0, 12).join(", ")}${stretches.length > 12 ? ", and more" : ""}${wordsOfMarks(marks)}`}
      >
        {stretches.map((one) => {
          const [begin, end] = [Math.max(x(one.from), LEFT), Math.min(x(one.to), width - RIGHT)];
          if (end < LEFT || begin > width - RIGHT) return null;
          const long = Math.max(end - begin, 2);
          return (
            <g key={one.from} className={`stretch shade-${names.indexOf(one.value) % SHADES}`}>
              <rect x={begin} y={TOP} width={long} height={BAR} />
              {rankOf(one.level) > 0 && <rect className={`stretch-level level-${one.level}`} x={begin} y={TOP + BAR} width={long} height={4} />}
              {one.value.length * LETTER_PX < long - 6 && (
                <text x={begin + 4} y={TOP + 16}>
                  {one.value}
                </text>
              )}
            </g>
          );
        })}
        <AnomalyMarks marks={marks} x={x} left={LEFT} right={width - RIGHT} top={TOP} height={BAR} />
        {timeTicks(edges[0], edges[1], Math.max(2, Math.floor((width - LEFT) / 90))).map((tick) => (
          <text key={tick} className="time-label" x={x(tick)} y={HEIGHT - 4} textAnchor={labelAnchor(x(tick), width)}>
            {tickLabel(tick, edges[1] - edges[0])}
          </text>
        ))}
        <Playhead at={playhead} x={x} right={width - RIGHT} top={TOP} height={BAR + 4} />
        {at !== null && <line className="crosshair" x1={x(at)} x2={x(at)} y1={TOP} y2={TOP + BAR} />}
        {drag !== null && <rect className="drag" x={Math.min(...drag)} width={Math.abs(drag[1] - drag[0])} y={TOP} height={BAR} />}
      </svg>
      <p className="plot-value" data-testid="plot-value">
        {now === "" ? " " : now}
      </p>
    </>
  );
}
