/** Says at once, on every page, that a contact was lost. */

import { formatTime } from "../../lib/time";
import { useConsole } from "../../state/console";
import { useLive } from "../../state/hooks";
import { Notice } from "../common/Notice";

export function LostContacts() {
  const lost = useLive((live) => live.lost);
  const { live } = useConsole();
  if (lost.length === 0) return null;
  return (
    <div className="announcements" data-testid="lost-contact">
      {lost.map((one) => (
        <Notice key={`${one.satellite}-${one.station}-${one.start}-${one.at}`} tone="bad" onClose={() => live.dispatch({ type: "lost-seen", contact: one })}>
          <strong>
            Contact lost: {one.satellite} with {one.station}
          </strong>
          , {formatTime(one.start, one.at)} to {formatTime(one.end, one.at)} UTC: {one.reason} ({one.by.replace("user:", "")}). Its commands take the
          next contact that serves them, or expire and say why.
        </Notice>
      ))}
    </div>
  );
}
