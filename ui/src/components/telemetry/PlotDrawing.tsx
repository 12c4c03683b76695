/** The drawing of numbers: envelope and mean or single values, limits as areas, points out of limits marked, gaps left open. */

import { useId, useMemo } from "react";
import { LEVEL_MARKS, rankOf } from "../../lib/alarms";
import { type PlotMark, wordsOfMarks } from "../../lib/anomalies";
import { formatNumber } from "../../lib/format";
import { areasOf, domainOf, type Drawn, markedValue, tickLabel } from "../../lib/plot";
import { labelAnchor, linearScale, type Scale, timeTicks, valueTicks } from "../../lib/scale";
import { formatDateTime } from "../../lib/time";
import type { PlotProps } from "./Plot";
import { AnomalyMarks } from "./AnomalyMarks";
import { Playhead } from "./Playhead";
import { LEFT, RIGHT, useTimeAxis } from "./useTimeAxis";

const HEIGHT = 150;
const TOP = 6;
const BOTTOM = 18;
const MOST_DOTS = 150;
const BAD_RANK = rankOf("distress");

type Expected = NonNullable<PlotMark["expected"]>;

interface DrawingProps extends PlotProps {
  drawn: Drawn;
  width: number;
  /** The point under the cursor; -1 for none. */
  index: number;
  marks: readonly PlotMark[];
}

export function PlotDrawing({ parameter, edges, at, playhead, onAt, onSpan, drawn, width, index, marks }: DrawingProps) {
  const clip = useId();
  const expected = marks.map((one) => one.expected).filter((one) => one !== null && one.at >= edges[0] && one.at <= edges[1]) as Expected[];
  const also = expected.map((one) => drawn.convert(one.value));
  const domain = useMemo(() => domainOf(drawn, edges, also), [drawn, ...edges, also.join()]);
  const neighbour = (from: number | null, step: 1 | -1): number | null => {
    const inside = drawn.t.filter((one) => one >= edges[0] && one <= edges[1]);
    const found = step > 0 ? inside.find((one) => from === null || one > from) : inside.findLast((one) => from === null || one < from);
    return found ?? null;
  };
  const { x, drag, bind } = useTimeAxis({ edges, width, at, onAt, onSpan, neighbour });
  const y = linearScale(domain, [HEIGHT - BOTTOM, TOP]);
  const right = width - RIGHT;
  return (
    <svg
      {...bind}
      className="plot-drawing"
      width={width}
      height={HEIGHT}
      tabIndex={0}
      role="application"
      aria-roledescription="plot"
      aria-label={wordsOf(parameter, drawn, edges) + wordsOfMarks(marks)}
    >
      <clipPath id={clip}>
        <rect x={LEFT} y={TOP} width={Math.max(right - LEFT, 0)} height={HEIGHT - TOP - BOTTOM} />
      </clipPath>
      <g clipPath={`url(#${clip})`}>
        {areasOf(drawn.bands).map(({ level, from, to }, place) => {
          const [top, bottom] = [to === null ? TOP : y(to), from === null ? HEIGHT - BOTTOM : y(from)];
          return <rect key={place} className={`limit-area level-${level}`} x={LEFT} width={Math.max(right - LEFT, 0)} y={top} height={Math.max(bottom - top, 0)} />;
        })}
      </g>
      {valueTicks(domain[0], domain[1], 4).map((tick) => (
        <g key={tick} className="tick">
          <line x1={LEFT} x2={right} y1={y(tick)} y2={y(tick)} />
          <text x={LEFT - 6} y={y(tick) + 3} textAnchor="end">
            {formatNumber(tick)} {drawn.unit}
          </text>
        </g>
      ))}
      {timeTicks(edges[0], edges[1], Math.max(2, Math.floor((width - LEFT) / 90))).map((tick) => (
        <text key={tick} className="time-label" x={x(tick)} y={HEIGHT - 4} textAnchor={labelAnchor(x(tick), width)}>
          {tickLabel(tick, edges[1] - edges[0])}
        </text>
      ))}
      <LimitEdges drawn={drawn} y={y} domain={domain} right={right} />
      <g clipPath={`url(#${clip})`}>
        <AnomalyMarks marks={marks} x={x} left={LEFT} right={right} top={TOP} height={HEIGHT - TOP - BOTTOM} />
        <Course drawn={drawn} x={x} y={y} edges={edges} />
        {expected.map((one) => (
          <g key={one.at} className="expected-mark" data-testid="expected-mark">
            <title>{`expected ${one.words} at ${formatDateTime(one.at)} UTC`}</title>
            <line x1={x(one.at)} x2={x(one.at)} y1={y(drawn.convert(one.value - 2 * one.spread))} y2={y(drawn.convert(one.value + 2 * one.spread))} />
            <path d={`M${x(one.at)},${y(drawn.convert(one.value)) - 4.5}l4.5,4.5l-4.5,4.5l-4.5,-4.5z`} />
          </g>
        ))}
        <Playhead at={playhead} x={x} right={right} top={TOP} height={HEIGHT - TOP - BOTTOM} />
        {at !== null && <line className="crosshair" x1={x(at)} x2={x(at)} y1={TOP} y2={HEIGHT - BOTTOM} />}
        {index >= 0 && <circle className="dot" cx={x(drawn.t[index]!)} cy={y(drawn.mean[index]!)} r={3.5} />}
        {drag !== null && <rect className="drag" x={Math.min(...drag)} width={Math.abs(drag[1] - drag[0])} y={TOP} height={HEIGHT - TOP - BOTTOM} />}
      </g>
    </svg>
  );
}

interface EdgesProps {
  drawn: Drawn;
  y: Scale;
  domain: readonly [number, number];
  right: number;
}

/** The limits that lie inside the drawing, each with its level in words. */
function LimitEdges({ drawn, y, domain, right }: EdgesProps) {
  const edges = drawn.bands.flatMap((band) => [band.low, band.high].filter((one) => one !== null && one > domain[0] && one < domain[1]).map((one) => ({ level: band.level, at: one! })));
  return (
    <>
      {edges.map(({ level, at }) => (
        <g key={`${level} ${at}`} className={`limit-edge level-${level}`}>
          <line x1={LEFT} x2={right} y1={y(at)} y2={y(at)} />
          <text x={LEFT + 4} y={y(at) + (y(at) > 24 ? -3 : 11)}>
            {LEVEL_MARKS[level]} {level} {formatNumber(at)}
          </text>
        </g>
      ))}
    </>
  );
}

function Course({ drawn, x, y, edges }: { drawn: Drawn; x: Scale; y: Scale; edges: readonly [number, number] }) {
  const paths = useMemo(() => pathsOf(drawn, x, y), [drawn, x(0), x(1e12), y(0), y(1)]);
  const visible = drawn.t.filter((one) => one >= edges[0] && one <= edges[1]).length;
  return (
    <>
      {drawn.count !== null && <path className="envelope" d={paths.envelope} data-testid="envelope" />}
      <path className="curve" d={paths.line} data-testid="curve" />
      <path className={drawn.count === null && visible <= MOST_DOTS ? "curve-dots" : "curve-dots lone"} d={drawn.count === null && visible <= MOST_DOTS ? paths.dots : paths.lone} />
      <path className="out-mild" d={paths.mild} data-testid="out-mild" />
      <path className="out-bad" d={paths.bad} data-testid="out-bad" />
    </>
  );
}

interface Paths {
  line: string;
  envelope: string;
  dots: string;
  lone: string;
  mild: string;
  bad: string;
}

function pathsOf(drawn: Drawn, x: Scale, y: Scale): Paths {
  const { t, low, high, mean, levels, breaks } = drawn;
  const px = t.map((one) => x(one).toFixed(1));
  const made: Paths = { line: "", envelope: "", dots: "", lone: "", mild: "", bad: "" };
  let first = 0;
  t.forEach((_, index) => {
    const at = `${px[index]},${y(mean[index]!).toFixed(1)}`;
    const begins = index === 0 || breaks[index]!;
    if (begins) first = index;
    made.line += `${begins ? "M" : "L"}${at}`;
    made.dots += `M${at}h0`;
    const ends = index === t.length - 1 || breaks[index + 1]!;
    if (begins && ends) made.lone += `M${at}h0`; // a point without neighbours has no line
    if (ends && drawn.count !== null) made.envelope += around(px, low, high, y, first, index);
    if (levels[index] !== "normal") {
      const mark = `${px[index]},${y(markedValue(low[index]!, high[index]!, drawn.bands)).toFixed(1)}`;
      if (rankOf(levels[index]!) < BAD_RANK) made.mild += `M${mark}m0,-4.5l4,7h-8z`;
      else made.bad += `M${mark}m-3.5,-3.5l7,7m0,-7l-7,7`;
    }
  });
  return made;
}

/** A closed path along the greatest values and back along the least. */
function around(px: readonly string[], low: readonly number[], high: readonly number[], y: Scale, first: number, last: number): string {
  const there: string[] = [];
  const back: string[] = [];
  for (let index = first; index <= last; index += 1) {
    there.push(`${px[index]},${y(high[index]!).toFixed(1)}`);
    back.push(`${px[index]},${y(low[index]!).toFixed(1)}`);
  }
  return `M${there.join("L")}L${back.reverse().join("L")}Z`;
}

/** The drawing in words, for those who do not see it. */
function wordsOf(parameter: string, drawn: Drawn, edges: readonly [number, number]): string {
  const range = `${formatDateTime(edges[0])} to ${formatDateTime(edges[1])} UTC`;
  if (drawn.t.length === 0) return `${parameter}, ${range}: no values`;
  const low = drawn.low.reduce((least, one) => Math.min(least, one), Infinity);
  const high = drawn.high.reduce((most, one) => Math.max(most, one), -Infinity);
  const out = drawn.levels.filter((one) => one !== "normal").length;
  const words = out === 0 ? "" : `; ${out} ${drawn.count === null ? "values" : "buckets"} out of limits`;
  return `${parameter}, ${range}: ${formatNumber(low)} to ${formatNumber(high)} ${drawn.unit}${words}`;
}
