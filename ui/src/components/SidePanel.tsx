/** The right side: plans and commanding, alarms and telemetry, passes, files and the audit log. */

import { type KeyboardEvent, useRef } from "react";
import type { Tab } from "../state/console";
import { useConsole } from "../state/console";
import { useLive, useView } from "../state/hooks";
import { LEVEL_MARKS, waitingOf } from "../lib/alarms";
import { levelOf, markOfSeverity, unseenOf } from "../lib/anomalies";
import { AlarmsPanel } from "./alarms/AlarmsPanel";
import { AnomaliesPanel } from "./anomalies/AnomaliesPanel";
import { LoudAnomalies } from "./anomalies/LoudAnomalies";
import { AuditPanel } from "./AuditPanel";
import { Guard } from "./common/Guard";
import { FilesPanel } from "./files/FilesPanel";
import { HistoryPanel } from "./history/HistoryPanel";
import { InboxPanel } from "./inbox/InboxPanel";
import { PassesPanel } from "./PassesPanel";
import { PlanPanel } from "./plan/PlanPanel";
import { LostContacts } from "./queue/LostContacts";
import { IngestPanel } from "./telemetry/IngestPanel";
import { PacketsPanel } from "./telemetry/PacketsPanel";
import { TelemetryPanel } from "./telemetry/TelemetryPanel";
import { QueuePanel } from "./queue/QueuePanel";
import { StacksPanel } from "./stack/StacksPanel";

const TABS: readonly [Tab, string][] = [
  ["plan", "Plan"],
  ["approvals", "Approvals"],
  ["queue", "Queue"],
  ["stacks", "Stacks"],
  ["commands", "Commands"],
  ["files", "Files"],
  ["passes", "Passes"],
  ["alarms", "Alarms"],
  ["anomalies", "Anomalies"],
  ["telemetry", "Telemetry"],
  ["packets", "Packets"],
  ["ingest", "Ingest"],
  ["audit", "Audit"],
];

const TITLES = Object.fromEntries(TABS) as Readonly<Record<Tab, string>>;

const PANELS: Readonly<Record<Tab, () => React.JSX.Element | null>> = {
  plan: PlanPanel,
  approvals: InboxPanel,
  queue: QueuePanel,
  stacks: StacksPanel,
  commands: HistoryPanel,
  files: FilesPanel,
  passes: PassesPanel,
  alarms: AlarmsPanel,
  anomalies: AnomaliesPanel,
  telemetry: TelemetryPanel,
  packets: PacketsPanel,
  ingest: IngestPanel,
  audit: AuditPanel,
};

export function SidePanel() {
  const tab = useView((view) => view.tab);
  const { view } = useConsole();
  const list = useRef<HTMLDivElement>(null);
  const Panel = PANELS[tab];
  const move = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const at = TABS.findIndex(([name]) => name === tab);
    const next = TABS[(at + step + TABS.length) % TABS.length]![0];
    view.dispatch({ tab: next });
    list.current?.querySelector<HTMLButtonElement>(`#tab-${next}`)?.focus();
  };
  return (
    <section className="side" aria-label="Plans, commands, telemetry and audit">
      <div className="tabs" role="tablist" ref={list} onKeyDown={move}>
        {TABS.map(([name, title]) => (
          <button
            key={name}
            id={`tab-${name}`}
            data-testid={`tab-${name}`}
            role="tab"
            aria-selected={name === tab}
            aria-controls="side-panel"
            tabIndex={name === tab ? 0 : -1}
            onClick={() => view.dispatch({ tab: name })}
          >
            {title}
            {name === "commands" && <CommandCount />}
            {name === "alarms" && <AlarmCount />}
            {name === "anomalies" && <AnomalyCount />}
          </button>
        ))}
      </div>
      <WideToggle />
      <LostContacts />
      <LoudAnomalies />
      <div className="side-body" id="side-panel" role="tabpanel" aria-labelledby={`tab-${tab}`} tabIndex={0}>
        <Guard key={tab} name={TITLES[tab]}>
          <Panel />
        </Guard>
      </div>
    </section>
  );
}

function CommandCount() {
  const count = useLive((live) => Object.keys(live.commands).length);
  return count === 0 ? null : <span className="count">{count}</span>;
}

/** Alarms that nobody has acknowledged or shelved. */
function AlarmCount() {
  const open = useLive((live) => live.alarms);
  const { count, worst } = waitingOf(open ?? {});
  if (count === 0) return null;
  const words = `${count} not acknowledged, worst now ${worst}`;
  return (
    <span className={`count alarm-count level-${worst}`} data-testid="alarm-count" title={words} aria-label={words}>
      <span aria-hidden="true">{LEVEL_MARKS[worst]}</span> {count}
    </span>
  );
}

/** Alerts of anomalies that nobody has seen. */
function AnomalyCount() {
  const unseen = useLive((live) => live.alerts);
  const { count, worst } = unseenOf(unseen ?? {});
  if (count === 0) return null;
  const words = `${count} not seen, worst now ${worst}`;
  return (
    <span className={`count alarm-count level-${levelOf(worst)}`} data-testid="anomaly-count" title={words} aria-label={words}>
      <span aria-hidden="true">{markOfSeverity(worst)}</span> {count}
    </span>
  );
}

/** Plots and packets are easier to read across the whole width. */
function WideToggle() {
  const wide = useView((view) => view.wide);
  const { view } = useConsole();
  return (
    <button className="wide-toggle text-button" data-testid="wide" aria-pressed={wide} onClick={() => view.dispatch({ wide: !wide })}>
      {wide ? "Show the conversation" : "Use the whole width"}
    </button>
  );
}
