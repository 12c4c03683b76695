import { describe, expect, it } from "vitest";
import type { Command } from "../contract/command";
import type { ArgumentDefinition, CommandDefinition, Definitions, WaitingCommand } from "../contract/commanding";
import type { Stack, StackDocument, StackRecord, Step } from "../contract/stack";
import { differenceOf } from "./alternatives";
import { csvOf } from "./export";
import { matches, mergedCommands, NO_FILTERS, queryOf } from "./history";
import { itemOfStack, linesOfStack, strictestClass, whyNotApproveStack } from "./inbox";
import { allowedWords, onlyValue, readArgument } from "./inputs";
import { byOwner, countdown, whyItWaits } from "./queue";
import { changesBetween, type CommandLine } from "./seen";
import { conditionWords, gapOf, impliedArguments, moved, newStep, renamed, stepOfField, withoutContact, withStep } from "./stack";
import { readUtc } from "./time";

const COMMAND: Command = {
  command_id: "plan-1-r1-a-0",
  plan_id: "plan-1",
  activity_id: "a",
  satellite: "LSAT-1",
  command: "PING",
  arguments: {},
  class: "routine",
  state: "scheduled",
  execute_at: "2026-11-23T06:00:00Z",
  station: "svalbard",
  updated_at: "2026-11-23T05:00:00Z",
  detail: "",
};

const ARGUMENT: ArgumentDefinition = {
  name: "delta_v_m_s",
  kind: "float",
  unit: "m/s",
  description: "",
  default: null,
  labels: [],
  ranges: [{ minimum: -20, maximum: 20, minimum_excluded: false, maximum_excluded: true }],
  ranges_are_raw: false,
  characters: null,
};

const BURN: CommandDefinition = {
  name: "EXECUTE_BURN",
  description: "",
  command_class: "hazardous",
  consequence: "severe",
  risk: "",
  idempotent: false,
  arguments: [ARGUMENT],
  constraints: [],
  verifiers: [],
};
const DEFINITIONS: Definitions = { commands: [BURN, { ...BURN, name: "PING", command_class: "routine", arguments: [] }], parameters: [] };

function waits(change: Partial<WaitingCommand>, command: Partial<Command> = {}): WaitingCommand {
  const contact = { station: "svalbard", start: "2026-11-23T05:58:00Z", end: "2026-11-23T06:07:00Z" };
  return { command: { ...COMMAND, ...command }, priority: 0, held_by: "", waits_for: "", contact, next_chance: contact.start, latest_release: contact.end, ...change };
}

describe("a queue", () => {
  it("keeps commands of one plan or stack together, the first due leading", () => {
    const ids = [
      ["b", "stack-1", "06:10"],
      ["a", "plan-1", "06:00"],
      ["c", "plan-1", "06:20"],
    ] as const;
    const groups = byOwner(ids.map(([command_id, plan_id, at]) => waits({}, { command_id, plan_id, execute_at: `2026-11-23T${at}:00Z` })));
    expect(groups.map((one) => [one.ownerId, one.commands.map((waiting) => waiting.command.command_id)])).toEqual([
      ["plan-1", ["a", "c"]],
      ["stack-1", ["b"]],
    ]);
  });

  it("says why each command waits", () => {
    expect(whyItWaits(waits({ waits_for: "held in queue x" }))).toBe("held in queue x");
    expect(whyItWaits(waits({}))).toBe("its time");
    expect(whyItWaits(waits({ held_by: "petra" }))).toBe("held by petra");
    expect(whyItWaits(waits({ contact: null }))).toContain("expire");
  });

  it("counts down and says when it is over", () => {
    const now = Date.parse("2026-11-23T05:57:00Z");
    expect(countdown("2026-11-23T05:58:00Z", now)).toBe("in 1 min");
    expect(countdown("2026-11-23T05:57:00Z", now)).toBe("now");
    expect(countdown("2026-11-23T05:56:57Z", now)).toBe("3 s ago");
  });
});

describe("what an approver saw", () => {
  const line = (key: string, change: Partial<CommandLine> = {}): CommandLine => ({ key, command: "PING", satellite: "LSAT-1", arguments: {}, when: "t", ...change });

  it("is compared command by command", () => {
    const before = [line("a", { arguments: { duration_s: 60 } }), line("b"), line("d")];
    const after = [line("a", { arguments: { duration_s: 90, target: "x" } }), line("c"), line("d")];
    expect(changesBetween(before, after).map((one) => [one.kind, one.line.key, one.differences])).toEqual([
      ["changed", "a", ["duration_s 60 → 90", "target none → x"]],
      ["added", "c", []],
      ["removed", "b", []],
    ]);
    expect(changesBetween(after, after)).toEqual([]);
  });
});

describe("an argument", () => {
  it.each([
    ["0.2", 0.2, null],
    ["-20", -20, null],
    ["20", 20, "outside"],
    ["two", "two", "no number"],
    ["", undefined, "has to be given"],
  ])("reads %s", (text, value, error) => {
    const read = readArgument(ARGUMENT, text);
    expect(read.value).toBe(value);
    if (error === null) expect(read.error).toBeNull();
    else expect(read.error).toContain(error);
  });

  it("says what it takes, with its unit", () => {
    expect(allowedWords(ARGUMENT)).toBe("-20 to below 20 m/s");
    expect(readArgument({ ...ARGUMENT, kind: "integer" }, "0.5").error).toContain("whole number");
    expect(readArgument({ ...ARGUMENT, kind: "enumerated", ranges: [], labels: ["safe"] }, "fast").error).toContain("none of safe");
    expect(readArgument({ ...ARGUMENT, default: "1" }, "").error).toBeNull();
  });

  it("with one value only goes without saying", () => {
    const fixed = { ...ARGUMENT, ranges: [{ minimum: 1, maximum: 1, minimum_excluded: false, maximum_excluded: false }] };
    expect(onlyValue(fixed)).toBe(1);
    expect(impliedArguments({ ...BURN, arguments: [fixed, { ...ARGUMENT, name: "other" }] })).toEqual({ delta_v_m_s: 1 });
  });
});

const STEPS: Step[] = [
  { step_id: "ping", kind: "command", command: "PING", arguments: {}, contact: 1 },
  { step_id: "seen", kind: "wait_verifier", of: "ping", stage: "completed", timeout_s: 60, otherwise: "end" },
  { step_id: "end", kind: "end", failed: false },
];
const CONTACT = { station: "svalbard", start: "2026-11-23T05:58:00Z", end: "2026-11-23T06:07:00Z" };
const DOCUMENT: StackDocument = { title: "check", satellite: "LSAT-1", contacts: [CONTACT, { ...CONTACT, station: "kiruna" }], steps: STEPS };

describe("a stack that is written", () => {
  it("renames a step wherever it is named", () => {
    expect(renamed(renamed(STEPS, "ping", "first"), "end", "over")[1]).toMatchObject({ of: "first", otherwise: "over" });
  });

  it("gives each new step an id of its own, and moves within the ends", () => {
    const more = withStep(STEPS, 1, newStep("command", STEPS));
    expect(newStep("command", more).step_id).toBe("command-2");
    expect(moved(STEPS, 0, 1).map((one) => one.step_id)).toEqual(["seen", "ping", "end"]);
    expect(moved(STEPS, 0, -1)).toEqual(STEPS);
  });

  it("keeps each step's contact when another one is removed, and none where it was that one", () => {
    expect(withoutContact(DOCUMENT, 0).steps[0]).toMatchObject({ contact: 0 });
    const without = withoutContact(DOCUMENT, 1);
    expect(without.steps[0]).toMatchObject({ contact: 1 });
    expect(gapOf(without.steps[0]!, DEFINITIONS, without.contacts.length)).toBe("there is no contact 1");
  });

  it("places a refusal at its step", () => {
    expect(stepOfField("steps.seen.of", STEPS)).toBe("seen");
    expect(stepOfField("body.steps.1.wait_verifier.timeout_s", STEPS)).toBe("seen");
    expect(stepOfField("contacts.0.station", STEPS)).toBeNull();
    expect(stepOfField(undefined, STEPS)).toBeNull();
  });

  it("says what a step lacks before it is sent", () => {
    const burn: Step = { step_id: "burn", kind: "command", command: "EXECUTE_BURN", arguments: { delta_v_m_s: 25 }, contact: 0 };
    expect(gapOf(burn, DEFINITIONS, 1)).toContain("25 is outside");
    expect(gapOf({ ...burn, arguments: { delta_v_m_s: 2 } }, DEFINITIONS, 1)).toBeNull();
    expect(gapOf(newStep("branch", STEPS), DEFINITIONS, 1)).toContain("parameter");
    expect(gapOf({ step_id: "t", kind: "wait_time", duration_s: Number.NaN }, DEFINITIONS, 1)).toContain("more than 0");
  });

  it("has conditions in words", () => {
    const compare = { kind: "compare", parameter: "soc", operator: ">=", value: 0.5, maximum_age_s: 300 } as const;
    const condition = { kind: "for", duration_s: 60, part: { kind: "any", parts: [compare, { kind: "not", part: compare }] } } as const;
    expect(conditionWords(condition as never)).toBe("(soc >= 0.5 or not soc >= 0.5) for 1 min");
  });
});

describe("a stack that waits for approval", () => {
  const stack: Stack = { ...DOCUMENT, stack_id: "stack-abc123", revision: 1, author: "olga" };
  const record: StackRecord = { stack, state: "draft", approvals: [], position: "", entered_at: null, reason: "" };

  it("is for a planner who did not write it", () => {
    expect(whyNotApproveStack(record, { username: "petra", role: "planner" })).toBeNull();
    expect(whyNotApproveStack(record, { username: "olga", role: "planner" })).toContain("wrote");
    expect(whyNotApproveStack(record, { username: "otto", role: "operator" })).toContain("planner");
    expect(whyNotApproveStack({ ...record, state: "running" }, { username: "petra", role: "planner" })).toContain("running");
  });

  it("has the strictest class of its commands, unknown above all, and ends with its contact", () => {
    const item = itemOfStack(record, { username: "petra", role: "planner" }, DEFINITIONS.commands);
    expect([item.commandClass, item.expiresAt, item.state]).toEqual(["routine", CONTACT.end, "pending"]);
    expect(strictestClass(["vital", "hazardous", "routine"])).toBe("hazardous");
    expect(strictestClass(["hazardous", "what"])).toBe("unknown");
    expect(linesOfStack(stack).map((one) => one.key)).toEqual(["ping"]);
  });
});

describe("the history", () => {
  it("asks the service and itself the same", () => {
    const filters = { ...NO_FILTERS, satellite: "LSAT-1", text: "ping ", start: "2026-11-23T05:00:00Z", end: "2026-11-23T06:00:00Z" };
    expect(queryOf(filters, 100, null).toString()).toBe(
      "satellite=LSAT-1&start=2026-11-23T05%3A00%3A00Z&end=2026-11-23T06%3A00%3A00Z&text=ping&newest_first=true&limit=100",
    );
    expect(matches(filters, COMMAND)).toBe(false); // the end is not part of it
    expect(matches({ ...filters, end: "" }, COMMAND)).toBe(true);
    expect(matches({ ...filters, end: "", text: "burn" }, COMMAND)).toBe(false);
  });

  it("shows each command once, in its newest state", () => {
    const older = { ...COMMAND, state: "validated" } as const;
    const other = { ...COMMAND, command_id: "z", execute_at: "2026-11-23T07:00:00Z" };
    expect(mergedCommands([older], { a: COMMAND, z: other }, NO_FILTERS).map((one) => [one.command_id, one.state])).toEqual([
      ["z", "scheduled"],
      [COMMAND.command_id, "scheduled"],
    ]);
    expect(mergedCommands([COMMAND], { a: older }, NO_FILTERS)[0]?.state).toBe("scheduled");
  });

  it("is saved as CSV that no spreadsheet runs", () => {
    expect(csvOf(["a", "b"], [['x,"y"', "=1+1"], [{ n: 1 }, -2], [null, "two\nlines"]])).toBe('a,b\r\n"x,""y""",\'=1+1\r\n"{""n"":1}",-2\r\n,"two\nlines"\r\n');
  });
});

describe("what people write and read", () => {
  it.each([
    ["2026-11-23 05:58", "2026-11-23T05:58:00Z"],
    ["2026-11-23T05:58:07", "2026-11-23T05:58:07Z"],
    ["2026-11-23", "2026-11-23T00:00:00Z"],
    ["2026-11-31", null],
    ["11/23/2026", null],
    ["", null],
  ])("reads the time %s", (text, iso) => expect(readUtc(text)).toBe(iso));

  it("names differences with their unit", () => {
    expect(differenceOf("completion_s", 3600)).toEqual({ name: "completion", value: "+1 h" });
    expect(differenceOf("delta_v_m_s", -0.2).value).toBe("−0.2 m/s");
    expect(differenceOf("objective data", -2e6, { data: "B" })).toEqual({ name: "data", value: "−2 MB" });
    expect(differenceOf("lowest_soc", 0.02).value).toBe("+2 percentage points");
  });
});
