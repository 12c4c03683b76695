/** A tool call: what was asked, what came back, and where each argument came from. */

import { useState } from "react";
import type { ToolResult } from "../../contract/events";
import type { ArgumentOrigin } from "../../contract/plan";
import { formatElapsed, formatValue } from "../../lib/format";
import { readableTimes } from "../../lib/time";
import type { ToolCall } from "../../state/conversation";
import { useLive, useView } from "../../state/hooks";

export function ToolCard({ call }: { call: ToolCall }) {
  const [open, setOpen] = useState(false);
  const stored = useLive((live) => live.calls[call.id]);
  const result = call.result === null ? null : { ...call.result, ...stored };
  const state = result === null ? "running" : result.error ? "error" : "ok";
  const mark = { running: "◌", error: "✕", ok: "✓" }[state];
  return (
    <section className={`tool tool-${state}`} data-testid="tool-card" data-tool={call.tool} data-state={state}>
      <button className="tool-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span className="tool-mark" aria-hidden="true">
          {mark}
        </span>
        <span className="tool-name">{call.tool}</span>
        <span className="tool-summary">{summaryOf(result)}</span>
        {result?.seconds !== undefined && <span className="muted">{formatElapsed(result.seconds)}</span>}
        <span className="chevron" aria-hidden="true">
          {open ? "▾" : "▸"}
        </span>
      </button>
      {open && <ToolDetails call={call} result={result} />}
    </section>
  );
}

function summaryOf(result: ToolResult | null): string {
  if (result === null) return "running…";
  if (result.error) return result.error;
  const summary = result.output?.["summary"];
  return typeof summary === "string" ? readableTimes(summary) : "done";
}

function ToolDetails({ call, result }: { call: ToolCall; result: ToolResult | null }) {
  const origins = useView((view) => view.origins[call.id]);
  return (
    <div className="tool-body">
      <h4>Arguments</h4>
      <Facts facts={argumentsOf(call, result)} {...(origins === undefined ? {} : { origins })} />
      {result?.error && (
        <>
          <h4>Error {(result.error_code ?? result.code) && <code>{result.error_code ?? result.code}</code>}</h4>
          <p className="bad-text">{result.error}</p>
          {result.valid && <Facts facts={result.valid} />}
        </>
      )}
      {result?.output && (
        <>
          <h4>Result</h4>
          <Facts facts={result.output} />
        </>
      )}
    </div>
  );
}

function argumentsOf(call: ToolCall, result: ToolResult | null): Record<string, unknown> {
  if (result?.arguments !== undefined) return result.arguments;
  try {
    return JSON.parse(call.argumentsText) as Record<string, unknown>;
  } catch {
    return call.argumentsText === "" ? {} : { text: call.argumentsText };
  }
}

interface FactsProps {
  facts: Record<string, unknown>;
  origins?: Readonly<Record<string, ArgumentOrigin>>;
}

/** Names and values, one a row. */
export function Facts({ facts, origins = {} }: FactsProps) {
  const names = Object.keys(facts);
  if (names.length === 0) return <p className="muted">none</p>;
  return (
    <dl className="facts">
      {names.map((name) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            {readableTimes(formatValue(facts[name]))}
            {origins[name] !== undefined && (
              <span className={`origin origin-${origins[name].origin}`} title={origins[name].source}>
                {origins[name].origin}
              </span>
            )}
          </dd>
        </div>
      ))}
    </dl>
  );
}
