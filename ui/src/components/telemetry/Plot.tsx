/** One parameter over a range of time: read again whenever the range changes, so that a narrow one shows every sample. */

import { useEffect, useMemo } from "react";
import type { Series } from "../../contract/telemetry";
import { marksOf, type PlotMark } from "../../lib/anomalies";
import { drawnOf, edgesOf, type Newest, pointAt, type Span, wordsOfForm, wordsOfPoint } from "../../lib/plot";
import { missionNowMs, formatDateTime } from "../../lib/time";
import { useConsole } from "../../state/console";
import { useLive, useReading, useWidth } from "../../state/hooks";
import { Notice } from "../common/Notice";
import { PlotDrawing } from "./PlotDrawing";
import { TextDrawing } from "./TextDrawing";

const REFRESH_MS = 2000;

export interface PlotProps {
  satellite: string;
  parameter: string;
  span: Span;
  /** Where the range begins and ends now, Unix ms. */
  edges: readonly [number, number];
  /** Where the cursor is, Unix ms. */
  at: number | null;
  /** Where a replay is, Unix ms; null where nothing is replayed. */
  playhead: number | null;
  onAt: (at: number | null) => void;
  onSpan: (span: Span) => void;
  onRemove: () => void;
}

export function Plot(props: PlotProps) {
  const { satellite, parameter, span, edges, at, onRemove } = props;
  const [measure, width] = useWidth<HTMLDivElement>(540);
  const points = Math.min(2000, Math.max(200, Math.round(width / 50) * 50));
  const reading = useSeries(satellite, parameter, span, points);
  const newest = useNewest(satellite, parameter, span);
  const series = reading.value;
  const drawn = useMemo(() => (series === null || series.form === "changes" ? null : drawnOf(series, newest)), [series, newest]);
  const marks = useMarks(satellite, parameter, span, edges[1]);
  const index = drawn === null || at === null ? -1 : pointAt(drawn, at, (edges[1] - edges[0]) / 40);
  return (
    <figure className="plot" data-testid="plot" data-parameter={parameter} data-form={series?.form ?? "loading"}>
      <figcaption>
        <strong>{parameter}</strong>
        <span className="muted" data-testid="plot-form">
          {series === null ? "loading…" : wordsOfForm(series)}
        </span>
        <button className="icon-button" aria-label={`Remove the plot of ${parameter}`} onClick={onRemove}>
          ✕
        </button>
      </figcaption>
      {reading.error !== null && <Notice tone="bad">{reading.error}</Notice>}
      <div ref={measure}>
        {drawn !== null && <PlotDrawing {...props} drawn={drawn} width={width} index={index} marks={marks} />}
        {series?.form === "changes" && <TextDrawing {...props} series={series} width={width} marks={marks} />}
      </div>
      {drawn !== null && (
        <p className="plot-value" data-testid="plot-value" aria-live="polite">
          {index < 0 ? (at === null ? " " : "no value here") : wordsOfPoint(drawn, index)}
        </p>
      )}
      {series !== null && <Removed series={series} start={edges[0]} />}
    </figure>
  );
}

/** What the retention policy removed of a range. */
function Removed({ series, start }: { series: Series; start: number }) {
  const { values_from, kept_from } = series;
  if (values_from === null || Date.parse(values_from) <= start) return null;
  return (
    <p className="warn-text plot-value">
      Single values before {formatDateTime(values_from)} UTC are no longer kept
      {kept_from === null || Date.parse(kept_from) <= start ? "; what is shown of them are summaries." : `, nothing before ${formatDateTime(kept_from)} UTC.`}
    </p>
  );
}

/** The series of a range; of one that follows the present it is read again and again, each time after the answer before. */
function useSeries(satellite: string, parameter: string, span: Span, points: number): { value: Series | null; error: string | null } {
  const { client, live } = useConsole();
  const connection = useLive((state) => state.connection);
  const stamp = span.kind === "last" ? `last ${span.seconds}` : `${span.start} ${span.end}`;
  const { value, error, again } = useReading(async () => {
    const clock = live.get().clock;
    const [start, end] = edgesOf(span, clock === null ? Date.now() : missionNowMs(clock, performance.now()));
    return client.series(satellite, parameter, new Date(start).toISOString(), new Date(end).toISOString(), points);
  }, [satellite, parameter, stamp, points, connection]);
  useEffect(() => {
    if (span.kind !== "last") return;
    const timer = setTimeout(again, REFRESH_MS);
    return () => clearTimeout(timer);
  }, [value, error, again, span.kind]);
  return { value: value?.parameter === parameter && value.satellite === satellite ? value : null, error };
}

/** Anomalies of the parameter in the range, read again when any alert changes. */
function useMarks(satellite: string, parameter: string, span: Span, end: number): PlotMark[] {
  const { client, live } = useConsole();
  const connection = useLive((state) => state.connection);
  const changes = useLive((state) => state.changes.anomalies);
  const stamp = span.kind === "last" ? `last ${span.seconds}` : `${span.start} ${span.end}`;
  const { value } = useReading(async () => {
    const clock = live.get().clock;
    const [from, to] = edgesOf(span, clock === null ? Date.now() : missionNowMs(clock, performance.now()));
    return { satellite, found: await client.anomalyStretches(satellite, parameter, new Date(from).toISOString(), new Date(to).toISOString()) };
  }, [satellite, parameter, stamp, connection, changes]);
  return value?.satellite === satellite ? marksOf(value.found, parameter, end) : [];
}

/** The newest live value, where the range follows the present. */
function useNewest(satellite: string, parameter: string, span: Span): Newest | null {
  const live = useLive((state) => state.telemetry[satellite]?.parameters[parameter]);
  return useMemo(
    () => (span.kind !== "last" || typeof live?.value !== "number" ? null : { at: Date.parse(live.at), value: live.value, level: live.limit_state }),
    [live, span.kind],
  );
}
