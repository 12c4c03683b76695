/** The files on board, as the spacecraft last reported them, and asking for one. */

import type { OnboardFiles } from "../../contract/files";
import { covers, type User } from "../../contract/session";
import { formatOctets } from "../../lib/files";
import { formatDateTime } from "../../lib/time";
import { useConsole } from "../../state/console";
import { type Reading, useWork } from "../../state/hooks";
import { Notice } from "../common/Notice";

interface ListProps {
  satellite: string;
  reading: Reading<OnboardFiles>;
  user: User;
  onDone: (words: string) => void;
}

export function OnboardList({ satellite, reading, user, onDone }: ListProps) {
  const { client } = useConsole();
  const work = useWork();
  const may = covers(user.role, "operator");
  const listed = reading.value;
  const request = (name: string): void =>
    void work.run(async () => {
      const made = await client.requestFile(satellite, name);
      const contact = made.stack.contacts[0];
      onDone(`Asked for ${name}: it waits for approval, and its command goes up ${contact === undefined ? "in the next contact" : `through ${contact.station} from ${formatDateTime(contact.start)} UTC`}.`);
    });
  return (
    <section className="block" aria-labelledby="on-board-title">
      <div className="block-head">
        <h3 id="on-board-title">On board of {satellite}</h3>
        {listed?.reported_at != null && (
          <span className="muted">
            as of {formatDateTime(listed.reported_at)} UTC · {formatOctets(listed.free_octets ?? 0)} free
          </span>
        )}
      </div>
      {reading.error !== null && <Notice tone="bad">{reading.error}</Notice>}
      {work.error !== null && <Notice tone="bad">Not asked for: {work.error}</Notice>}
      {listed !== null && listed.reported_at === null && <p className="empty">It has not reported its files yet: the telecommand LIST_FILES asks for them.</p>}
      {listed !== null && listed.reported_at !== null && listed.files.length === 0 && <p className="empty">No file is on board.</p>}
      {listed !== null && listed.files.length > 0 && (
        <table className="table">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col" className="right">
                Size
              </th>
              <th scope="col" />
            </tr>
          </thead>
          <tbody>
            {listed.files.map((one) => (
              <tr key={one.name} data-testid="on-board-file">
                <td>
                  <code>{one.name}</code>
                </td>
                <td className="right">{formatOctets(one.octets)}</td>
                <td className="right">
                  <button
                    className="button small"
                    data-testid="request-file"
                    disabled={!may || work.busy}
                    title={may ? undefined : "Asking for a file needs the operator role"}
                    onClick={() => request(one.name)}
                  >
                    Downlink
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
