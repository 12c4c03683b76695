/** Limits that stand in place of the mission database's: which, who wants them so, changing them, and putting them back. */

import { useState } from "react";
import type { LimitChange } from "../../contract/alarms";
import { covers, type User } from "../../contract/session";
import { formatDateTime } from "../../lib/time";
import { wordsOfBand } from "../../lib/telemetry";
import { useConsole } from "../../state/console";
import { useLive, useReading } from "../../state/hooks";
import { LevelBadge } from "../common/LevelBadge";
import { Notice } from "../common/Notice";
import { ReasonDialog } from "../common/ReasonDialog";
import { LimitsDialog } from "./LimitsDialog";

export function ChangedLimits({ user }: { user: User }) {
  const { client } = useConsole();
  const connection = useLive((live) => live.connection);
  const changes = useReading(client.limits, [connection]);
  const [editing, setEditing] = useState<{ satellite: string; parameter: string } | null>(null);
  const [restoring, setRestoring] = useState<LimitChange | null>(null);
  const may = covers(user.role, "planner");
  const why = may ? undefined : "Changing limits needs the planner role";
  return (
    <section className="block" aria-labelledby="limits-title">
      <div className="block-head">
        <h3 id="limits-title">Changed limits</h3>
        <button className="button small" data-testid="change-limits" disabled={!may} title={why} onClick={() => setEditing({ satellite: "", parameter: "" })}>
          Change limits…
        </button>
      </div>
      {changes.error !== null && <Notice tone="bad">{changes.error}</Notice>}
      {changes.value?.length === 0 && <p className="empty">All limits are those of the mission database.</p>}
      <ul className="waiting">
        {changes.value?.map((one) => (
          <li key={`${one.satellite}:${one.parameter}`} className="waiting-row" data-testid="limit-change">
            <span className="waiting-head">
              <strong>
                {one.satellite} {one.parameter}
              </strong>
              {one.bands.length === 0 && <span>no limits at all</span>}
              {one.bands.map((band) => (
                <span key={band.level} className="row">
                  <LevelBadge level={band.level} /> {wordsOfBand({ ...band, inside: false })}
                </span>
              ))}
            </span>
            <span className="muted">
              by {one.by}, {formatDateTime(one.at)} UTC, raised after {one.minimum_violations} in a row, cleared after {one.minimum_conformance ?? one.minimum_violations}: {one.reason}
            </span>
            <span className="edit-row">
              <button className="button small" disabled={!may} title={why} onClick={() => setEditing(one)}>
                Change…
              </button>
              <button className="button small" data-testid="restore-limits" disabled={!may} title={why} onClick={() => setRestoring(one)}>
                Put back…
              </button>
            </span>
          </li>
        ))}
      </ul>
      {editing !== null && <LimitsDialog of={editing} onDone={changes.again} onClose={() => setEditing(null)} />}
      {restoring !== null && (
        <ReasonDialog
          title={`Put the limits of ${restoring.satellite} ${restoring.parameter} back`}
          verb="Put them back"
          order={async (reason) => {
            await client.restoreLimits(restoring.satellite, restoring.parameter, reason);
            changes.again();
          }}
          onClose={() => setRestoring(null)}
        >
          <p>The limits of the mission database hold again from the next packet on.</p>
        </ReasonDialog>
      )}
    </section>
  );
}
