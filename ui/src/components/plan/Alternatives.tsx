/** Other ways to the end of a plan, side by side, and how the search for them went: none found is not a failed search. */

import { useEffect, useState } from "react";
import type { Alternative, AlternativesAnswer, MissionPlan } from "../../contract/plan";
import { differenceOf } from "../../lib/alternatives";
import { useConsole } from "../../state/console";
import { useLive, useReading } from "../../state/hooks";
import { Notice } from "../common/Notice";

const AGAIN_MS = 2000;
type Units = Readonly<Record<string, string>>; // of the plan's objectives, by name

export function Alternatives({ plan }: { plan: MissionPlan }) {
  const { client } = useConsole();
  const connection = useLive((live) => live.connection);
  const [looks, setLooks] = useState(0);
  const found = useReading(() => client.alternatives(plan.plan_id), [plan.plan_id, plan.revision, connection, looks]);
  const state = found.value?.state;
  const units = Object.fromEntries(plan.objectives.map((one) => [one.name, one.unit]));
  useEffect(() => {
    if (state !== "searching") return;
    const timer = setTimeout(() => setLooks(looks + 1), AGAIN_MS);
    return () => clearTimeout(timer);
  }, [state, looks]);
  return (
    <section className="block" aria-labelledby="alternatives-title" data-testid="alternatives" data-state={state}>
      <div className="block-head">
        <h3 id="alternatives-title">Alternatives</h3>
      </div>
      {found.error !== null && <Notice tone="bad">{found.error}</Notice>}
      {found.value !== null && <Outcome answer={found.value} units={units} />}
    </section>
  );
}

const WORDS: Readonly<Record<AlternativesAnswer["state"], string>> = {
  not_sought: "Nobody has looked for other ways to this end.",
  searching: "Looking for other ways to this end…",
  found: "",
  none: "Searched: there is no other way that is worth comparing.",
  failed: "The search failed, so that there may be other ways:",
};

function Outcome({ answer, units }: { answer: AlternativesAnswer; units: Units }) {
  if (answer.state === "failed") {
    return (
      <Notice tone="warn">
        {WORDS.failed} {answer.reason}
      </Notice>
    );
  }
  if (answer.alternatives.length === 0) return <p className="muted">{WORDS[answer.state]}</p>;
  return (
    <ul className="alternatives" aria-label="Each compared with this plan">
      {answer.alternatives.map((one, index) => (
        <Way key={index} alternative={one} units={units} />
      ))}
    </ul>
  );
}

/** One way: what differs from this plan, what does not, and whether it can be flown as it stands. */
function Way({ alternative, units }: { alternative: Alternative; units: Units }) {
  const blocking = alternative.blocking_codes ?? [];
  const all = Object.entries(alternative.differences);
  const different = all.filter(([, value]) => value !== 0);
  const same = all.filter(([, value]) => value === 0).map(([name]) => differenceOf(name, 0, units).name);
  return (
    <li className="alternative" data-testid="alternative">
      <p>
        <strong>{alternative.description}</strong>{" "}
        <span className={blocking.length === 0 ? "badge badge-good" : "badge badge-bad"}>
          {blocking.length === 0 ? "✓ can be flown as it stands" : `✕ blocked by ${blocking.join(", ")}`}
        </span>
      </p>
      <dl className="numbers">
        {different.map(([name, value]) => {
          const difference = differenceOf(name, value, units);
          return (
            <div key={name}>
              <dt>{difference.name}</dt>
              <dd>{difference.value}</dd>
            </div>
          );
        })}
      </dl>
      <p className="muted">
        {different.length === 0 ? "Nothing that was compared differs." : "+ is more than this plan has, − is less."} {same.length > 0 && `The same: ${same.join(", ")}.`}
      </p>
    </li>
  );
}
