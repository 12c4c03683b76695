/** One person's yes to exactly the content of the hash above it. */

import { useState } from "react";
import { ApiError } from "../../api/client";
import type { MissionPlan } from "../../contract/plan";
import { shortHash } from "../../lib/format";
import type { InboxItem } from "../../lib/inbox";
import { useConsole } from "../../state/console";
import { useWork } from "../../state/hooks";
import { Notice } from "../common/Notice";
import { UnknownFindings } from "../plan/UnknownFindings";

interface ConsentProps {
  item: InboxItem;
  hash: string;
  plan: MissionPlan | null;
  /** Findings that nobody could compute; each is accepted by name. */
  unknown: string[];
  /** Whether it is other than what this person saw last: it may have changed under the pointer. */
  changed: boolean;
  onDone: (words: string) => void;
  onFailed: () => void;
}

/** What to do about a refusal, by its code. */
const NEXT: Readonly<Record<string, string>> = {
  "AUT-003": "Another person has to approve it.",
  "AUT-004": "Open it and check it again to ask anew.",
  "revision-changed": "Look at what has changed, then approve the new revision.",
};

export function ConsentForm({ item, hash, plan, unknown, changed, onDone, onFailed }: ConsentProps) {
  const { client } = useConsole();
  const [comment, setComment] = useState("");
  const [accepted, setAccepted] = useState<ReadonlySet<string>>(new Set());
  const [next, setNext] = useState("");
  const work = useWork();
  const [looked, setLooked] = useState(!changed);
  const complete = looked && unknown.every((code) => accepted.has(code));
  const approve = async (): Promise<void> => {
    const ok = await work.run(async () => {
      try {
        if (item.kind === "stack") {
          const record = await client.approveStack(item.id, hash, comment);
          onDone(record.state === "approved" ? "Approved: the stack may be started." : `Your approval is recorded. ${record.reason}`);
        } else {
          const after = await client.approveRequest(item.id, hash, comment, [...accepted]);
          const left = after.missing.map((one) => one.replace("_", " ")).join(" and ");
          onDone(after.state === "pending" ? `Your approval is recorded; still needed: ${left}.` : item.kind === "file" ? "Approved: the file leaves in the next contact." : "Approved: its commands are on their way.");
        }
      } catch (reason) {
        setNext(reason instanceof ApiError ? (NEXT[reason.problem.code ?? ""] ?? "") : "");
        throw reason;
      }
    });
    if (!ok) onFailed();
  };
  return (
    <div className="consent">
      <UnknownFindings codes={unknown} plan={plan} accepted={accepted} onChange={setAccepted} />
      {changed && (
        <label className="check">
          <input type="checkbox" data-testid="looked" checked={looked} onChange={(event) => setLooked(event.target.checked)} />I have looked at what has changed
        </label>
      )}
      <label className="field">
        Comment (optional)
        <input maxLength={2000} value={comment} onChange={(event) => setComment(event.target.value)} data-testid="consent-comment" />
      </label>
      <div className="row">
        <button className="button primary" data-testid="consent" disabled={work.busy || !complete} onClick={() => void approve()}>
          {work.busy ? "Approving…" : `Approve exactly this (${shortHash(hash)})`}
        </button>
        {!complete && <span className="muted">{looked ? "Accept each unknown finding first." : "Look at what has changed first."}</span>}
      </div>
      {work.error !== null && (
        <Notice tone="bad">
          Not approved: {work.error} {next}
        </Notice>
      )}
    </div>
  );
}
