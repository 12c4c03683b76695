/** What exactly is to be approved: the hash, each command with its arguments, and what is new since one saw it. */

import { useEffect, useMemo, useState } from "react";
import type { MissionPlan } from "../../contract/plan";
import type { User } from "../../contract/session";
import { formatValue } from "../../lib/format";
import { type InboxItem, linesOfFile, linesOfPlan, linesOfStack } from "../../lib/inbox";
import { undecidedCodes } from "../../lib/review";
import { changesBetween, type CommandLine, type Seen, SeenStore } from "../../lib/seen";
import { readableTimes } from "../../lib/time";
import { useConsole } from "../../state/console";
import { useReading } from "../../state/hooks";
import { Notice } from "../common/Notice";
import { ConsentForm } from "./ConsentForm";

interface Content {
  hash: string;
  revision: number;
  lines: CommandLine[];
  plan: MissionPlan | null;
}

export function ItemContent({ item, user, onDone }: { item: InboxItem; user: User; onDone: (words: string) => void }) {
  const { client } = useConsole();
  const content = useReading<Content>(async () => {
    if (item.kind === "stack") {
      const { record, hash } = await client.stack(item.subjectId);
      return { hash, revision: record.stack.revision, lines: linesOfStack(record.stack), plan: null };
    }
    if (item.kind === "file") {
      return { hash: item.hash, revision: item.revision, lines: linesOfFile(await client.transfer(item.subjectId)), plan: null };
    }
    const { plan, revisionHash } = await client.plan(item.subjectId);
    return { hash: revisionHash, revision: plan.revision, lines: linesOfPlan(plan), plan };
  }, [item.subjectId, item.revision, item.state]);
  const { value } = content;
  if (content.error !== null) return <Notice tone="bad">{content.error}</Notice>;
  if (value === null) return <p className="muted">Loading its commands…</p>;
  const moved = value.revision !== item.revision;
  return (
    <div className="inbox-body">
      {moved && (
        <Notice tone="warn">
          It has changed: this request is for revision {item.revision}, and revision {value.revision} is shown. Approvals do not carry over.
        </Notice>
      )}
      <Revision key={value.hash} item={item} user={user} content={value} moved={moved} onDone={onDone} onFailed={content.again} />
    </div>
  );
}

interface RevisionProps {
  item: InboxItem;
  user: User;
  content: Content;
  moved: boolean;
  onDone: (words: string) => void;
  onFailed: () => void;
}

/** One content: what of it is new to this person, who has to have looked at that first, and the consent to it. */
function Revision({ item, user, content, moved, onDone, onFailed }: RevisionProps) {
  const store = useMemo(() => new SeenStore(user.username), [user.username]);
  const [before] = useState(() => store.of(item.subjectId));
  useEffect(() => {
    store.keep(item.subjectId, { hash: content.hash, revision: content.revision, lines: content.lines });
  }, [store, item.subjectId, content]);
  const changed = before !== null && before.hash !== content.hash;
  return (
    <>
      <Changes before={before} content={content} />
      <CommandLines lines={content.lines} />
      <p className="hash" title="SHA-256 over everything that an approval binds">
        Revision {content.revision}, <code data-testid="inbox-hash">{content.hash}</code>
      </p>
      {item.state === "pending" && item.mayApprove && !moved && (
        <ConsentForm
          item={item}
          hash={content.hash}
          plan={content.plan}
          unknown={content.plan === null ? [] : undecidedCodes(content.plan)}
          changed={changed}
          onDone={onDone}
          onFailed={onFailed}
        />
      )}
    </>
  );
}

/** What is different from what this person saw last. */
function Changes({ before, content }: { before: Seen | null; content: Content }) {
  if (before === null) return <p className="muted">You have not looked at it before in this browser.</p>;
  if (before.hash === content.hash) return <p className="muted">Nothing has changed since you looked at it last.</p>;
  const changes = changesBetween(before.lines, content.lines);
  return (
    <Notice tone="warn">
      <strong>Changed since you saw revision {before.revision}:</strong>
      {changes.length === 0 && " its commands are the same; something else of it is not."}
      <ul className="changes" data-testid="inbox-changes">
        {changes.map(({ kind, line, differences }) => (
          <li key={`${kind}-${line.key}`}>
            {{ added: "+ added", removed: "− removed", changed: "~ changed" }[kind]} <code>{line.command}</code> ({line.key})
            {differences.length > 0 && `: ${readableTimes(differences.join(", "))}`}
          </li>
        ))}
      </ul>
    </Notice>
  );
}

function CommandLines({ lines }: { lines: readonly CommandLine[] }) {
  if (lines.length === 0) return <p>It has no commands.</p>;
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label="Commands to be approved">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">Executes (UTC)</th>
            <th scope="col">Satellite</th>
            <th scope="col">Command and arguments</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.key} data-testid="inbox-line">
              <td>{readableTimes(line.when).replaceAll(" UTC", "").replace("/", " to ")}</td>
              <td>{line.satellite}</td>
              <td>
                <code>{line.command}</code>{" "}
                {Object.entries(line.arguments).map(([name, value]) => (
                  <span key={name} className="argument">
                    {name} <strong>{formatValue(value)}</strong>
                  </span>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
