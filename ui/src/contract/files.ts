/** Files that go up to spacecraft and come down from them. */

export type TransferState = "waiting" | "open" | "suspended" | "delivered" | "sent" | "failed";

export interface Transfer {
  transfer_id: string;
  satellite: string;
  direction: "up" | "down";
  name: string | null;
  octets: number | null;
  done_octets: number;
  state: TransferState;
  acknowledged: boolean;
  detail: string;
  begun_utc: string | null;
  ended_utc: string | null;
  sha256: string | null;
  command_class: string | null;
  author: string | null;
  request_id: string | null;
}

/** What a spacecraft last reported of its files; `reported_at` is null before the first list. */
export interface OnboardFiles {
  satellite: string;
  reported_at: string | null;
  free_octets: number | null;
  files: { name: string; octets: number }[];
}
