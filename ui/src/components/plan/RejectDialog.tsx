/** Rejecting a plan needs a reason: the author and the agent read it. */

import { useState } from "react";
import type { TaggedPlan } from "../../api/client";
import type { MissionPlan } from "../../contract/plan";
import { useConsole } from "../../state/console";
import { useWork } from "../../state/hooks";
import { Dialog } from "../common/Dialog";
import { Notice } from "../common/Notice";

interface RejectProps {
  plan: MissionPlan;
  onClose: () => void;
  onDone: (rejected: TaggedPlan) => void;
}

export function RejectDialog({ plan, onClose, onDone }: RejectProps) {
  const { client } = useConsole();
  const [reason, setReason] = useState("");
  const work = useWork();
  const reject = (): void => void work.run(async () => onDone(await client.reject(plan.plan_id, reason.trim())));
  return (
    <Dialog
      title="Reject this plan"
      onClose={onClose}
      footer={
        <>
          <button className="button" onClick={onClose}>
            Cancel
          </button>
          <button className="button danger" data-testid="reject-confirm" disabled={work.busy || reason.trim() === ""} onClick={reject}>
            {work.busy ? "Rejecting…" : "Reject the plan"}
          </button>
        </>
      }
    >
      <p>Nothing of this plan will be sent. To have it changed instead, write to the agent in the conversation.</p>
      <label className="field">
        Reason
        <textarea
          data-testid="reject-reason"
          rows={3}
          maxLength={2000}
          required
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      </label>
      {work.error !== null && <Notice tone="bad">{work.error}</Notice>}
    </Dialog>
  );
}
