/** AG-UI events and the messages of the console's WebSocket. */

import type { AlarmMessage } from "./alarms";
import type { AlertEntry } from "./anomalies";
import type { Command } from "./command";
import type { Order } from "./commanding";
import type { Clock, ParameterValue } from "./mission";
import type { PlanSummary } from "./plan";
import type { Problem, User } from "./session";

export interface Interrupt {
  plan_id: string;
  revision: number;
  revision_hash: string;
  approvable: boolean;
  choices?: string[];
  reason: string;
}

export type AgUiEvent =
  | { type: "RUN_STARTED"; threadId: string; runId: string }
  | { type: "RUN_FINISHED"; threadId: string; runId: string; result?: unknown }
  | { type: "RUN_ERROR"; message: string; code?: string }
  | { type: "STEP_STARTED"; stepName: string }
  | { type: "STEP_FINISHED"; stepName: string }
  | { type: "TEXT_MESSAGE_START"; messageId: string; role?: string }
  | { type: "TEXT_MESSAGE_CONTENT"; messageId: string; delta: string }
  | { type: "TEXT_MESSAGE_END"; messageId: string }
  | { type: "TOOL_CALL_START"; toolCallId: string; toolCallName: string }
  | { type: "TOOL_CALL_ARGS"; toolCallId: string; delta: string }
  | { type: "TOOL_CALL_END"; toolCallId: string }
  | { type: "TOOL_CALL_RESULT"; toolCallId: string; content: string }
  | { type: "STATE_SNAPSHOT"; snapshot: Record<string, unknown> }
  | { type: "CUSTOM"; name: string; value: unknown };

export type ServerMessage =
  | { type: "hello"; user: User; clock: Clock }
  | { type: "agui"; conversation_id: string; sequence: number; event: AgUiEvent }
  | { type: "intent"; intent: Intent }
  | { type: "plan"; plan: PlanSummary }
  | { type: "command"; command: Command }
  | { type: "telemetry"; satellite: string; at: string; parameters: ParameterValue[] }
  | { type: "contact"; satellite: string; station: string; in_contact: boolean }
  | { type: "clock"; clock: Clock }
  | ({ type: "queue_order" } & Order)
  | ({ type: "contact_order" } & Order)
  | ({ type: "approval_order" } & Order)
  | ({ type: "command_order" } & Order)
  | ({ type: "stack" } & Order)
  | ({ type: "file" } & Order)
  | ({ type: "alarm" } & AlarmMessage)
  | ({ type: "anomaly" } & AlertEntry)
  | { type: "link"; up: boolean; detail: string }
  | { type: "problem"; problem: Problem }
  | { type: "pong" };

export type ClientMessage =
  | { type: "subscribe"; conversation_id: string; after: number }
  | { type: "ping" };

/** What came of a tool call; some fields are absent while only the live event is known. */
export interface ToolResult {
  call_id?: string;
  tool: string;
  effect?: "read" | "propose";
  arguments?: Record<string, unknown>;
  output?: Record<string, unknown> | null;
  error?: string | null;
  error_code?: string | null;
  code?: string | null;
  valid?: Record<string, unknown> | null;
  seconds?: number;
}

export type IntentStatus = "queued" | "running" | "awaiting_review" | "completed" | "failed" | "cancelled";

export interface Intent {
  intent_id: string;
  conversation_id: string;
  text: string;
  author: string;
  status: IntentStatus;
  action: "call" | "clarify" | "refuse" | "answer" | null;
  answer: string | null;
  plan_id: string | null;
  revision: number | null;
  created_at: string;
}

export interface ConversationSummary {
  conversation_id: string;
  title: string;
  author: string;
  updated_at: string;
  status: IntentStatus;
  plan_id: string | null;
}

export interface ConversationView {
  conversation_id: string;
  status: string;
  messages: { role: string; content: string; at?: string }[];
  calls: ToolResult[];
  plan_id: string | null;
  revision: number | null;
  interrupt: Interrupt | null;
  last_sequence: number;
}
