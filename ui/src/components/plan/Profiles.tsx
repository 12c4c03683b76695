/** Simulated resources over the plan, with their limits, on one time axis with one crosshair. */

import { useMemo } from "react";
import type { MissionPlan, ResourceProfile } from "../../contract/plan";
import { displayOf, formatNumber, quantityName } from "../../lib/format";
import { labelAnchor, lastAtOrBefore, linearScale, timeTicks, valueTicks } from "../../lib/scale";
import { formatDateTime, formatTime } from "../../lib/time";
import { useMissionNow, useWidth } from "../../state/hooks";

const LEFT = 64;
const RIGHT = 10;
const TOP = 6;
const HEIGHT = 86;
const BOTTOM = 16;

interface ProfilesProps {
  plan: MissionPlan;
  at: number | null;
  onAt: (atMs: number | null) => void;
}

export function Profiles({ plan, at, onAt }: ProfilesProps) {
  const [measure, width] = useWidth<HTMLDivElement>(560);
  return (
    <section className="block profiles" aria-labelledby="profiles-title">
      <div className="block-head">
        <h3 id="profiles-title">Resource profiles</h3>
        <span className="muted">{at === null ? "simulated; point to read values" : `${formatDateTime(at)} UTC`}</span>
      </div>
      {plan.profiles.length === 0 && <p className="empty">This revision has not been simulated yet.</p>}
      <div ref={measure}>
        {plan.profiles.map((one) => (
          <ProfileChart key={`${one.satellite}-${one.resource}`} profile={one} horizon={plan.horizon} width={width} at={at} onAt={onAt} />
        ))}
      </div>
    </section>
  );
}

interface ChartProps {
  profile: ResourceProfile;
  horizon: MissionPlan["horizon"];
  width: number;
  at: number | null;
  onAt: (atMs: number | null) => void;
}

function ProfileChart({ profile, horizon, width, at, onAt }: ChartProps) {
  const now = useMissionNow();
  const begin = Date.parse(horizon.start);
  const end = Date.parse(horizon.end);
  const shown = useMemo(() => shownValues(profile), [profile]);
  const x = linearScale([begin, end], [LEFT, width - RIGHT]);
  const y = linearScale(shown.domain, [HEIGHT - BOTTOM, TOP]);
  const path = useMemo(
    () => profile.t_s.map((t, index) => `${index === 0 ? "M" : "L"}${x(begin + t * 1000).toFixed(1)},${y(shown.values[index]!).toFixed(1)}`).join(""),
    [profile, shown, width, begin, end],
  );
  const index = at === null ? -1 : lastAtOrBefore(profile.t_s, (at - begin) / 1000);
  const value = index < 0 ? null : shown.values[index]!;
  const name = `${profile.satellite} ${quantityName(profile.resource)}`;
  const range = `${formatNumber(shown.low)} to ${formatNumber(shown.high)} ${shown.unit}`;
  return (
    <figure className="profile" data-testid="profile-chart" data-resource={profile.resource} data-satellite={profile.satellite}>
      <figcaption>
        <strong>{name}</strong>
        <span>{value === null ? range : `${formatNumber(value)} ${shown.unit}`}</span>
        {shown.violated && <span className="badge badge-bad">✕ outside its limits</span>}
      </figcaption>
      <svg
        width={width}
        height={HEIGHT}
        role="img"
        aria-label={`${name}: ${range}${limitWords(shown)}`}
        onMouseMove={(event) => {
          const px = event.clientX - event.currentTarget.getBoundingClientRect().left;
          onAt(px < LEFT || px > width - RIGHT ? null : x.invert(px));
        }}
        onMouseLeave={() => onAt(null)}
      >
        {valueTicks(shown.domain[0], shown.domain[1], 3).map((tick) => (
          <g key={tick} className="tick">
            <line x1={LEFT} x2={width - RIGHT} y1={y(tick)} y2={y(tick)} />
            <text x={LEFT - 6} y={y(tick) + 3} textAnchor="end">
              {formatNumber(tick)} {shown.unit}
            </text>
          </g>
        ))}
        {timeTicks(begin, end, Math.max(2, Math.floor((width - LEFT) / 90))).map((tick) => (
          <text key={tick} className="time-label" x={x(tick)} y={HEIGHT - 3} textAnchor={labelAnchor(x(tick), width)}>
            {formatTime(tick, begin).slice(0, -3)}
          </text>
        ))}
        <Limit at={shown.minimum} name="min" y={y} domain={shown.domain} width={width} unit={shown.unit} />
        <Limit at={shown.maximum} name="max" y={y} domain={shown.domain} width={width} unit={shown.unit} />
        <path className="curve" d={path} />
        {now !== null && now >= begin && now <= end && <line className="now-line" x1={x(now)} x2={x(now)} y1={TOP} y2={HEIGHT - BOTTOM} />}
        {at !== null && <line className="crosshair" x1={x(at)} x2={x(at)} y1={TOP} y2={HEIGHT - BOTTOM} />}
        {value !== null && at !== null && <circle className="dot" cx={x(at)} cy={y(value)} r={3} />}
      </svg>
    </figure>
  );
}

interface LimitProps {
  at: number | null;
  name: string;
  y: (value: number) => number;
  domain: readonly [number, number];
  width: number;
  unit: string;
}

/** A limit line where it lies inside the drawing; outside it, the range of values is far from it. */
function Limit({ at, name, y, domain, width, unit }: LimitProps) {
  if (at === null || at < domain[0] || at > domain[1]) return null;
  const above = y(at) > 20;
  return (
    <g className="limit-line">
      <line x1={LEFT} x2={width - RIGHT} y1={y(at)} y2={y(at)} />
      <text x={width - RIGHT - 2} y={y(at) + (above ? -3 : 11)} textAnchor="end">
        {name} {formatNumber(at)} {unit}
      </text>
    </g>
  );
}

interface Shown {
  values: number[];
  unit: string;
  low: number;
  high: number;
  minimum: number | null;
  maximum: number | null;
  domain: [number, number];
  violated: boolean;
}

/** Values in the unit for people, and the span to draw: values and the limits that are near enough to matter. */
function shownValues(profile: ResourceProfile): Shown {
  const largest = profile.values.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
  const display = displayOf(profile.resource, profile.unit, largest);
  const values = profile.values.map(display.convert);
  const low = values.reduce((least, one) => Math.min(least, one), Infinity);
  const high = values.reduce((most, one) => Math.max(most, one), -Infinity);
  const minimum = profile.minimum === null ? null : display.convert(profile.minimum);
  const maximum = profile.maximum === null ? null : display.convert(profile.maximum);
  const violated = (minimum !== null && low < minimum) || (maximum !== null && high > maximum);
  return { values, unit: display.unit, low, high, minimum, maximum, violated, domain: domainOf(low, high, minimum, maximum) };
}

function domainOf(low: number, high: number, minimum: number | null, maximum: number | null): [number, number] {
  const size = Math.max(Math.abs(low), Math.abs(high), Math.abs(minimum ?? 0), Math.abs(maximum ?? 0));
  const span = Math.max(high - low, size * 0.02) || 1; // a quantity that does not change still needs a height
  const reach = span * 8; // a limit further away than this would flatten the curve
  const from = minimum !== null && low - minimum <= reach ? Math.min(low, minimum) : low;
  const to = maximum !== null && maximum - high <= reach ? Math.max(high, maximum) : high;
  const pad = Math.max((to - from) * 0.08, span * 0.1);
  return [from - pad, to + pad];
}

function limitWords(shown: Shown): string {
  const parts = [
    shown.minimum !== null && `minimum ${formatNumber(shown.minimum)} ${shown.unit}`,
    shown.maximum !== null && `maximum ${formatNumber(shown.maximum)} ${shown.unit}`,
  ].filter((part) => part !== false);
  return parts.length === 0 ? "" : `; ${parts.join(", ")}`;
}
