/** A time in UTC as it is written everywhere here; the browser's own field would follow the locale and the local zone. */

import { useState } from "react";
import { formatDateTime, readUtc } from "../../lib/time";

interface UtcInputProps {
  /** ISO 8601; empty for none. */
  value: string;
  onChange: (iso: string) => void;
  label?: string;
  required?: boolean;
}

export function UtcInput({ value, onChange, label, required = false }: UtcInputProps) {
  const [text, setText] = useState<string | null>(null);
  const shown = text ?? (value === "" ? "" : formatDateTime(value));
  const read = readUtc(shown);
  const wrong = shown.trim() === "" ? required : read === null;
  return (
    <input
      className="utc-input"
      aria-label={label}
      aria-invalid={wrong}
      title="UTC, as 2026-11-23 05:58:00"
      placeholder="YYYY-MM-DD hh:mm"
      value={shown}
      maxLength={19}
      onChange={(event) => {
        const written = event.target.value;
        setText(written);
        const found = readUtc(written);
        if (found !== null) onChange(found);
        else if (written.trim() === "" && !required) onChange("");
      }}
      onBlur={() => setText(null)}
    />
  );
}
