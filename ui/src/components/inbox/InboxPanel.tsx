/** The approval inbox: what this person can approve now, what waits for others, and what was decided lately. */

import { useState } from "react";
import type { ApprovalRequest, Definitions } from "../../contract/commanding";
import type { StackRecord } from "../../contract/stack";
import type { User } from "../../contract/session";
import { type InboxItem, itemOfRequest, itemOfStack } from "../../lib/inbox";
import { useConsole } from "../../state/console";
import { useLive, useMissionNow, useReading, useView } from "../../state/hooks";
import { Notice } from "../common/Notice";
import { InboxCard } from "./InboxCard";

const DECIDED = ["approved", "released", "expired", "revoked", "superseded"];
const LATELY = 12;
const REFRESH_S = 60; // mission time: requests expire without an order

interface Found {
  pending: ApprovalRequest[];
  decided: ApprovalRequest[];
  stacks: StackRecord[];
  definitions: Definitions;
}

export function InboxPanel() {
  const user = useView((view) => view.user);
  return user === null ? null : <Inbox user={user} />;
}

function Inbox({ user }: { user: User }) {
  const { client } = useConsole();
  const connection = useLive((live) => live.connection);
  const changes = useLive((live) => live.changes.approvals);
  const plans = useLive((live) => live.plans);
  const now = useMissionNow();
  const slot = now === null ? 0 : Math.floor(now / 1000 / REFRESH_S);
  const [outcome, setOutcome] = useState<string | null>(null);
  const found = useReading<Found>(async () => {
    const [pending, decided, stacks, definitions] = await Promise.all([client.approvals(false, ["pending"]), client.approvals(false, DECIDED), client.stacks(), client.definitions()]);
    return { pending, decided, stacks, definitions };
  }, [connection, changes, slot]);
  const done = (words: string): void => {
    setOutcome(words);
    found.again();
  };
  const value = found.value;
  const waiting = value === null ? [] : waitingItems(value, user, plans);
  const lately =
    value === null
      ? []
      : [...value.decided].sort((one, other) => Date.parse(other.opened_at) - Date.parse(one.opened_at)).slice(0, LATELY).map((one) => itemOfRequest(one, plans[one.subject_id]));
  const mine = waiting.filter((one) => one.mayApprove);
  const others = waiting.filter((one) => !one.mayApprove);
  return (
    <div className="panel" data-testid="inbox">
      {found.error !== null && <Notice tone="bad">{found.error}</Notice>}
      {connection !== "open" && <Notice tone="warn">Not connected: what is shown may be old.</Notice>}
      {outcome !== null && (
        <Notice tone="good" onClose={() => setOutcome(null)}>
          {outcome}
        </Notice>
      )}
      {value === null && found.error === null && <p className="muted">Loading what waits…</p>}
      {value !== null && (
        <>
          <Section title="You can approve" empty="Nothing waits for you." items={mine} user={user} now={now} onDone={done} />
          <Section title="Waits for others" empty="Nothing waits for anybody else." items={others} user={user} now={now} onDone={done} />
          {lately.length > 0 && <Section title="Decided lately" empty="" items={lately} user={user} now={now} onDone={done} />}
        </>
      )}
    </div>
  );
}

function waitingItems(found: Found, user: User, plans: Readonly<Record<string, Parameters<typeof itemOfRequest>[1]>>): InboxItem[] {
  const items = [
    ...found.pending.map((one) => itemOfRequest(one, plans[one.subject_id])),
    ...found.stacks.filter((one) => one.state === "draft").map((one) => itemOfStack(one, user, found.definitions.commands)),
  ];
  return items.sort((one, other) => Date.parse(one.expiresAt ?? "9999-01-01") - Date.parse(other.expiresAt ?? "9999-01-01"));
}

interface SectionProps {
  title: string;
  empty: string;
  items: InboxItem[];
  user: User;
  now: number | null;
  onDone: (words: string) => void;
}

function Section({ title, empty, items, user, now, onDone }: SectionProps) {
  const id = `inbox-${title.toLowerCase().replaceAll(" ", "-")}`;
  return (
    <section aria-labelledby={id} data-testid={id}>
      <div className="block-head">
        <h3 id={id}>
          {title} <span className="count">{items.length}</span>
        </h3>
      </div>
      {items.length === 0 && <p className="empty">{empty}</p>}
      <ul className="inbox">
        {items.map((item) => (
          <InboxCard key={`${item.kind}-${item.id}`} item={item} user={user} now={now} onDone={onDone} />
        ))}
      </ul>
    </section>
  );
}
