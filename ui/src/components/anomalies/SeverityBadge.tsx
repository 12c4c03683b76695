/** How bad an anomaly is: a word and a sign, the colour only repeats them. */

import type { Severity } from "../../contract/anomalies";
import { levelOf, markOfSeverity } from "../../lib/anomalies";

export function SeverityBadge({ severity }: { severity: Severity }) {
  return (
    <span className={`badge level level-${levelOf(severity)}`}>
      <span aria-hidden="true">{markOfSeverity(severity)} </span>
      {severity}
    </span>
  );
}
