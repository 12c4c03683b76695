/** One thing that waits: who asks, who is needed, how long it may still be approved, and what exactly it is. */

import { useState } from "react";
import { covers, type User } from "../../contract/session";
import type { InboxItem } from "../../lib/inbox";
import { countdown } from "../../lib/queue";
import { formatDateTime } from "../../lib/time";
import { useConsole } from "../../state/console";
import { ClassBadge } from "../common/ClassBadge";
import { ReasonDialog } from "../common/ReasonDialog";
import { ItemContent } from "./ItemContent";

const SOON_S = 900;
const TAKEN_BACK = new Set(["pending", "approved", "released"]);

interface CardProps {
  item: InboxItem;
  user: User;
  now: number | null;
  onDone: (words: string) => void;
}

export function InboxCard({ item, user, now, onDone }: CardProps) {
  const { openPlan, view } = useConsole();
  const [open, setOpen] = useState(false);
  const pending = item.state === "pending";
  return (
    <li className="inbox-card" data-testid="inbox-card" data-subject={item.subjectId} data-state={item.state}>
      <button className="inbox-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <span className="inbox-title">
          <ClassBadge name={item.commandClass} /> <strong>{item.title}</strong>
        </span>
        <span className="inbox-meta">
          <span>
            {item.kind} by {item.author}
            {item.kind !== "file" && ` · revision ${item.revision} · ${item.count} ${item.count === 1 ? "command" : "commands"}`}
          </span>
          {pending && item.expiresAt !== null && now !== null && <Expiry at={item.expiresAt} now={now} />}
          {!pending && <span className="badge">{item.state}</span>}
        </span>
      </button>
      <p className="inbox-needs" data-testid="inbox-needs">
        {pending && item.needs !== "" && (
          <>
            Still needed: <strong>{item.needs}</strong>.{" "}
          </>
        )}
        {pending && !item.mayApprove && item.whyNot !== "" && <span className="muted">Not you: {item.whyNot}</span>}
        {!pending && item.reason !== "" && <span className="muted">{item.reason}</span>}
      </p>
      {item.grants.length > 0 && (
        <ul className="approvals" aria-label="Approvals so far">
          {item.grants.map((one) => (
            <li key={one.by}>
              <span className="badge badge-good">✓ approved</span> by {one.by} ({one.role.replace("_", " ")}) at {formatDateTime(one.at)} UTC
              {one.comment !== "" && <>: “{one.comment}”</>}
            </li>
          ))}
        </ul>
      )}
      {open && <ItemContent item={item} user={user} onDone={onDone} />}
      <div className="edit-row">
        {!open && (
          <button className="button small" onClick={() => setOpen(true)} data-testid="inbox-open">
            {pending && item.mayApprove ? "Review and approve" : "Show what it is"}
          </button>
        )}
        <button className="button small" onClick={() => {
            if (item.kind === "plan") openPlan(item.subjectId);
            else view.dispatch(item.kind === "file" ? { tab: "files" } : { tab: "stacks", stackId: item.subjectId });
          }}>
          Open the {item.kind}
        </button>
        {item.kind !== "stack" && TAKEN_BACK.has(item.state) && <Revocations item={item} user={user} onDone={onDone} />}
      </div>
    </li>
  );
}

function Expiry({ at, now }: { at: string; now: number }) {
  const left = (Date.parse(at) - now) / 1000;
  const words = left <= 0 ? `! expired ${countdown(at, now)}` : `${left < SOON_S ? "! " : ""}expires ${countdown(at, now)}`;
  return (
    <span className={left < SOON_S ? "badge badge-warn" : "tag"} title={`${formatDateTime(at)} UTC`} data-testid="inbox-expiry">
      {words}
    </span>
  );
}

/** Taking one's own approval back, and for a flight director the whole request. */
function Revocations({ item, user, onDone }: Omit<CardProps, "now">) {
  const { client } = useConsole();
  const [asking, setAsking] = useState<"mine" | "all" | null>(null);
  const mine = item.grants.some((one) => one.by === user.username);
  const director = covers(user.role, "flight_director");
  const order = async (reason: string): Promise<void> => {
    const after = await client.revokeRequest(item.id, reason, asking === "all");
    onDone(asking === "all" ? `Revoked: the request is ${after.state}, and nothing more of it leaves.` : `Your approval is taken back; the request is ${after.state}.`);
  };
  return (
    <>
      {mine && (
        <button className="button small danger" data-testid="revoke-mine" onClick={() => setAsking("mine")}>
          Take my approval back…
        </button>
      )}
      {director && (
        <button className="button small danger" data-testid="revoke-all" onClick={() => setAsking("all")}>
          Revoke it all…
        </button>
      )}
      {asking !== null && (
        <ReasonDialog
          title={asking === "all" ? "Revoke this request" : "Take your approval back"}
          verb={asking === "all" ? "Revoke it" : "Take it back"}
          danger
          order={order}
          onClose={() => setAsking(null)}
        >
          <p>
            {asking === "all"
              ? item.kind === "file"
                ? "Everybody's approval ends with it: nothing more of the file leaves."
                : "Everybody's approval ends with it: commands that have not left never leave, and the plan is rejected."
              : "Until the first command has left, your approval can be taken back; what has not left then does not leave."}
          </p>
        </ReasonDialog>
      )}
    </>
  );
}
