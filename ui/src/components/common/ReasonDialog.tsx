/** Asks for the reason of an order, which goes on record with it. */

import { type ReactNode, useState } from "react";
import { useWork } from "../../state/hooks";
import { Dialog } from "./Dialog";
import { Notice } from "./Notice";

interface ReasonProps {
  title: string;
  /** The words of the button that gives the order. */
  verb: string;
  danger?: boolean;
  children?: ReactNode;
  order: (reason: string) => Promise<unknown>;
  onClose: () => void;
}

export function ReasonDialog({ title, verb, danger = false, children, order, onClose }: ReasonProps) {
  const [reason, setReason] = useState("");
  const work = useWork();
  const give = async (): Promise<void> => {
    if (await work.run(() => order(reason.trim()))) onClose();
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      footer={
        <>
          <button className="button" onClick={onClose}>
            Cancel
          </button>
          <button
            className={danger ? "button danger" : "button primary"}
            data-testid="reason-confirm"
            disabled={work.busy || reason.trim() === ""}
            onClick={() => void give()}
          >
            {work.busy ? "Sending…" : verb}
          </button>
        </>
      }
    >
      {children}
      <label className="field">
        Reason
        <textarea data-testid="reason" rows={2} maxLength={2000} required value={reason} onChange={(event) => setReason(event.target.value)} />
      </label>
      {work.error !== null && <Notice tone="bad">{work.error}</Notice>}
    </Dialog>
  );
}
