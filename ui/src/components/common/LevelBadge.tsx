/** A level of an alarm or a value: a word and a sign, the colour only repeats them. */

import type { LimitState } from "../../contract/mission";
import { LEVEL_MARKS } from "../../lib/alarms";

export function LevelBadge({ level }: { level: LimitState }) {
  return (
    <span className={`badge level level-${level}`}>
      {LEVEL_MARKS[level] !== "" && <span aria-hidden="true">{LEVEL_MARKS[level]} </span>}
      {level}
    </span>
  );
}
