/** Writing stacks: new steps, moving and renaming them, and where a refusal belongs. Pure. */

import type { CommandDefinition, Definitions } from "../contract/commanding";
import type { Condition, StackDocument, Step, StepKind } from "../contract/stack";
import { onlyValue, readArgument } from "./inputs";
import { formatDuration } from "./time";

export const KINDS: readonly [StepKind, string][] = [
  ["command", "Send a command"],
  ["wait_verifier", "Wait for a command's report"],
  ["wait_time", "Wait for a time"],
  ["wait_condition", "Wait for telemetry"],
  ["branch", "Branch by telemetry"],
  ["hold", "Hold for a person"],
  ["end", "End"],
];

export const LONGEST_S = 604_800; // a week, as core/command/stack.py bounds it
const DEFAULT_TIMEOUT_S = 600;
const NEW_CONDITION: Condition = { kind: "compare", parameter: "", operator: "==", value: 0, maximum_age_s: 300 };

/** A step of a kind, as empty as it can be. */
export function newStep(kind: StepKind, steps: readonly Step[]): Step {
  const step_id = freshId(kind.replace("_", "-"), steps);
  const lastCommand = steps.findLast((one) => one.kind === "command")?.step_id ?? "";
  switch (kind) {
    case "command":
      return { step_id, kind, command: "", arguments: {}, contact: 0 };
    case "wait_verifier":
      return { step_id, kind, of: lastCommand, stage: "completed", timeout_s: DEFAULT_TIMEOUT_S, otherwise: null };
    case "wait_time":
      return { step_id, kind, duration_s: 60 };
    case "wait_condition":
      return { step_id, kind, condition: NEW_CONDITION, timeout_s: DEFAULT_TIMEOUT_S, otherwise: null };
    case "branch":
      return { step_id, kind, condition: NEW_CONDITION, then: "", otherwise: "" };
    case "hold":
      return { step_id, kind, reason: "" };
    case "end":
      return { step_id, kind, failed: false };
  }
}

function freshId(stem: string, steps: readonly Step[]): string {
  const taken = new Set(steps.map((one) => one.step_id));
  for (let number = 1; ; number += 1) {
    const id = `${stem}-${number}`;
    if (!taken.has(id)) return id;
  }
}

/** A stack that does nothing yet. */
export function blankStack(satellite: string): StackDocument {
  return { title: "", satellite, contacts: [], steps: [{ step_id: "end", kind: "end", failed: false }] };
}

/** The same steps with one put in before a position. */
export function withStep(steps: readonly Step[], at: number, step: Step): Step[] {
  return [...steps.slice(0, at), step, ...steps.slice(at)];
}

/** The same steps with one moved up (-1) or down (1); unchanged at either end. */
export function moved(steps: readonly Step[], at: number, by: -1 | 1): Step[] {
  const to = at + by;
  if (to < 0 || to >= steps.length) return [...steps];
  const after = [...steps];
  [after[at], after[to]] = [after[to]!, after[at]!];
  return after;
}

/** The same steps with another id for one, wherever it is named. */
export function renamed(steps: readonly Step[], from: string, to: string): Step[] {
  const swap = <T extends string | null>(id: T): T => (id === from ? (to as T) : id);
  return steps.map((one) => {
    const step = { ...one, step_id: swap(one.step_id) };
    if (step.kind === "wait_verifier") return { ...step, of: swap(step.of), otherwise: swap(step.otherwise) };
    if (step.kind === "wait_condition") return { ...step, otherwise: swap(step.otherwise) };
    if (step.kind === "branch") return { ...step, then: swap(step.then), otherwise: swap(step.otherwise) };
    return step;
  });
}

/** The same stack without one of its contacts: steps keep theirs, and one whose contact is gone has none that exists. */
export function withoutContact(document: StackDocument, at: number): StackDocument {
  const contacts = document.contacts.filter((_, index) => index !== at);
  const steps = document.steps.map((step) => {
    if (step.kind !== "command" || step.contact < at) return step;
    return { ...step, contact: step.contact === at ? contacts.length : step.contact - 1 };
  });
  return { ...document, contacts, steps };
}

/** The arguments of a command that go without saying: of an argument with one value only, that one. */
export function impliedArguments(definition: CommandDefinition): Record<string, unknown> {
  const pairs = definition.arguments.map((one) => [one.name, onlyValue(one)] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined));
}

/** What a step still lacks, in words; null where the service can judge it. */
export function gapOf(step: Step, definitions: Definitions, contacts: number): string | null {
  switch (step.kind) {
    case "command": {
      const definition = definitions.commands.find((one) => one.name === step.command);
      if (step.command === "") return "choose a command";
      if (step.contact >= contacts) return `there is no contact ${step.contact}`;
      const texts = (definition?.arguments ?? []).map((one) => [one, step.arguments[one.name]] as const);
      return texts.map(([one, value]) => readArgument(one, value === undefined ? "" : String(value)).error).find((error) => error !== null) ?? null;
    }
    case "wait_verifier":
      return step.of === "" ? "choose the command to wait for" : secondsGap(step.timeout_s);
    case "wait_time":
      return secondsGap(step.duration_s);
    case "wait_condition":
      return conditionGap(step.condition) ?? secondsGap(step.timeout_s);
    case "branch":
      return conditionGap(step.condition) ?? (step.then === "" || step.otherwise === "" ? "choose a later step for each way" : null);
    case "hold":
      return step.reason.trim() === "" ? "say what a person has to decide" : null;
    case "end":
      return null;
  }
}

function secondsGap(seconds: number): string | null {
  return seconds > 0 && seconds <= LONGEST_S ? null : `a time is more than 0 and at most ${LONGEST_S} s`;
}

function conditionGap(condition: Condition): string | null {
  if (condition.kind === "compare") return condition.parameter === "" ? "choose a telemetry parameter" : condition.value === "" ? "give a value to compare with" : null;
  if (condition.kind === "not" || condition.kind === "for") return conditionGap(condition.part);
  return condition.parts.map(conditionGap).find((gap) => gap !== null) ?? null;
}

/** Where a step may lead beside the next one. */
export function jumpsOf(step: Step): { when: string; to: string }[] {
  if (step.kind === "branch") return [{ when: "if so", to: step.then }, { when: "if not", to: step.otherwise }];
  if ((step.kind === "wait_verifier" || step.kind === "wait_condition") && step.otherwise !== null) return [{ when: "otherwise", to: step.otherwise }];
  return [];
}

/** The step that a refusal is about, by the field that the service names: `steps.burn.arguments`, `body.steps.3.of`. */
export function stepOfField(field: string | undefined, steps: readonly Step[]): string | null {
  const parts = (field ?? "").split(".");
  const at = parts.indexOf("steps");
  const name = at === -1 ? undefined : parts[at + 1];
  if (name === undefined) return null;
  const byId = steps.find((one) => one.step_id === name);
  return (byId ?? (/^\d+$/.test(name) ? steps[Number(name)] : undefined))?.step_id ?? null;
}

/** A condition in words. */
export function conditionWords(condition: Condition): string {
  switch (condition.kind) {
    case "compare":
      return `${condition.parameter} ${condition.operator} ${condition.value}`;
    case "all":
    case "any":
      return `(${condition.parts.map(conditionWords).join(condition.kind === "all" ? " and " : " or ")})`;
    case "not":
      return `not ${conditionWords(condition.part)}`;
    case "for":
      return `${conditionWords(condition.part)} for ${formatDuration(condition.duration_s)}`;
  }
}

/** A step in words. */
export function stepWords(step: Step): string {
  switch (step.kind) {
    case "command":
      return `send ${step.command}`;
    case "wait_verifier":
      return `wait until ${step.of} is ${step.stage}, at most ${formatDuration(step.timeout_s)}`;
    case "wait_time":
      return `wait ${formatDuration(step.duration_s)}`;
    case "wait_condition":
      return `wait until ${conditionWords(step.condition)}, at most ${formatDuration(step.timeout_s)}`;
    case "branch":
      return `if ${conditionWords(step.condition)}`;
    case "hold":
      return `hold: ${step.reason}`;
    case "end":
      return step.failed ? "the run ends here, as a failure" : "the run ends here";
  }
}

/** How long a step may last once it is reached, mission s; null where it has no bound. */
export function longestS(step: Step): number | null {
  if (step.kind === "wait_time") return step.duration_s;
  return step.kind === "wait_verifier" || step.kind === "wait_condition" ? step.timeout_s : null;
}
