/** Findings that nobody could compute: whoever approves accepts each by name, or does not approve. */

import type { MissionPlan } from "../../contract/plan";

interface UnknownProps {
  codes: readonly string[];
  plan: MissionPlan | null;
  accepted: ReadonlySet<string>;
  onChange: (accepted: ReadonlySet<string>) => void;
}

export function UnknownFindings({ codes, plan, accepted, onChange }: UnknownProps) {
  if (codes.length === 0) return null;
  return (
    <fieldset className="unknowns">
      <legend>Nobody could compute these. Accept each one by name, or do not approve.</legend>
      {codes.map((code) => (
        <label key={code}>
          <input
            type="checkbox"
            data-testid="accept-unknown"
            checked={accepted.has(code)}
            onChange={(event) => onChange(toggled(accepted, code, event.target.checked))}
          />
          <span>
            <strong>{code}</strong> {plan?.validation?.findings.find((one) => one.code === code)?.explanation}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

function toggled(set: ReadonlySet<string>, code: string, on: boolean): ReadonlySet<string> {
  const after = new Set(set);
  if (on) after.add(code);
  else after.delete(code);
  return after;
}
