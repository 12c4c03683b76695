/** A command on its way, from drafted to completed. */

import { useCallback, useEffect, useState } from "react";
import { wordsOf } from "../../api/client";
import { BAD_ENDS, type Command, type CommandState, STAGES } from "../../contract/command";
import { formatValue } from "../../lib/format";
import { formatDateTime, formatTime } from "../../lib/time";
import { useConsole } from "../../state/console";
import { Notice } from "../common/Notice";
import { CommandLife } from "./CommandLife";

export function CommandRow({ command }: { command: Command }) {
  const { client, live } = useConsole();
  const [open, setOpen] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const bad = BAD_ENDS.has(command.state);
  const id = command.command_id;
  const read = useCallback(
    () =>
      client.command(id).then(
        (found) => live.dispatch({ type: "commands", commands: [found] }),
        (reason: unknown) => setError(wordsOf(reason)),
      ),
    [client, live, id],
  );
  useEffect(() => void read(), [read, command.state]);
  const toggle = (): void => {
    setOpen(!open);
    if (!open) void read();
  };
  return (
    <li className="command" data-testid="command-row" data-state={command.state} data-command={command.command}>
      <button className="command-head" aria-expanded={open} onClick={toggle}>
        <code className="command-name">{command.command}</code>
        <span>{command.satellite}</span>
        <span className="muted">{formatDateTime(command.execute_at)} UTC</span>
        <span className={bad ? "badge badge-bad" : command.state === "completed" ? "badge badge-good" : "badge badge-info"}>
          {bad ? "✕ " : command.state === "completed" ? "✓ " : ""}
          {command.state}
        </span>
      </button>
      <Stepper command={command} />
      {open && (
        <div className="command-body">
          {error !== null && <Notice tone="bad">{error}</Notice>}
          <Facts command={command} />
          <CommandLife command={command} />
        </div>
      )}
    </li>
  );
}

function Facts({ command }: { command: Command }) {
  const facts = Object.entries(command.arguments).map(([name, value]) => `${name} ${formatValue(value)}`);
  return (
    <p className="muted">
      {command.class} · for {command.activity_id}
      {command.station !== null && ` · through ${command.station}`}
      {facts.length > 0 && ` · ${facts.join(", ")}`}
      {command.detail !== "" && ` · ${command.detail}`}
    </p>
  );
}

function Stepper({ command }: { command: Command }) {
  const reached = new Map((command.history ?? []).map((one) => [one.state, one.at]));
  const bad = BAD_ENDS.has(command.state);
  const furthest = Math.max(...STAGES.map((stage, index) => (stage === command.state || reached.has(stage) ? index : -1)));
  return (
    <ol className="stepper" aria-label={`Progress: ${command.state}`}>
      {STAGES.map((stage, index) => (
        <Stage key={stage} stage={stage} past={index <= furthest} now={stage === command.state} at={reached.get(stage)} bad={bad && index === furthest} />
      ))}
    </ol>
  );
}

interface StageProps {
  stage: CommandState;
  past: boolean;
  now: boolean;
  at: string | undefined;
  bad: boolean;
}

function Stage({ stage, past, now, at, bad }: StageProps) {
  const state = bad ? "bad" : now && stage !== "completed" ? "now" : past ? "past" : "ahead";
  const mark = { bad: "✕", now: "●", past: "✓", ahead: "" }[state];
  return (
    <li className={`stage stage-${state}`} title={at === undefined ? stage : `${stage} at ${formatDateTime(at)} UTC`} aria-current={now ? "step" : undefined}>
      <span className="stage-dot" aria-hidden="true">
        {mark}
      </span>
      <span className="stage-name">{stage}</span>
      <span className="stage-time">{at === undefined ? "" : formatTime(at)}</span>
    </li>
  );
}
