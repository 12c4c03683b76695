/** Stretches of anomalies on a plot: an area with a bar on top, and the words of what it is. */

import { levelOf, markOfSeverity, type PlotMark } from "../../lib/anomalies";
import type { Scale } from "../../lib/scale";
import { formatDateTime } from "../../lib/time";

const LEAST_PX = 3;
const LETTER_PX = 6;
const BAR = 4;

interface MarksProps {
  marks: readonly PlotMark[];
  x: Scale;
  left: number;
  right: number;
  top: number;
  height: number;
}

export function AnomalyMarks({ marks, x, left, right, top, height }: MarksProps) {
  return (
    <>
      {marks.map((one) => {
        const [begin, end] = [Math.max(x(one.from), left), Math.min(x(one.to), right)];
        if (end < left || begin > right) return null;
        const wide = Math.max(end - begin, LEAST_PX);
        const words = `${markOfSeverity(one.severity)} ${one.words}`;
        return (
          <g key={one.anomalyId} className={`anomaly-mark level-${levelOf(one.severity)}`} data-testid="anomaly-mark" data-alert={one.alertId}>
            <title>{`${words}, ${formatDateTime(one.from)} to ${formatDateTime(one.to)} UTC`}</title>
            <rect className="anomaly-area" x={begin} y={top} width={wide} height={height} />
            <rect className="anomaly-bar" x={begin} y={top} width={wide} height={BAR} />
            {words.length * LETTER_PX < wide && (
              <text x={begin + 4} y={top + BAR + 11}>
                {words}
              </text>
            )}
          </g>
        );
      })}
    </>
  );
}
