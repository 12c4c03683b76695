/** The REST interface: one function per call, errors as ApiError with the service's own words. */

import type { Alarm, AlarmEntry, AlarmOrder, LimitChange, WantedLimits } from "../contract/alarms";
import type { Alert, AlertDetail, AlertOrder, Anomaly, AnomalyWatch } from "../contract/anomalies";
import type { Command } from "../contract/command";
import type { ApprovalRequest, Booking, CommandClass, Definitions, Queue, QueueEntry, QueueState, WaitingCommand } from "../contract/commanding";
import type { ConversationSummary, ConversationView, Intent } from "../contract/events";
import type { OnboardFiles, Transfer } from "../contract/files";
import type { AuditEvent, AuditVerdict, Clock, Mission, ParameterValue, Pass, Position } from "../contract/mission";
import type { AlternativesAnswer, ApprovalOutcome, MissionPlan, PlanSummary, Repair } from "../contract/plan";
import type { Problem, User } from "../contract/session";
import type { StackDocument, StackRecord, TaggedStack } from "../contract/stack";
import type { Ingest, OpenedPacket, Packet, ParameterList, Series } from "../contract/telemetry";
import { readableTimes } from "../lib/time";

const BASE = "/api/v1";

/** An answer that is not a success; `status` 0 means that the service could not be reached. */
export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail || problem.title);
    this.name = "ApiError";
    this.problem = problem;
  }
}

type Listener = () => void;
const UNREACHABLE: Problem = {
  title: "Service not reachable",
  status: 0,
  detail: "The service cannot be reached. Nothing was sent; try again when the connection is back.",
};

/** A plan together with the hash that approvals and edits must name. */
export interface TaggedPlan {
  plan: MissionPlan;
  revisionHash: string;
}

/** Talks to the service; `onSignedOut` is called when it says that nobody is signed in. */
export class ApiClient {
  private readonly onSignedOut: Listener;

  constructor(onSignedOut: Listener) {
    this.onSignedOut = onSignedOut;
  }

  me = (): Promise<User> => this.json("GET", "/auth/me");
  signIn = (username: string, password: string): Promise<{ user: User }> =>
    this.json("POST", "/auth/login", { username, password });
  signOut = (): Promise<void> => this.empty("POST", "/auth/logout");

  mission = (): Promise<Mission> => this.json("GET", "/mission");
  setRate = (rate: number): Promise<Clock> => this.json("PUT", "/clock", { rate });
  positions = (): Promise<{ at: string; positions: Position[] }> => this.json("GET", "/spacecraft/positions");
  passes = (): Promise<Pass[]> => this.items("/passes");
  latest = (satellite: string): Promise<{ as_of: string | null; parameters: ParameterValue[] }> =>
    this.json("GET", `/telemetry/latest?satellite=${encodeURIComponent(satellite)}`);

  conversations = (): Promise<ConversationSummary[]> => this.items("/conversations?limit=50");
  conversation = (id: string): Promise<ConversationView> => this.json("GET", `/conversations/${encodeURIComponent(id)}`);
  send = (text: string, conversationId: string | null, key: string): Promise<Intent> =>
    this.json(
      "POST",
      "/intents",
      conversationId === null ? { text } : { text, conversation_id: conversationId },
      { "Idempotency-Key": key },
    );
  respond = (conversationId: string, text: string): Promise<Intent> =>
    this.json("POST", `/conversations/${encodeURIComponent(conversationId)}/respond`, { text });
  cancel = (intentId: string): Promise<Intent> =>
    this.json("POST", `/intents/${encodeURIComponent(intentId)}/cancel`);

  plans = (): Promise<PlanSummary[]> => this.items("/plans?limit=50");
  plan = (id: string): Promise<TaggedPlan> => this.tagged("GET", `/plans/${encodeURIComponent(id)}`);
  edit = (id: string, revisionHash: string, changes: Repair[]): Promise<TaggedPlan> =>
    this.tagged("PATCH", `/plans/${encodeURIComponent(id)}`, { changes }, { "If-Match": `"${revisionHash}"` });
  validate = (id: string): Promise<TaggedPlan> => this.tagged("POST", `/plans/${encodeURIComponent(id)}/validate`);
  approve = (id: string, hash: string, comment: string, acceptUnknown: string[]): Promise<ApprovalOutcome> =>
    this.json("POST", `/plans/${encodeURIComponent(id)}/approve`, {
      revision_hash: hash,
      comment,
      accept_unknown: acceptUnknown,
    });
  reject = (id: string, reason: string): Promise<TaggedPlan> =>
    this.tagged("POST", `/plans/${encodeURIComponent(id)}/reject`, { reason });
  release = (id: string): Promise<{ plan: MissionPlan; commands: Command[] }> =>
    this.json("POST", `/plans/${encodeURIComponent(id)}/release`);

  alternatives = (id: string): Promise<AlternativesAnswer> => this.json("GET", `/plans/${encodeURIComponent(id)}/alternatives`);

  commands = (): Promise<Command[]> => this.items("/commands?newest_first=true&limit=200");
  findCommands = (filters: URLSearchParams): Promise<{ items: Command[]; next_cursor: string | null }> => this.json("GET", `/commands?${filters}`);
  command = (id: string): Promise<Command> => this.json("GET", `/commands/${encodeURIComponent(id)}`);
  audit = async (after: number, subject: string | null = null): Promise<{ items: AuditEvent[]; next_cursor: string | null }> =>
    this.json("GET", `/audit?after=${after}&limit=200${subject === null ? "" : `&subject=${encodeURIComponent(subject)}`}`);
  auditOf = (subject: string, kind: string): Promise<AuditEvent[]> =>
    this.items(`/audit?subject=${encodeURIComponent(subject)}&kind=${kind}&limit=200`);
  verifyAudit = (): Promise<AuditVerdict> => this.json("GET", "/audit/verify");

  definitions = (): Promise<Definitions> => this.json("GET", "/commands/definitions");
  queues = (): Promise<QueueEntry[]> => this.json("GET", "/commands/queues");
  waiting = (satellite: string, commandClass: CommandClass): Promise<WaitingCommand[]> =>
    this.json("GET", `/commands/queues/${encodeURIComponent(satellite)}/${commandClass}`);
  holdQueue = (satellite: string, commandClass: CommandClass, reason: string): Promise<Queue> =>
    this.json("POST", `/commands/queues/${encodeURIComponent(satellite)}/${commandClass}/hold`, { reason });
  changeQueue = (queue: Queue, state: QueueState, reason: string): Promise<Queue> =>
    this.json("PUT", `/commands/queues/${encodeURIComponent(queue.satellite)}/${queue.command_class}`, { state, reason });
  holdCommand = (id: string, reason: string): Promise<Command> => this.json("POST", `/commands/${encodeURIComponent(id)}/hold`, { reason });
  letGo = (id: string, reason: string): Promise<Command> => this.json("POST", `/commands/${encodeURIComponent(id)}/let-go`, { reason });
  setPriority = (id: string, priority: number): Promise<Command> => this.json("PUT", `/commands/${encodeURIComponent(id)}/priority`, { priority });
  contacts = (): Promise<Booking[]> => this.json("GET", "/commands/contacts");
  loseContact = ({ satellite, station, start, end }: Booking, reason: string): Promise<Booking> => {
    // An instant well inside it: its ends are rounded to be written down.
    const at = new Date((Date.parse(start) + Date.parse(end)) / 2).toISOString();
    return this.json("POST", "/commands/contacts/lost", { satellite, station, at, reason });
  };

  approvals = (mine: boolean, states: readonly string[]): Promise<ApprovalRequest[]> =>
    this.items(`/approvals?mine=${mine}&limit=200${states.map((one) => `&state=${one}`).join("")}`);
  approveRequest = (id: string, hash: string, comment: string, acceptUnknown: string[]): Promise<ApprovalRequest> =>
    this.json("POST", `/approvals/${encodeURIComponent(id)}/approve`, { subject_hash: hash, comment, accept_unknown: acceptUnknown });
  revokeRequest = (id: string, reason: string, whole: boolean): Promise<ApprovalRequest> =>
    this.json("POST", `/approvals/${encodeURIComponent(id)}/revoke`, { reason, whole });

  transfers = (satellite: string): Promise<Transfer[]> => this.items(`/files?satellite=${encodeURIComponent(satellite)}&limit=200`);
  transfer = (id: string): Promise<Transfer> => this.json("GET", `/files/${encodeURIComponent(id)}`);
  onBoard = (satellite: string): Promise<OnboardFiles> => this.json("GET", `/files/on-board?satellite=${encodeURIComponent(satellite)}`);
  uploadFile = (satellite: string, name: string, content: string, acknowledged: boolean): Promise<Transfer> =>
    this.json("POST", "/files/uploads", { satellite, name, content, acknowledged });
  requestFile = (satellite: string, name: string): Promise<StackRecord> => this.json("POST", "/files/downlinks", { satellite, name });
  cancelTransfer = (id: string, reason: string): Promise<Transfer> => this.json("POST", `/files/${encodeURIComponent(id)}/cancel`, { reason });
  contentOf = (id: string): string => `${BASE}/files/${encodeURIComponent(id)}/content`;

  stacks = (): Promise<StackRecord[]> => this.json("GET", "/stacks");
  stack = (id: string): Promise<TaggedStack> => this.taggedStack("GET", id);
  saveStack = (id: string, document: StackDocument, before: string | null): Promise<TaggedStack> =>
    this.taggedStack("PUT", id, document, before === null ? {} : { "If-Match": `"${before}"` });
  checkStack = (id: string, document: StackDocument): Promise<unknown> => this.json("POST", `/stacks/${encodeURIComponent(id)}/validate`, document);
  deleteStack = (id: string): Promise<void> => this.empty("DELETE", `/stacks/${encodeURIComponent(id)}`);
  approveStack = (id: string, hash: string, comment: string): Promise<StackRecord> => this.orderStack(id, "approve", { stack_hash: hash, comment });
  orderStack = (id: string, order: "approve" | "start" | "pause" | "resume" | "abort", body?: unknown): Promise<StackRecord> =>
    this.json("POST", `/stacks/${encodeURIComponent(id)}/${order}`, body);

  alarms = (): Promise<Alarm[]> => this.json("GET", "/alarms");
  alarmHistory = (satellite: string, parameter: string, cursor: string | null): Promise<{ items: AlarmEntry[]; next_cursor: string | null }> =>
    this.json("GET", `/alarms/history?${new URLSearchParams({ satellite, parameter, limit: "50", ...(cursor === null ? {} : { cursor }) })}`);
  orderAlarm = ({ satellite, parameter }: Alarm, order: AlarmOrder, more: Record<string, unknown>): Promise<Alarm[]> =>
    this.json("POST", `/alarms/${order}`, { satellite, parameter, ...more });
  alerts = (filters: URLSearchParams): Promise<{ items: Alert[]; next_cursor: string | null }> => this.json("GET", `/anomalies?${filters}`);
  alert = async (id: string): Promise<{ detail: AlertDetail; seen: string | null }> => {
    const response = await this.call("GET", `/anomalies/${encodeURIComponent(id)}`);
    return { detail: (await response.json()) as AlertDetail, seen: response.headers.get("ETag") };
  };
  orderAlert = (id: string, order: AlertOrder, body: Record<string, unknown>, seen: string | null): Promise<Alert> =>
    this.json("POST", `/anomalies/${encodeURIComponent(id)}/${order}`, body, seen === null ? {} : { "If-Match": seen });
  anomalyStretches = (satellite: string, parameter: string, start: string, end: string): Promise<Anomaly[]> =>
    this.json("GET", `/anomalies/stretches?${new URLSearchParams({ satellite, parameter, start, end })}`);
  anomalyWatch = (): Promise<AnomalyWatch> => this.json("GET", "/anomalies/watch");
  limits = (): Promise<LimitChange[]> => this.json("GET", "/telemetry/limits");
  changeLimits = (wanted: WantedLimits): Promise<LimitChange[]> => this.json("PUT", "/telemetry/limits", wanted);
  restoreLimits = (satellite: string, parameter: string, reason: string): Promise<LimitChange[]> =>
    this.json("POST", "/telemetry/limits/restore", { satellite, parameter, reason });

  parameters = (satellite: string): Promise<ParameterList> => this.json("GET", `/telemetry/parameters?${new URLSearchParams({ satellite })}`);
  series = (satellite: string, parameter: string, start: string, end: string, points: number): Promise<Series> =>
    this.json("GET", `/telemetry/series?${new URLSearchParams({ satellite, parameter, start, end, points: String(points) })}`);
  packets = (filters: URLSearchParams): Promise<{ items: Packet[]; next_cursor: string | null }> => this.json("GET", `/telemetry/packets?${filters}`);
  packet = (satellite: string, id: string): Promise<OpenedPacket> =>
    this.json("GET", `/telemetry/packets/${encodeURIComponent(id)}?${new URLSearchParams({ satellite })}`);
  ingest = (): Promise<Ingest> => this.json("GET", "/telemetry/ingest");

  private async taggedStack(method: string, id: string, body?: unknown, headers?: HeadersInit): Promise<TaggedStack> {
    const response = await this.call(method, `/stacks/${encodeURIComponent(id)}`, body, headers);
    const hash = response.headers.get("ETag")?.replace(/^W\//, "").replaceAll('"', "") ?? "";
    return { record: (await response.json()) as StackRecord, hash };
  }

  private async items<T>(path: string): Promise<T[]> {
    const answer = await this.json<{ items: T[] } | T[]>("GET", path);
    return Array.isArray(answer) ? answer : answer.items;
  }

  private async tagged(method: string, path: string, body?: unknown, headers?: HeadersInit): Promise<TaggedPlan> {
    const response = await this.call(method, path, body, headers);
    const plan = (await response.json()) as MissionPlan;
    const tag = response.headers.get("ETag")?.replace(/^W\//, "").replaceAll('"', "");
    return { plan, revisionHash: tag ?? plan.validation?.revision_hash ?? "" };
  }

  private async json<T>(method: string, path: string, body?: unknown, headers?: HeadersInit): Promise<T> {
    const response = await this.call(method, path, body, headers);
    return (await response.json()) as T;
  }

  private async empty(method: string, path: string): Promise<void> {
    await this.call(method, path);
  }

  private async call(method: string, path: string, body?: unknown, headers?: HeadersInit): Promise<Response> {
    const response = await fetch(`${BASE}${path}`, {
      method,
      credentials: "same-origin",
      headers: { Accept: "application/json", ...(body === undefined ? {} : { "Content-Type": "application/json" }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch(() => {
      throw new ApiError(UNREACHABLE);
    });
    if (response.ok) return response;
    if (response.status === 401 && path !== "/auth/login") this.onSignedOut();
    throw new ApiError(await problemOf(response));
  }
}

async function problemOf(response: Response): Promise<Problem> {
  const fallback: Problem = {
    title: response.statusText || "Error",
    status: response.status,
    detail: `The service answered with status ${response.status}.`,
  };
  const text = await response.text().catch(() => "");
  try {
    return { ...fallback, ...(JSON.parse(text) as Partial<Problem>) };
  } catch {
    return fallback;
  }
}

/** The words to show for anything that was thrown. */
export function wordsOf(error: unknown): string {
  return readableTimes(error instanceof Error ? error.message : String(error));
}
