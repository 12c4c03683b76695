/** The conversation: what was said, what the agent does, and where it waits for a person. */

import { useEffect, useLayoutEffect, useRef } from "react";
import { EMPTY_CONVERSATION, type Item } from "../../state/conversation";
import { useConsole } from "../../state/console";
import { useLive, useView } from "../../state/hooks";
import { Guard } from "../common/Guard";
import { Markdown } from "../common/Markdown";
import { Notice } from "../common/Notice";
import { Composer } from "./Composer";
import { ReviewCard } from "./ReviewCard";
import { Steps } from "./Steps";
import { ToolCard } from "./ToolCard";

const NO_WORDS: readonly string[] = [];

export function Chat() {
  const id = useView((view) => view.conversationId);
  const state = useLive((live) => (id === null ? undefined : live.conversations[id])) ?? EMPTY_CONVERSATION;
  const words = useLive((live) => (id === null ? undefined : live.words[id])) ?? NO_WORDS;
  const { view } = useConsole();
  const planId = state.interrupt?.plan_id ?? null;
  useEffect(() => {
    if (planId !== null) view.dispatch({ planId, tab: "plan", activityId: null });
  }, [view, planId]);
  const waiting = words.slice(state.wordsUsed);
  const log = useFollowingScroll(state, waiting.length);
  return (
    <main className="chat" aria-label="Conversation">
      <div className="chat-log" role="log" aria-live="polite" aria-relevant="additions text" tabIndex={0} ref={log}>
        {state.items.length === 0 && waiting.length === 0 && <Welcome />}
        {state.items.map((item) => (
          <Guard key={item.key} name="This part of the conversation">
            <ItemView item={item} words={words} open={state.interrupt} />
          </Guard>
        ))}
        {waiting.map((text, index) => (
          <UserWords key={`waiting-${state.wordsUsed + index}`} text={text} />
        ))}
        {waiting.length > 0 && !state.running && <p className="muted waiting-note">Accepted, waiting for its turn…</p>}
      </div>
      <LiveProblem />
      <Composer running={state.running} reviewing={state.interrupt !== null} />
    </main>
  );
}

/** Keeps the newest line in view unless the reader has scrolled up. */
function useFollowingScroll(...changes: unknown[]) {
  const element = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  useEffect(() => {
    const log = element.current;
    if (log === null) return;
    const watch = (): void => {
      atEnd.current = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
    };
    log.addEventListener("scroll", watch, { passive: true });
    return () => log.removeEventListener("scroll", watch);
  }, []);
  useLayoutEffect(() => {
    if (atEnd.current && element.current !== null) element.current.scrollTop = element.current.scrollHeight;
  }, changes);
  return element;
}

interface ItemProps {
  item: Item;
  words: readonly string[];
  open: unknown;
}

function ItemView({ item, words, open }: ItemProps) {
  switch (item.kind) {
    case "words":
      return <UserWords text={words[item.index] ?? "(words of another console, loading…)"} />;
    case "steps":
      return <Steps steps={item.steps} />;
    case "text":
      return (
        <article className="message assistant" data-testid="message-assistant" data-streaming={item.streaming}>
          <Markdown text={item.text} />
          {item.streaming && <span className="caret" aria-hidden="true" />}
        </article>
      );
    case "tool":
      return <ToolCard call={item.call} />;
    case "interrupt":
      return <ReviewCard interrupt={item.interrupt} current={open === item.interrupt} />;
    case "error":
      return (
        <Notice tone="bad">
          <strong>The run stopped.</strong> {item.message} {item.code !== "" && <code>{item.code}</code>}
        </Notice>
      );
  }
}

function UserWords({ text }: { text: string }) {
  return (
    <article className="message user" data-testid="message-user">
      {text}
    </article>
  );
}

const EXAMPLES = [
  "Downlink 800 MB from LSAT-1 at Svalbard before tomorrow noon, then point it at the sun for 45 minutes",
  "When are the next passes of LSAT-2 over Kiruna?",
  "Image Mount Etna with LSAT-3 in daylight tomorrow, off-nadir below 20 degrees",
  "How is the battery of LSAT-4?",
];

function Welcome() {
  const mission = useView((view) => view.mission);
  return (
    <div className="welcome">
      <h2>What should the fleet do?</h2>
      <p className="muted">
        Write it in your own words. A plan is drafted, simulated and checked; nothing is sent before a person has approved
        that exact plan.
      </p>
      <ul className="examples" aria-label="Example requests">
        {EXAMPLES.filter((text) => mission?.name === undefined || mentionsOnly(text, mission.spacecraft.map((one) => one.id))).map(
          (text) => (
            <li key={text}>
              <button className="example" onClick={() => fillComposer(text)}>
                {text}
              </button>
            </li>
          ),
        )}
      </ul>
    </div>
  );
}

function mentionsOnly(text: string, satellites: readonly string[]): boolean {
  return (text.match(/LSAT-\d/g) ?? []).every((one) => satellites.includes(one));
}

/** Puts words into the input through the event that the input listens to. */
function fillComposer(text: string): void {
  window.dispatchEvent(new CustomEvent("console:fill", { detail: text }));
}

function LiveProblem() {
  const problem = useLive((live) => live.problem);
  const connection = useLive((live) => live.connection);
  const { live } = useConsole();
  if (connection === "waiting") {
    return (
      <Notice tone="warn">
        The service is not reachable. The console keeps trying and catches up by itself; what you see may be out of date.
      </Notice>
    );
  }
  if (problem === null) return null;
  return (
    <Notice tone="bad" onClose={() => live.dispatch({ type: "problem-seen" })}>
      {problem.detail || problem.title}
    </Notice>
  );
}
