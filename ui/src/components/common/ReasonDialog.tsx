/** Asks for the words of an order, most often its reason, which go on record with it. */

import { type ReactNode, useState } from "react";
import { useWork } from "../../state/hooks";
import { Dialog } from "./Dialog";
import { Notice } from "./Notice";

interface ReasonProps {
  title: string;
  /** The words of the button that gives the order. */
  verb: string;
  danger?: boolean;
  /** What the words are; a reason where nothing else is said. */
  label?: string;
  initial?: string;
  /** Whether the order may be given without any. */
  optional?: boolean;
  /** What is still wrong with the order otherwise. */
  wrong?: string | null;
  children?: ReactNode;
  order: (reason: string) => Promise<unknown>;
  onClose: () => void;
}

export function ReasonDialog({ title, verb, danger = false, label = "Reason", initial = "", optional = false, wrong = null, children, order, onClose }: ReasonProps) {
  const [reason, setReason] = useState(initial);
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
            disabled={work.busy || wrong !== null || (!optional && reason.trim() === "")}
            onClick={() => void give()}
          >
            {work.busy ? "Sending…" : verb}
          </button>
        </>
      }
    >
      {children}
      <label className="field">
        {label}
        <textarea data-testid="reason" rows={2} maxLength={2000} required={!optional} value={reason} onChange={(event) => setReason(event.target.value)} />
      </label>
      {wrong !== null && <p className="muted">{wrong}</p>}
      {work.error !== null && <Notice tone="bad">{work.error}</Notice>}
    </Dialog>
  );
}
