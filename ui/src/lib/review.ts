/** What a person may do with a plan, and why not. The service decides; this only says it beforehand. */

import type { Activity, Finding, MissionPlan, PlanState, Severity } from "../contract/plan";
import { covers, roleName, type Role, type User } from "../contract/session";

const SEVERITY_ORDER: readonly Severity[] = ["block", "unknown", "warn", "info"];
const OPEN_STATES: ReadonlySet<PlanState> = new Set(["draft", "validated"]);
const REJECTABLE: ReadonlySet<PlanState> = new Set(["draft", "validated", "approved"]);

// core/plan/checks/authority.py: the mission database gives these the consequence level critical or severe
const HAZARDOUS_COMMANDS: ReadonlySet<string> = new Set(["EXECUTE_BURN"]);

/** Findings, the worst first; equal ones as they came. */
export function bySeverity(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((one, other) => SEVERITY_ORDER.indexOf(one.severity) - SEVERITY_ORDER.indexOf(other.severity));
}

/** The commands of a plan that need two different people. */
export function hazardousCommands(plan: MissionPlan): { activity: Activity; command: string }[] {
  return plan.activities.flatMap((activity) =>
    activity.commands
      .filter((one) => HAZARDOUS_COMMANDS.has(one.command))
      .map((one) => ({ activity, command: one.command })),
  );
}

/** Codes of findings that nobody could compute, each once. */
export function unknownCodes(plan: MissionPlan): string[] {
  const unknown = (plan.validation?.findings ?? []).filter((one) => one.severity === "unknown");
  return [...new Set(unknown.map((one) => one.code))];
}

/** The unknown findings that no flight director has accepted yet in an approval of this revision. */
export function undecidedCodes(plan: MissionPlan): string[] {
  const accepted = new Set(plan.approvals.flatMap((one) => one.accepted_unknown ?? []));
  return unknownCodes(plan).filter((code) => !accepted.has(code));
}

/** Why this person cannot approve this plan; null when they can. */
export function whyNotApprove(plan: MissionPlan, user: User): string | null {
  if (plan.state === "approved") return "This plan is approved already.";
  if (!OPEN_STATES.has(plan.state)) return `This plan is ${plan.state}.`;
  if (!covers(user.role, "planner")) return needs("Approving", "planner", user);
  if (plan.intent.author === user.username) return "You wrote this request; another person must approve its plan.";
  if (plan.approvals.some((one) => one.by === user.username)) return "You have approved this plan; a second person must, too.";
  if (plan.validation === null) return "This plan has not been checked.";
  const blocking = plan.validation.findings.filter((one) => one.severity === "block").length;
  if (blocking > 0) return `${blocking} blocking ${blocking === 1 ? "finding" : "findings"} must be solved first.`;
  if (undecidedCodes(plan).length > 0 && !covers(user.role, "flight_director")) {
    return needs("Accepting unknown findings", "flight_director", user);
  }
  return null;
}

/** Why this person cannot edit this plan; null when they can. */
export function whyNotEdit(plan: MissionPlan, user: User): string | null {
  if (!OPEN_STATES.has(plan.state)) return `This plan is ${plan.state} and can no longer be edited.`;
  return covers(user.role, "planner") ? null : needs("Editing", "planner", user);
}

/** Why this person cannot reject this plan; null when they can. */
export function whyNotReject(plan: MissionPlan, user: User): string | null {
  if (!REJECTABLE.has(plan.state)) return `This plan is ${plan.state} and can no longer be rejected.`;
  return covers(user.role, "planner") ? null : needs("Rejecting", "planner", user);
}

function needs(what: string, role: Role, user: User): string {
  return `${what} needs the ${roleName(role)} role; you are ${roleName(user.role)}.`;
}
