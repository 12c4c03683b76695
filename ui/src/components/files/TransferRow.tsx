/** One transfer: where it goes, how far it is, what it waits for or why it failed, and giving it up. */

import { useState } from "react";
import type { Transfer } from "../../contract/files";
import { covers, type User } from "../../contract/session";
import { formatOctets, goesOn, shareOf, stateOf } from "../../lib/files";
import { formatDateTime, readableTimes } from "../../lib/time";
import { useConsole } from "../../state/console";
import { ClassBadge } from "../common/ClassBadge";
import { ReasonDialog } from "../common/ReasonDialog";

interface RowProps {
  transfer: Transfer;
  user: User;
  onChanged: () => void;
}

export function TransferRow({ transfer, user, onChanged }: RowProps) {
  const { client, view } = useConsole();
  const [cancelling, setCancelling] = useState(false);
  const may = covers(user.role, "operator");
  const state = stateOf(transfer);
  const up = transfer.direction === "up";
  const name = transfer.name ?? "name not known yet";
  return (
    <li className="waiting-row" data-testid="transfer" data-transfer={transfer.transfer_id} data-state={transfer.state}>
      <span className="waiting-head">
        <span aria-label={up ? "to the spacecraft" : "from the spacecraft"} title={up ? "to the spacecraft" : "from the spacecraft"}>
          {up ? "↑" : "↓"}
        </span>
        <strong>{name}</strong>
        {transfer.command_class !== null && <ClassBadge name={transfer.command_class} />}
        {!transfer.acknowledged && (
          <span className="tag" title="Class 1: what is lost is not sent again">
            unacknowledged
          </span>
        )}
        <span className={`waiting-count ${state.tone === "plain" ? "" : `${state.tone}-text`}`}>
          {state.mark} {state.words}
        </span>
      </span>
      <Progress transfer={transfer} name={name} />
      {transfer.detail !== "" && transfer.state !== "waiting" && (
        <span className={transfer.state === "failed" ? "bad-text" : "muted"} data-testid="transfer-detail">
          {readableTimes(transfer.detail)}
        </span>
      )}
      {transfer.ended_utc !== null && <span className="muted">ended {formatDateTime(transfer.ended_utc)} UTC</span>}
      <span className="edit-row">
        {transfer.state === "waiting" && (
          <button className="button small" onClick={() => view.dispatch({ tab: "approvals" })}>
            Open the approvals
          </button>
        )}
        {(up || transfer.state === "delivered") && (
          <a className="button small" href={client.contentOf(transfer.transfer_id)} download data-testid="save-file">
            {up ? "Save what was offered" : "Save the file"}
          </a>
        )}
        {goesOn(transfer) && (
          <button className="button small danger" disabled={!may} title={may ? undefined : "Giving a transfer up needs the operator role"} onClick={() => setCancelling(true)}>
            Give it up…
          </button>
        )}
      </span>
      {cancelling && (
        <ReasonDialog
          title={`Give up ${name}`}
          verb="Give it up"
          danger
          order={async (reason) => {
            await client.cancelTransfer(transfer.transfer_id, reason);
            onChanged();
          }}
          onClose={() => setCancelling(false)}
        >
          <p>Nothing more of it {up ? "leaves" : "is taken in"}, and the {up ? "spacecraft forgets" : "ground forgets"} what it has of it.</p>
        </ReasonDialog>
      )}
    </li>
  );
}

function Progress({ transfer, name }: { transfer: Transfer; name: string }) {
  const share = shareOf(transfer);
  const words = `${formatOctets(transfer.done_octets)}${transfer.octets === null ? "" : ` of ${formatOctets(transfer.octets)}`}`;
  return (
    <span className="transfer-progress">
      <progress aria-label={`${name}: ${words}`} max={1} {...(share === null ? {} : { value: share })} />
      <span className="transfer-octets">{words}</span>
    </span>
  );
}
