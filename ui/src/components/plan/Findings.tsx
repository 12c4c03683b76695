/** What the checks found, the worst first, with the computed repairs. */

import type { Finding, MissionPlan, Repair, Severity } from "../../contract/plan";
import { formatMargin, formatQuantity } from "../../lib/format";
import { bySeverity, whyNotEdit } from "../../lib/review";
import { formatDateTime } from "../../lib/time";
import { useView } from "../../state/hooks";

const SEVERITY: Readonly<Record<Severity, [string, string]>> = {
  block: ["✕", "blocks"],
  unknown: ["?", "unknown"],
  warn: ["!", "warning"],
  info: ["i", "info"],
};

interface FindingsProps {
  plan: MissionPlan;
  busy: boolean;
  onRepair: (repair: Repair) => void;
  onChoose: (activityId: string) => void;
}

export function Findings({ plan, busy, onRepair, onChoose }: FindingsProps) {
  const user = useView((view) => view.user);
  const validation = plan.validation;
  const findings = bySeverity(validation?.findings ?? []);
  const whyNot = user === null ? "Sign in first." : whyNotEdit(plan, user);
  return (
    <section className="block" aria-labelledby="findings-title">
      <div className="block-head">
        <h3 id="findings-title">Findings</h3>
        {validation !== null && (
          <span className="muted">
            {validation.checks_run.length} check groups at {formatDateTime(validation.validated_at)} UTC
          </span>
        )}
      </div>
      {validation === null && <p className="empty">This revision has not been checked yet.</p>}
      {validation !== null && findings.length === 0 && (
        <p className="empty good-text">✓ Nothing found: every check of {validation.checks_run.join(", ")} passed.</p>
      )}
      {findings.length > 0 && (
        <ul className="findings">
          {findings.map((one, index) => (
            <FindingRow key={`${one.code}-${index}`} finding={one} busy={busy} whyNot={whyNot} onRepair={onRepair} onChoose={onChoose} />
          ))}
        </ul>
      )}
    </section>
  );
}

interface RowProps {
  finding: Finding;
  busy: boolean;
  whyNot: string | null;
  onRepair: (repair: Repair) => void;
  onChoose: (activityId: string) => void;
}

function FindingRow({ finding, busy, whyNot, onRepair, onChoose }: RowProps) {
  const [mark, words] = SEVERITY[finding.severity];
  return (
    <li className={`finding finding-${finding.severity}`} data-testid="finding-row" data-severity={finding.severity} data-code={finding.code}>
      <div className="finding-head">
        <span className="finding-mark" aria-hidden="true">
          {mark}
        </span>
        <strong>{finding.code}</strong>
        <span className="finding-severity">{words}</span>
        {finding.rule !== null && (
          <span className="tag">
            {finding.rule}
            {finding.rule_revision !== null && ` rev. ${finding.rule_revision}`}
          </span>
        )}
        {finding.activities.map((id) => (
          <button key={id} className="text-button" onClick={() => onChoose(id)}>
            {id}
          </button>
        ))}
      </div>
      <p>{finding.explanation}</p>
      {finding.value !== null && <Numbers finding={finding} />}
      {finding.repairs.length > 0 && (
        <div className="repairs">
          {finding.repairs.map((repair, index) => (
            <button
              key={index}
              className="button small"
              data-testid="apply-repair"
              disabled={busy || whyNot !== null}
              title={whyNot ?? "Makes a new revision, which is checked again"}
              onClick={() => onRepair(repair)}
            >
              {repair.description}
            </button>
          ))}
        </div>
      )}
    </li>
  );
}

function Numbers({ finding }: { finding: Finding }) {
  const { quantity, value, limit, margin, unit } = finding;
  return (
    <dl className="numbers">
      <div>
        <dt>{quantity.replaceAll("_", " ")}</dt>
        <dd>{formatQuantity(quantity, value, unit)}</dd>
      </div>
      {limit !== null && (
        <div>
          <dt>limit</dt>
          <dd>{formatQuantity(quantity, limit, unit)}</dd>
        </div>
      )}
      {margin !== null && (
        <div className={margin < 0 ? "bad-text" : ""}>
          <dt>margin</dt>
          <dd>{formatMargin(quantity, margin, unit)}</dd>
        </div>
      )}
    </dl>
  );
}
