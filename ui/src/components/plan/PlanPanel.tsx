/** The plan under review: what would be done, what physics says of it, and the decision. */

import { useState } from "react";
import type { TaggedPlan } from "../../api/client";
import type { MissionPlan, PlanState, Repair } from "../../contract/plan";
import { formatQuantity } from "../../lib/format";
import { useConsole } from "../../state/console";
import { type LoadedPlan, useLive, usePlan, useView, useWork } from "../../state/hooks";
import { Notice } from "../common/Notice";
import { Alternatives } from "./Alternatives";
import { ActivityDetails } from "./ActivityDetails";
import { Decision } from "./Decision";
import { Findings } from "./Findings";
import { PlanHeader } from "./PlanHeader";
import { Profiles } from "./Profiles";
import { Timeline } from "./Timeline";

export function PlanPanel() {
  const planId = useView((view) => view.planId);
  const plan = usePlan(planId);
  return (
    <div className="plan">
      <PlanPicker planId={planId} opened={plan.loaded?.plan ?? null} />
      {plan.error !== null && <Notice tone="bad">{plan.error}</Notice>}
      {planId === null && <NoPlan />}
      {planId !== null && plan.loaded === null && plan.error === null && <p className="muted">Loading the plan…</p>}
      {plan.loaded !== null && <PlanView loaded={plan.loaded} plan={plan} />}
    </div>
  );
}

function NoPlan() {
  const any = useLive((live) => Object.keys(live.plans).length > 0);
  return (
    <div className="empty-state">
      <h3>No plan chosen</h3>
      <p>
        {any
          ? "Choose a plan above, or make a request: its plan opens here when it waits for review."
          : "Make a request in the conversation. Its plan opens here with a timeline, findings and resource profiles when it waits for review."}
      </p>
    </div>
  );
}

function PlanPicker({ planId, opened }: { planId: string | null; opened: MissionPlan | null }) {
  const plans = useLive((live) => live.plans);
  const { openPlan } = useConsole();
  const list = Object.values(plans).sort((one, other) => other.updated_at.localeCompare(one.updated_at));
  if (list.length === 0) return null;
  // without an option of its own, the browser would show another plan's name above this one
  const listed = planId === null || list.some((one) => one.plan_id === planId);
  return (
    <label className="plan-picker">
      <span>Plan</span>
      <select value={planId ?? ""} onChange={(event) => openPlan(event.target.value)} data-testid="plan-picker">
        <option value="" disabled>
          Choose a plan
        </option>
        {!listed && <option value={planId}>{opened === null ? planId : optionText(opened.state, opened.intent.text)}</option>}
        {list.map((one) => (
          <option key={one.plan_id} value={one.plan_id}>
            {optionText(one.state, one.intent)}
          </option>
        ))}
      </select>
    </label>
  );
}

function optionText(state: PlanState, intent: string): string {
  return `${state} · ${intent.length > 60 ? `${intent.slice(0, 59)}…` : intent}`;
}

function PlanView({ loaded, plan }: { loaded: TaggedPlan; plan: LoadedPlan }) {
  const { client, view } = useConsole();
  const chosen = useView((state) => state.activityId);
  const [at, setAt] = useState<number | null>(null);
  const work = useWork();
  const { plan: mission, revisionHash } = loaded;
  const activity = mission.activities.find((one) => one.activity_id === chosen) ?? null;

  const edit = (changes: Repair[]): Promise<boolean> =>
    work.run(async () => plan.put(await client.edit(mission.plan_id, revisionHash, changes)));
  const choose = (activityId: string | null): void => view.dispatch({ activityId });

  return (
    <>
      <PlanHeader plan={mission} revisionHash={revisionHash} />
      <Decision loaded={loaded} plan={plan} />
      {work.error !== null && (
        <Notice tone="bad" onClose={work.clear}>
          {work.error}
        </Notice>
      )}
      <Timeline plan={mission} chosen={chosen} onChoose={choose} at={at} onAt={setAt} />
      {activity !== null && (
        <ActivityDetails
          key={activity.activity_id}
          plan={mission}
          activity={activity}
          busy={work.busy}
          onEdit={edit}
          onClose={() => choose(null)}
        />
      )}
      <Findings plan={mission} busy={work.busy} onRepair={(repair) => void edit([repair])} onChoose={choose} />
      <Objectives plan={mission} />
      <Alternatives plan={mission} />
      <Profiles plan={mission} at={at} onAt={setAt} />
    </>
  );
}

function Objectives({ plan }: { plan: MissionPlan }) {
  if (plan.objectives.length === 0) return null;
  return (
    <section className="block" aria-labelledby="objectives-title">
      <h3 id="objectives-title">Objectives</h3>
      <ul className="objectives">
        {plan.objectives.map((one) => (
          <ObjectiveRow key={one.name} objective={one} />
        ))}
      </ul>
    </section>
  );
}

function ObjectiveRow({ objective }: { objective: MissionPlan["objectives"][number] }) {
  const { name, value, unit, bound, gap } = objective;
  const quantity = unit === "1" ? "soc" : name;
  // A gap is simulated: less than a millionth of the bound is met.
  const met = bound === null || gap === null ? null : gap <= Math.abs(bound) * 1e-6;
  return (
    <li>
      <span>{name}</span>
      <strong>{formatQuantity(quantity, value, unit)}</strong>
      <span className="muted">{bound === null ? "" : `of ${formatQuantity(quantity, bound, unit)}`}</span>
      {met !== null && <span className={met ? "badge badge-good" : "badge badge-warn"}>{met ? "✓ met" : "! not met"}</span>}
    </li>
  );
}
