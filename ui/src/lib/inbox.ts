/** What waits for approval, plans and stacks alike, and why a person may not approve a stack. */

import type { ApprovalRequest, CommandDefinition, Grant } from "../contract/commanding";
import type { Transfer } from "../contract/files";
import type { MissionPlan, PlanSummary } from "../contract/plan";
import { covers, roleName, type Role, type User } from "../contract/session";
import type { Stack, StackRecord } from "../contract/stack";
import type { CommandLine } from "./seen";

export interface InboxItem {
  kind: "plan" | "stack" | "file";
  /** Of the request for a plan, of the stack itself for a stack. */
  id: string;
  subjectId: string;
  /** Of the content that the request is about; empty for a stack, whose own hash counts. */
  hash: string;
  title: string;
  author: string;
  revision: number;
  commandClass: string;
  count: number;
  state: string;
  expiresAt: string | null;
  grants: Grant[];
  /** Who still has to approve, in words. */
  needs: string;
  mayApprove: boolean;
  whyNot: string;
  reason: string;
}

/** An approval request as an entry of the inbox. */
export function itemOfRequest(request: ApprovalRequest, plan: PlanSummary | undefined): InboxItem {
  return {
    kind: request.subject_kind === "file" ? "file" : "plan",
    id: request.request_id,
    subjectId: request.subject_id,
    hash: request.subject_hash,
    title: plan?.intent ?? (request.subject_kind === "file" ? `Upload to ${request.commands[0]?.satellite ?? ""}: ${request.commands[0]?.command ?? ""}` : request.subject_id),
    author: request.author,
    revision: request.revision,
    commandClass: request.command_class,
    count: request.commands.length,
    state: request.state,
    expiresAt: request.expires_at,
    grants: request.grants,
    needs: needsWords(request.missing),
    mayApprove: request.may_approve,
    whyNot: request.why_not,
    reason: request.reason,
  };
}

/** A stack that is a draft waits for approval, too. */
export function itemOfStack(record: StackRecord, user: User, definitions: readonly CommandDefinition[]): InboxItem {
  const { stack } = record;
  const commands = stack.steps.filter((one) => one.kind === "command");
  const whyNot = whyNotApproveStack(record, user);
  const ends = commands.map((one) => stack.contacts[one.contact]?.end).filter((one) => one !== undefined);
  return {
    kind: "stack",
    id: stack.stack_id,
    subjectId: stack.stack_id,
    hash: "",
    title: stack.title,
    author: stack.author,
    revision: stack.revision,
    commandClass: strictestClass(commands.map((one) => definitions.find((known) => known.name === one.command)?.command_class ?? "unknown")),
    count: commands.length,
    state: record.state === "draft" ? "pending" : record.state,
    // it can be approved until the first of its contacts is over
    expiresAt: ends.length === 0 ? null : ends.reduce((one, other) => (Date.parse(one) <= Date.parse(other) ? one : other)),
    grants: record.approvals,
    needs: record.state !== "draft" ? "" : record.reason !== "" ? record.reason : "a planner or a flight director who did not write it",
    mayApprove: whyNot === null,
    whyNot: whyNot ?? "",
    reason: record.reason,
  };
}

/** Why this person cannot approve this stack; null when they can. */
export function whyNotApproveStack(record: StackRecord, user: User): string | null {
  if (record.state !== "draft") return `This stack is ${record.state}.`;
  if (!covers(user.role, "planner")) return `Approving needs the planner role; you are ${roleName(user.role)}.`;
  if (record.stack.author === user.username) return "You wrote this stack; another person must approve it.";
  if (record.approvals.some((one) => one.by === user.username)) return "You have approved it already; another person must, too.";
  return null;
}

const ORDER = ["routine", "vital", "critical", "hazardous"];

/** The strictest of some classes; one that nobody knows is the strictest of all. */
export function strictestClass(classes: readonly string[]): string {
  if (classes.some((one) => !ORDER.includes(one))) return "unknown";
  return ORDER[Math.max(0, ...classes.map((one) => ORDER.indexOf(one)))]!;
}

function needsWords(missing: readonly string[]): string {
  return missing.map((one) => roleName(one as Role)).join(" and ");
}

/** The commands of a plan as an approver judges them. */
export function linesOfPlan(plan: MissionPlan): CommandLine[] {
  return plan.activities
    .flatMap((activity) =>
      activity.commands.map((one, index) => ({
        key: `${activity.activity_id}-${index}`,
        command: one.command,
        satellite: activity.satellite,
        arguments: one.arguments,
        when: one.execute_at,
      })),
    )
    .sort((one, other) => one.when.localeCompare(other.when));
}

/** A file as an approver judges it: where it goes, how long it is, and the hash of its content. */
export function linesOfFile(transfer: Transfer): CommandLine[] {
  const { transfer_id, satellite, name, octets, sha256, acknowledged } = transfer;
  return [{ key: transfer_id, command: "file", satellite, arguments: { name, octets, sha256, acknowledged }, when: "any contact" }];
}

/** The commands that any way through a stack may send. */
export function linesOfStack(stack: Stack): CommandLine[] {
  return stack.steps.flatMap((step) => {
    if (step.kind !== "command") return [];
    const contact = stack.contacts[step.contact];
    const when = contact === undefined ? `contact ${step.contact}` : `${contact.station} ${contact.start}/${contact.end}`;
    return [{ key: step.step_id, command: step.command, satellite: stack.satellite, arguments: step.arguments, when }];
  });
}
