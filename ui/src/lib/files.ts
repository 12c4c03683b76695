/** Files and their transfers in words. */

import type { Transfer, TransferState } from "../contract/files";

/** The service takes bodies of at most 4 MB, and base64 makes three octets four. */
export const LARGEST_UPLOAD = 2_900_000;

const MARKS: Readonly<Record<TransferState, [string, string]>> = {
  waiting: ["…", "waits for approval"],
  open: ["▶", "under way"],
  suspended: ["❚❚", "waits for a contact"],
  delivered: ["✓", "delivered"],
  sent: ["✓", "sent; nobody says whether it arrived"],
  failed: ["✕", "failed"],
};

/** A mark and the words for where a transfer stands. */
export function stateOf(one: Transfer): { mark: string; words: string; tone: "good" | "bad" | "warn" | "plain" } {
  const [mark, words] = MARKS[one.state];
  const tone = one.state === "failed" ? "bad" : one.state === "delivered" ? "good" : one.state === "sent" || one.state === "waiting" ? "warn" : "plain";
  return { mark, words: one.direction === "down" && one.state === "delivered" ? "received" : words, tone };
}

/** Whether somebody could still give it up. */
export function goesOn(one: Transfer): boolean {
  return one.state === "waiting" || one.state === "open" || one.state === "suspended";
}

/** From 0 to 1; null while nobody knows how long the file is. */
export function shareOf(one: Transfer): number | null {
  if (one.octets === null) return null;
  return one.octets === 0 ? 1 : Math.min(1, one.done_octets / one.octets);
}

/** `20.0 kB`, with decimal prefixes. */
export function formatOctets(octets: number): string {
  const units = ["B", "kB", "MB", "GB"];
  const power = Math.min(units.length - 1, octets < 1000 ? 0 : Math.floor(Math.log10(octets) / 3));
  return `${power === 0 ? octets : (octets / 1000 ** power).toFixed(1)} ${units[power]}`;
}

/** Octets as the service takes them. */
export async function toBase64(file: Blob): Promise<string> {
  const octets = new Uint8Array(await file.arrayBuffer());
  const PIECE = 0x8000; // a call takes only so many arguments
  let text = "";
  for (let at = 0; at < octets.length; at += PIECE) text += String.fromCharCode(...octets.subarray(at, at + PIECE));
  return btoa(text);
}
