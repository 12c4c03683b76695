/** The tamper-evident log of everything that changed, and the proof that it is whole. */

import { useCallback, useEffect, useState } from "react";
import type { AuditEvent, AuditVerdict } from "../contract/mission";
import { shortHash } from "../lib/format";
import { formatDateTime } from "../lib/time";
import { useConsole } from "../state/console";
import { useView, useWork } from "../state/hooks";
import { Notice } from "./common/Notice";

const PAGE = 200; // the longest page that the service gives

export function AuditPanel() {
  const { client, view } = useConsole();
  const subject = useView((state) => state.auditSubject);
  const [events, setEvents] = useState<AuditEvent[]>([]);
  const [more, setMore] = useState(false);
  const [verdict, setVerdict] = useState<AuditVerdict | null>(null);
  const reading = useWork();
  const verifying = useWork();
  const { run } = reading;
  const read = useCallback(
    (after: number) =>
      run(async () => {
        const page = await client.audit(after, subject);
        setEvents((before) => [...before.filter((one) => one.sequence <= after), ...page.items]);
        setMore(page.items.length === PAGE);
      }),
    [client, run, subject],
  );
  useEffect(() => {
    setEvents([]);
    void read(0);
  }, [read]);
  const newestFirst = [...events].reverse();
  return (
    <div className="panel">
      <div className="block-head">
        <h3>Audit log</h3>
        <span className="row">
          <button className="button small" disabled={reading.busy} onClick={() => void read(events.at(-1)?.sequence ?? 0)}>
            {more ? "Read more" : "Refresh"}
          </button>
          <button
            className="button small"
            data-testid="audit-verify"
            disabled={verifying.busy}
            onClick={() => void verifying.run(async () => setVerdict(await client.verifyAudit()))}
          >
            {verifying.busy ? "Verifying…" : "Verify the chain"}
          </button>
        </span>
      </div>
      {subject !== null && (
        <p className="row" data-testid="audit-subject">
          Events of <code>{subject}</code>
          <button className="text-button" onClick={() => view.dispatch({ auditSubject: null })}>
            Show all events
          </button>
        </p>
      )}
      {reading.error !== null && <Notice tone="bad">{reading.error}</Notice>}
      {verifying.error !== null && <Notice tone="bad">{verifying.error}</Notice>}
      {verdict !== null && <Verdict verdict={verdict} />}
      <ul className="audit" aria-label="Events, newest first">
        {newestFirst.map((one) => (
          <li key={one.sequence}>
            <details>
              <summary>
                <span className="muted">{one.sequence}</span> <time>{formatDateTime(one.at_utc)}</time> <strong>{one.kind}</strong>{" "}
                <span>{one.subject}</span> <span className="muted">{one.actor}</span>
              </summary>
              <pre>{JSON.stringify(one.payload, null, 2)}</pre>
              <p className="muted">
                hash <code title={one.hash}>{shortHash(one.hash)}</code> follows <code title={one.previous_hash}>{shortHash(one.previous_hash)}</code>
              </p>
            </details>
          </li>
        ))}
      </ul>
      {events.length === 0 && !reading.busy && reading.error === null && <p className="empty">Nothing has happened yet.</p>}
    </div>
  );
}

function Verdict({ verdict }: { verdict: AuditVerdict }) {
  if (verdict.ok) return <Notice tone="good">The chain of {verdict.events} events is whole: nothing altered, removed or inserted.</Notice>;
  return (
    <Notice tone="bad">
      The chain is broken:
      <ul>
        {verdict.violations.map((one) => (
          <li key={one.sequence}>
            event {one.sequence}: {one.problem}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
