/** Where requests are written: Enter sends, Shift+Enter breaks the line, "/" comes here from anywhere. */

import { type KeyboardEvent, useCallback, useEffect, useRef, useState } from "react";
import { covers } from "../../contract/session";
import { freshKey } from "../../lib/key";
import { useConsole } from "../../state/console";
import { useView, useWork } from "../../state/hooks";
import { Notice } from "../common/Notice";

const LONGEST = 4000;
const DRAFT_KEY = "llamaspace.draft";

export function Composer({ running, reviewing }: { running: boolean; reviewing: boolean }) {
  const user = useView((view) => view.user);
  const { send } = useConsole();
  const [text, setText] = useState(() => sessionStorage.getItem(DRAFT_KEY) ?? "");
  const [key, setKey] = useState(() => freshKey());
  const work = useWork();
  const input = useRef<HTMLTextAreaElement>(null);
  const allowed = user !== null && covers(user.role, "operator");

  const change = useCallback((value: string): void => {
    setText(value);
    sessionStorage.setItem(DRAFT_KEY, value);
  }, []);
  useFocusKeys(input, change);

  const submit = async (): Promise<void> => {
    const words = text.trim();
    if (words === "" || work.busy || !allowed) return;
    // The same key goes with the same words, so that a repeated try never makes a second request.
    if (await work.run(() => send(words, key))) {
      change("");
      setKey(freshKey());
      input.current?.focus();
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    void submit();
  };

  const label = reviewing ? "Tell the agent what to change, or decide on the plan" : "What should the fleet do?";
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      {work.error !== null && (
        <Notice tone="bad" onClose={work.clear}>
          {work.error}
        </Notice>
      )}
      <div className="composer-row">
        <textarea
          ref={input}
          data-testid="chat-input"
          aria-label={label}
          placeholder={allowed ? label : "Your role may look on, but not make requests"}
          rows={2}
          maxLength={LONGEST}
          disabled={!allowed}
          value={text}
          onChange={(event) => change(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <button className="button primary" data-testid="send" disabled={!allowed || work.busy || text.trim() === ""}>
          {work.busy ? "Sending…" : reviewing ? "Respond" : "Send"}
        </button>
      </div>
      <p className="composer-hint">
        <kbd>Enter</kbd> sends · <kbd>Shift</kbd>+<kbd>Enter</kbd> new line · <kbd>/</kbd> comes here
        {running && <span className="working"> · the agent is working</span>}
        {text.length > LONGEST - 500 && ` · ${LONGEST - text.length} characters left`}
      </p>
    </form>
  );
}

function useFocusKeys(input: React.RefObject<HTMLTextAreaElement | null>, change: (value: string) => void): void {
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent): void => {
      const target = event.target as HTMLElement;
      const typing = target.matches("input, textarea, select, [contenteditable]");
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      input.current?.focus();
    };
    const onFill = (event: Event): void => {
      change((event as CustomEvent<string>).detail);
      input.current?.focus();
    };
    window.addEventListener("keydown", onKey);
    window.addEventListener("console:fill", onFill);
    return () => {
      window.removeEventListener("keydown", onKey);
      window.removeEventListener("console:fill", onFill);
    };
  }, [input, change]);
}
