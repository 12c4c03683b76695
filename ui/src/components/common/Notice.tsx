/** A message in words near where it arose. */

import type { ReactNode } from "react";

export type Tone = "bad" | "warn" | "info" | "good";
const MARKS: Readonly<Record<Tone, string>> = { bad: "✕", warn: "!", info: "i", good: "✓" };

export function Notice({ tone, children, onClose }: { tone: Tone; children: ReactNode; onClose?: () => void }) {
  return (
    <div className={`notice notice-${tone}`} role={tone === "bad" ? "alert" : "status"}>
      <span className="notice-mark" aria-hidden="true">
        {MARKS[tone]}
      </span>
      <div className="notice-body">{children}</div>
      {onClose !== undefined && (
        <button className="icon-button" aria-label="Dismiss" onClick={onClose}>
          ✕
        </button>
      )}
    </div>
  );
}
