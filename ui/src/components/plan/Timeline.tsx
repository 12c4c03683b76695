/** When each satellite does what: contacts, activities and now, on one axis. */

import type { Activity, ActivityType, MissionPlan, Window } from "../../contract/plan";
import { labelAnchor, linearScale, type Scale, timeTicks } from "../../lib/scale";
import { formatDuration, formatTime, secondsBetween } from "../../lib/time";
import { useMissionNow, useWidth } from "../../state/hooks";
import { usePasses } from "../../state/passes";

const LEFT = 64;
const RIGHT = 10;
const ROW = 58;
const AXIS = 20;
const LEAST_WIDTH = 6;
const TYPES: readonly ActivityType[] = ["uplink", "downlink", "imaging", "pointing", "mode", "burn"];
const LETTERS: Readonly<Record<ActivityType, string>> = {
  uplink: "↑",
  downlink: "↓",
  imaging: "◉",
  pointing: "☀",
  mode: "M",
  burn: "Δv",
};

interface TimelineProps {
  plan: MissionPlan;
  chosen: string | null;
  onChoose: (activityId: string | null) => void;
  at: number | null;
  onAt: (atMs: number | null) => void;
}

export function Timeline({ plan, chosen, onChoose, at, onAt }: TimelineProps) {
  const [measure, width] = useWidth<HTMLDivElement>(560);
  const now = useMissionNow();
  const passes = usePasses().items;
  const satellites = [...new Set(plan.activities.map((one) => one.satellite))];
  const begin = Date.parse(plan.horizon.start);
  const end = Date.parse(plan.horizon.end);
  const x = linearScale([begin, end], [LEFT, width - RIGHT]);
  const height = AXIS + satellites.length * ROW + 4;
  const ticks = timeTicks(begin, end, Math.max(2, Math.floor((width - LEFT) / 90)));
  const contactsOf = (satellite: string): Window[] => {
    const own = plan.activities.filter((one) => one.satellite === satellite && one.contact !== null).map((one) => one.contact!.window);
    const others = passes.filter((one) => one.satellite === satellite).map((one) => ({ start: one.aos, end: one.los }));
    return [...own, ...others].filter((one) => Date.parse(one.end) > begin && Date.parse(one.start) < end);
  };
  return (
    <section className="block timeline" aria-labelledby="timeline-title">
      <div className="block-head">
        <h3 id="timeline-title">Timeline</h3>
        <Legend types={TYPES.filter((type) => plan.activities.some((one) => one.type === type))} />
      </div>
      <div ref={measure} className="chart-box" style={{ height }}>
        <svg
          width={width}
          height={height}
          role="group"
          aria-label="Activities over time, UTC"
          onMouseMove={(event) => {
            const px = event.clientX - event.currentTarget.getBoundingClientRect().left;
            onAt(px < LEFT || px > width - RIGHT ? null : x.invert(px));
          }}
          onMouseLeave={() => onAt(null)}
        >
          {ticks.map((tick) => (
            <g key={tick} className="tick">
              <line x1={x(tick)} x2={x(tick)} y1={AXIS - 4} y2={height - 4} />
              <text x={x(tick)} y={12} textAnchor={labelAnchor(x(tick), width)}>
                {formatTime(tick, begin).slice(0, -3)}
              </text>
            </g>
          ))}
          {satellites.map((satellite, index) => {
            const y = AXIS + index * ROW;
            return (
              <g key={satellite}>
                <line className="row-line" x1={0} x2={width - RIGHT} y1={y} y2={y} />
                <text className="row-name" x={0} y={y + 34}>
                  {satellite}
                </text>
                {contactsOf(satellite).map((one, number) => (
                  <Contact key={number} window={one} x={x} y={y} />
                ))}
                {longestFirst(plan.activities.filter((one) => one.satellite === satellite)).map((one) => (
                  <ActivityBar key={one.activity_id} activity={one} x={x} y={y} chosen={one.activity_id === chosen} onChoose={onChoose} />
                ))}
              </g>
            );
          })}
          {now !== null && now >= begin && now <= end && <Mark at={x(now)} height={height} name="now" />}
          {at !== null && <line className="crosshair" x1={x(at)} x2={x(at)} y1={AXIS - 4} y2={height} />}
        </svg>
      </div>
    </section>
  );
}

/** Drawing order: a short activity lies on top of a long neighbour, so that it can be pointed at. */
function longestFirst(activities: readonly Activity[]): Activity[] {
  const length = (one: Activity): number => secondsBetween(one.window.start, one.window.end);
  return [...activities].sort((one, other) => length(other) - length(one));
}

function Mark({ at, height, name }: { at: number; height: number; name: string }) {
  return (
    <g className="now">
      <line x1={at} x2={at} y1={AXIS - 6} y2={height} />
      <text x={at + 3} y={height - 3}>
        {name}
      </text>
    </g>
  );
}

function Contact({ window, x, y }: { window: Window; x: Scale; y: number }) {
  const [from, to] = [x(Date.parse(window.start)), x(Date.parse(window.end))];
  return <rect className="contact-bar" x={from} width={Math.max(to - from, 2)} y={y + 46} height={5} rx={1} />;
}

interface BarProps {
  activity: Activity;
  x: Scale;
  y: number;
  chosen: boolean;
  onChoose: (activityId: string | null) => void;
}

function ActivityBar({ activity, x, y, chosen, onChoose }: BarProps) {
  const { start, end } = activity.window;
  const from = x(Date.parse(start));
  const width = Math.max(x(Date.parse(end)) - from, LEAST_WIDTH);
  const words = `${activity.type} of ${activity.satellite}, ${formatTime(start)} to ${formatTime(end)} UTC, ${formatDuration(secondsBetween(start, end))}`;
  const reach = width < 16 ? 4 : 0;
  const choose = (): void => onChoose(chosen ? null : activity.activity_id);
  return (
    <g
      className={`activity activity-${activity.type}${chosen ? " activity-chosen" : ""}`}
      data-testid="timeline-activity"
      data-activity={activity.activity_id}
      data-status={activity.status}
      role="button"
      tabIndex={0}
      aria-pressed={chosen}
      aria-label={words}
      onClick={choose}
      onKeyDown={(event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        choose();
      }}
    >
      <title>{`${activity.activity_id}: ${words}`}</title>
      <rect className="activity-target" x={from - reach} width={width + 2 * reach} y={y + 4} height={40} />
      <rect className="activity-bar" x={from} width={width} y={y + 20} height={22} rx={3} />
      <text x={width > 30 ? from + 6 : from + width / 2} y={width > 30 ? y + 35 : y + 16} textAnchor={width > 30 ? "start" : "middle"} className={width > 30 ? "activity-text inside" : "activity-text"}>
        {width > 84 ? `${LETTERS[activity.type]} ${activity.type}` : LETTERS[activity.type]}
      </text>
    </g>
  );
}

function Legend({ types }: { types: readonly ActivityType[] }) {
  return (
    <ul className="legend" aria-hidden="true">
      {types.map((type) => (
        <li key={type}>
          <span className={`swatch activity-${type}`} /> {LETTERS[type]} {type}
        </li>
      ))}
      <li>
        <span className="swatch swatch-contact" /> contact
      </li>
    </ul>
  );
}
