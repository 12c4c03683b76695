/** Other ways to the end of a plan, side by side, and how the search for them went: none found is not a failed search. */

import { useEffect, useState } from "react";
import type { Alternative, AlternativesAnswer, MissionPlan } from "../../contract/plan";
import { differenceOf } from "../../lib/alternatives";
import { useConsole } from "../../state/console";
import { useLive, useReading } from "../../state/hooks";
import { Notice } from "../common/Notice";

const AGAIN_MS = 2000;

export function Alternatives({ plan }: { plan: MissionPlan }) {
  const { client } = useConsole();
  const connection = useLive((live) => live.connection);
  const [looks, setLooks] = useState(0);
  const found = useReading(() => client.alternatives(plan.plan_id), [plan.plan_id, plan.revision, connection, looks]);
  const state = found.value?.state;
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
      {found.value !== null && <Outcome answer={found.value} />}
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

function Outcome({ answer }: { answer: AlternativesAnswer }) {
  if (answer.state === "failed") {
    return (
      <Notice tone="warn">
        {WORDS.failed} {answer.reason}
      </Notice>
    );
  }
  if (answer.alternatives.length === 0) return <p className="muted">{WORDS[answer.state]}</p>;
  const names = [...new Set(answer.alternatives.flatMap((one) => Object.keys(one.differences)))].sort();
  return (
    <div className="scroll-x">
      <table className="table">
        <caption>Each compared with this plan; + is more than it has</caption>
        <thead>
          <tr>
            <th scope="col">Way</th>
            {names.map((name) => (
              <th scope="col" className="right" key={name}>
                {differenceOf(name, 0).name}
              </th>
            ))}
            <th scope="col">Can it be flown?</th>
          </tr>
        </thead>
        <tbody>
          {answer.alternatives.map((one, index) => (
            <Row key={index} alternative={one} names={names} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ alternative, names }: { alternative: Alternative; names: readonly string[] }) {
  const blocking = alternative.blocking_codes ?? [];
  return (
    <tr data-testid="alternative">
      <th scope="row">{alternative.description}</th>
      {names.map((name) => {
        const value = alternative.differences[name];
        return (
          <td className="right" key={name}>
            {value === undefined ? "—" : differenceOf(name, value).value}
          </td>
        );
      })}
      <td>{blocking.length === 0 ? "✓ as it stands" : `✕ blocked by ${blocking.join(", ")}`}</td>
    </tr>
  );
}
