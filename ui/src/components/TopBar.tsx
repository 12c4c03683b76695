/** Mission name, mission clock with its rate, the state of the links, who is signed in. */

import { roleName, covers } from "../contract/session";
import { formatDate, formatTime } from "../lib/time";
import { useTheme } from "../lib/theme";
import { useConsole } from "../state/console";
import { useLive, useMissionNow, useView, useWork } from "../state/hooks";
import { Emblem } from "./common/Emblem";

const RATES = [1, 10, 60, 300];

export function TopBar() {
  const mission = useView((view) => view.mission);
  const user = useView((view) => view.user);
  const { signOut } = useConsole();
  const work = useWork();
  return (
    <header className="topbar">
      <div className="brand">
        <Emblem size={26} />
        <span className="brand-name">LlamaSpace</span>
        {mission !== null && (
          <span className="mission-name" title={mission.description}>
            {mission.name}
          </span>
        )}
      </div>
      <MissionClock />
      <div className="topbar-right">
        <LinkState />
        <ThemeToggle />
        {user !== null && (
          <span className="who" title={`Signed in as ${user.username}`}>
            <strong>{user.username}</strong>
            <span className="role">{roleName(user.role)}</span>
          </span>
        )}
        <button className="button small" disabled={work.busy} onClick={() => void work.run(signOut)}>
          Sign out
        </button>
      </div>
    </header>
  );
}

function MissionClock() {
  const now = useMissionNow(250);
  const clock = useLive((live) => live.clock?.clock ?? null);
  const user = useView((view) => view.user);
  const { client, live } = useConsole();
  const work = useWork();
  if (now === null || clock === null) return <div className="clock muted">Mission clock not known yet</div>;
  const allowed = user !== null && covers(user.role, "operator");
  const setRate = (rate: number): void =>
    void work.run(async () => {
      const changed = await client.setRate(rate);
      live.dispatch({ type: "message", message: { type: "clock", clock: changed }, atMs: performance.now() });
    });
  return (
    <div className="clock">
      <time className="clock-time" dateTime={new Date(now).toISOString()} aria-label="Mission time, UTC">
        <span className="clock-date">{formatDate(now)}</span> {formatTime(now)} <span className="unit">UTC</span>
      </time>
      {clock.simulated ? (
        <span className="rates" role="group" aria-label="Speed of the simulated mission clock">
          <span className="sim-tag" title="The spacecraft are simulated; the clock may run faster than real time">
            simulated
          </span>
          {RATES.filter((rate) => rate <= clock.maximum_rate).map((rate) => (
            <button
              key={rate}
              className="rate"
              data-testid="clock-rate"
              data-rate={rate}
              aria-pressed={clock.rate === rate}
              disabled={!allowed || work.busy}
              title={allowed ? `Run at ${rate} times real time` : "Changing the speed needs the operator role"}
              onClick={() => setRate(rate)}
            >
              ×{rate}
            </button>
          ))}
          {!RATES.includes(clock.rate) && <span className="rate-other">×{clock.rate}</span>}
        </span>
      ) : (
        <span className="sim-tag">real time</span>
      )}
      {work.error !== null && (
        <span className="inline-error" role="alert">
          {work.error}
        </span>
      )}
    </div>
  );
}

function LinkState() {
  const connection = useLive((live) => live.connection);
  const link = useLive((live) => live.link);
  const attempt = useLive((live) => live.attempt);
  const { reconnect } = useConsole();
  const state = connection !== "open" ? "down" : link === null ? "open" : link.up ? "up" : "no-ground";
  const [mark, words] = {
    down: ["✕", attempt > 0 ? `Service not reachable, trying again (${attempt})` : "Connecting to the service"],
    open: ["●", "Service connected"],
    up: ["●", "Ground link up"],
    "no-ground": ["▲", "Ground link down"],
  }[state] as [string, string];
  return (
    <span
      className={`link link-${state}`}
      data-testid="link-state"
      data-state={state}
      data-connection={connection}
      role="status"
      aria-live="polite"
      title={link?.detail ?? words}
    >
      <span aria-hidden="true">{mark}</span> {words}
      {connection === "waiting" && (
        <button className="text-button" onClick={reconnect}>
          Try now
        </button>
      )}
    </span>
  );
}

function ThemeToggle() {
  const [theme, toggle] = useTheme();
  const other = theme === "dark" ? "light" : "dark";
  return (
    <button className="icon-button" aria-label={`Use the ${other} colours`} title={`Use the ${other} colours`} onClick={toggle}>
      {theme === "dark" ? "☀" : "☾"}
    </button>
  );
}
