/** Contacts that a spacecraft's commands go up through, and giving one up. */

import { useState } from "react";
import type { Booking } from "../../contract/commanding";
import { covers, type User } from "../../contract/session";
import { formatTime } from "../../lib/time";
import { useConsole } from "../../state/console";
import { useMissionNow, useReading } from "../../state/hooks";
import { Notice } from "../common/Notice";
import { ReasonDialog } from "../common/ReasonDialog";

export function Contacts({ satellite, user, stamp }: { satellite: string; user: User; stamp: string }) {
  const { client } = useConsole();
  const now = useMissionNow(5000);
  const contacts = useReading(client.contacts, [stamp]);
  const [losing, setLosing] = useState<Booking | null>(null);
  const shown = unique((contacts.value ?? []).filter((one) => one.satellite === satellite));
  const may = covers(user.role, "operator");
  return (
    <section className="block" aria-labelledby="contacts-title">
      <div className="block-head">
        <h3 id="contacts-title">Contacts of {satellite}</h3>
      </div>
      {contacts.error !== null && <Notice tone="bad">{contacts.error}</Notice>}
      {shown.length === 0 && <p className="empty">No commands wait for a contact.</p>}
      <ul className="waiting">
        {shown.map((one) => (
          <li key={`${one.station}-${one.start}`} className="contact-row" data-testid="contact-row" data-lost={one.lost_reason !== ""}>
            <strong>{one.station}</strong>
            <span>
              {formatTime(one.start, now ?? one.start)} to {formatTime(one.end, one.start)} UTC
            </span>
            {one.lost_reason === "" ? (
              <button className="button small danger" disabled={!may} title={may ? undefined : "Giving up a contact needs the operator role"} onClick={() => setLosing(one)}>
                Give it up…
              </button>
            ) : (
              <span className="bad-text">✕ lost: {one.lost_reason}</span>
            )}
          </li>
        ))}
      </ul>
      {losing !== null && (
        <ReasonDialog
          title={`Give up the contact with ${losing.station}`}
          verb="Give it up"
          danger
          order={async (reason) => {
            await client.loseContact(losing, reason);
            contacts.again();
          }}
          onClose={() => setLosing(null)}
        >
          <p>Nothing more leaves through it. Its commands take the next contact that serves them, or expire and say why.</p>
        </ReasonDialog>
      )}
    </section>
  );
}

/** A contact that several plans use is one. */
function unique(bookings: readonly Booking[]): Booking[] {
  return [...new Map(bookings.map((one) => [`${one.station}-${one.start}`, one])).values()];
}
