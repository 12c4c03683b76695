/** A command's whole life: what happened to it, who approved it, and which policy decided. */

import type { Command, CommandHistory, UplinkFacts } from "../../contract/command";
import { wordsOfStep } from "../../contract/command";
import type { AuditEvent } from "../../contract/mission";
import { formatValue } from "../../lib/format";
import { formatDateTime, readableTimes } from "../../lib/time";
import { useConsole } from "../../state/console";
import { useReading } from "../../state/hooks";
import { Notice } from "../common/Notice";

const TOLD = new Set(["reason", "satellite", "command", "plan_id", "activity_id", "revision_hash"]); // what the row says already

export function CommandLife({ command }: { command: Command }) {
  const { view, openPlan } = useConsole();
  const stack = command.plan_id.startsWith("stack-");
  const openOwner = (): void => (stack ? view.dispatch({ tab: "stacks", stackId: command.plan_id }) : openPlan(command.plan_id));
  const audit = (subject: string): void => view.dispatch({ tab: "audit", auditSubject: subject });
  return (
    <>
      <ol className="history" aria-label="History">
        {(command.history ?? []).map((one, index) => (
          <HistoryStep key={index} step={one} />
        ))}
      </ol>
      {command.uplink !== undefined && <Uplink facts={command.uplink} />}
      <Decisions ownerId={command.plan_id} />
      <p className="row">
        <button className="text-button" onClick={openOwner}>
          Open its {stack ? "stack" : "plan"}
        </button>
        <button className="text-button" data-testid="command-audit" onClick={() => audit(command.command_id)}>
          Its events in the audit log
        </button>
        <button className="text-button" onClick={() => audit(command.plan_id)}>
          Events of its {stack ? "stack" : "plan"}
        </button>
      </p>
    </>
  );
}

/** How it went up: its route, the counts that reports name, its frames, and what was proved. */
function Uplink({ facts }: { facts: UplinkFacts }) {
  const rows: [string, string][] = [
    ["route", facts.route === null ? "not left yet" : facts.route.replaceAll("-", " ")],
    ["packet count", facts.request_count === null ? "—" : `${facts.request_count}${facts.carrier_count === null ? "" : `, inserted by ${facts.carrier_count}`}`],
    ["transmissions", String(facts.attempts)],
    ["frames", facts.frames.length === 0 ? "none" : facts.frames.map((one) => `N(S) ${one.frame_number}, sequence ${one.sequence_number}, ${one.octets} octets, ${one.state}`).join("; ")],
    ["application data", facts.application_data_hex === "" ? "none" : facts.application_data_hex],
    ...(facts.proved.length > 0 ? [["also proved", facts.proved.join(", ")] as [string, string]] : []),
    ...(facts.unproved.length > 0 ? [["without proof", facts.unproved.join(", ")] as [string, string]] : []),
  ];
  return (
    <dl className="facts" aria-label="Uplink" data-testid="uplink">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function HistoryStep({ step }: { step: CommandHistory }) {
  const facts = typeof step.detail === "string" ? [] : Object.entries(step.detail).filter(([name, value]) => !TOLD.has(name) && value !== "" && value !== null);
  return (
    <li>
      <time>{formatDateTime(step.at)}</time> <strong>{step.state.replaceAll("_", " ")}</strong> <span className="muted">{readableTimes(wordsOfStep(step))}</span>
      {facts.length > 0 && (
        <span className="history-facts">
          {facts.map(([name, value]) => (
            <span key={name}>
              {name.replaceAll("_", " ")} <code>{short(formatValue(value))}</code>
            </span>
          ))}
        </span>
      )}
    </li>
  );
}

const LONGEST = 64;

function short(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : readableTimes(text);
}

/** Who was allowed to do what with its plan or stack, by which policy. */
function Decisions({ ownerId }: { ownerId: string }) {
  const { client } = useConsole();
  const events = useReading(() => client.auditOf(ownerId, "authority."), [ownerId]);
  const decided = events.value ?? [];
  if (events.error !== null) return <Notice tone="bad">{events.error}</Notice>;
  if (decided.length === 0) return null;
  return (
    <>
      <h4>Decisions about its {ownerId.startsWith("stack-") ? "stack" : "plan"}</h4>
      <ul className="history" aria-label="Decisions" data-testid="decisions">
        {decided.map((one) => (
          <Decision key={one.sequence} event={one} />
        ))}
      </ul>
    </>
  );
}

function Decision({ event }: { event: AuditEvent }) {
  const allowed = event.kind === "authority.allowed";
  const { action, role, policies, reason } = event.payload as { action: string; role: string; policies: string[]; reason?: string };
  return (
    <li>
      <time>{formatDateTime(event.at_utc)}</time> <span className={allowed ? "good-text" : "bad-text"}>{allowed ? "✓ allowed" : "✕ denied"}</span>{" "}
      <strong>{action}</strong> {event.actor.replace("user:", "")}
      {role !== "" && ` (${role.replace("_", " ")})`} <span className="muted">{policies.length > 0 ? `by ${policies.join(", ")}` : "no policy allows it"}</span>
      {reason !== undefined && <span className="muted"> {reason}</span>}
    </li>
  );
}
