/** Files: what is on board, what goes up and comes down and how far it is, and offering a file. */

import { useState } from "react";
import { useConsole } from "../../state/console";
import { useLive, useReading, useView } from "../../state/hooks";
import { Notice } from "../common/Notice";
import { OnboardList } from "./OnboardList";
import { TransferRow } from "./TransferRow";
import { UploadForm } from "./UploadForm";

export function FilesPanel() {
  const mission = useView((view) => view.mission);
  const user = useView((view) => view.user);
  const [chosen, setChosen] = useState("");
  const satellite = chosen !== "" ? chosen : (mission?.spacecraft[0]?.id ?? "");
  if (user === null || satellite === "") return <p className="muted">Loading the mission…</p>;
  return (
    <div className="panel">
      <div className="block-head">
        <h3>Files</h3>
        <label className="check">
          Satellite{" "}
          <select value={satellite} data-testid="files-satellite" onChange={(event) => setChosen(event.target.value)}>
            {mission?.spacecraft.map((one) => (
              <option key={one.id}>{one.id}</option>
            ))}
          </select>
        </label>
      </div>
      <FilesOf key={satellite} satellite={satellite} />
    </div>
  );
}

function FilesOf({ satellite }: { satellite: string }) {
  const { client } = useConsole();
  const connection = useLive((live) => live.connection);
  const changes = useLive((live) => live.changes.files);
  const user = useView((view) => view.user);
  const [outcome, setOutcome] = useState<string | null>(null);
  const transfers = useReading(() => client.transfers(satellite), [connection, changes]);
  const onBoard = useReading(() => client.onBoard(satellite), [connection, changes]);
  if (user === null) return null;
  const done = (words: string): void => {
    setOutcome(words);
    transfers.again();
  };
  return (
    <>
      {connection !== "open" && <Notice tone="warn">Not connected: what is shown may be old.</Notice>}
      {outcome !== null && (
        <Notice tone="good" onClose={() => setOutcome(null)}>
          {outcome}
        </Notice>
      )}
      <section className="block" aria-labelledby="transfers-title">
        <div className="block-head">
          <h3 id="transfers-title">Transfers</h3>
        </div>
        {transfers.error !== null && <Notice tone="bad">{transfers.error}</Notice>}
        {transfers.value === null && transfers.error === null && <p className="muted">Loading transfers…</p>}
        {transfers.value?.length === 0 && <p className="empty">Nothing has gone up or come down.</p>}
        <ul className="waiting">
          {transfers.value?.map((one) => (
            <TransferRow key={one.transfer_id} transfer={one} user={user} onChanged={transfers.again} />
          ))}
        </ul>
      </section>
      <OnboardList satellite={satellite} reading={onBoard} user={user} onDone={done} />
      <UploadForm satellite={satellite} user={user} onDone={done} />
    </>
  );
}
