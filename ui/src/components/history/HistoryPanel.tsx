/** Every command there was and is: filters, each one's whole life, and the table as a file. */

import { useState } from "react";
import type { Command } from "../../contract/command";
import { csvOf, download } from "../../lib/export";
import { COLUMNS, type HistoryFilters, matches, mergedCommands, NO_FILTERS, queryOf, rowOf } from "../../lib/history";
import { useConsole } from "../../state/console";
import { useLive, useReading, useWork } from "../../state/hooks";
import { Notice } from "../common/Notice";
import { CommandRow } from "./CommandRow";
import { Filters } from "./Filters";

const PAGE = 100;
const EXPORT_PAGE = 200;

export function HistoryPanel() {
  const { client } = useConsole();
  const [filters, setFilters] = useState<HistoryFilters>(NO_FILTERS);
  const [pages, setPages] = useState(1);
  const connection = useLive((live) => live.connection);
  const live = useLive((state) => state.commands);
  const found = useReading(() => readPages(client.findCommands, filters, pages), [filters, pages, connection]);
  const exporting = useWork();
  const shown = mergedCommands((found.value?.commands ?? []).filter((one) => matches(filters, one)), live, filters);
  const save = (kind: "csv" | "json"): void =>
    void exporting.run(async () => {
      const { commands } = await readPages(client.findCommands, filters, Number.POSITIVE_INFINITY, EXPORT_PAGE);
      if (kind === "csv") download("commands.csv", "text/csv", csvOf(COLUMNS, commands.map(rowOf)));
      else download("commands.json", "application/json", JSON.stringify(commands, null, 2));
    });
  const change = (changed: HistoryFilters): void => {
    setFilters(changed);
    setPages(1);
  };
  return (
    <div className="panel">
      <div className="block-head">
        <h3>Commands</h3>
        <span className="row">
          <button className="button small" data-testid="export-csv" disabled={exporting.busy} onClick={() => save("csv")}>
            Save as CSV
          </button>
          <button className="button small" data-testid="export-json" disabled={exporting.busy} onClick={() => save("json")}>
            Save as JSON
          </button>
        </span>
      </div>
      <Filters filters={filters} onChange={change} />
      {found.error !== null && <Notice tone="bad">{found.error}</Notice>}
      {exporting.error !== null && <Notice tone="bad">Not saved: {exporting.error}</Notice>}
      <p className="muted" role="status" data-testid="history-count">
        {shown.length}
        {found.value?.more === true ? " or more" : ""} {shown.length === 1 ? "command" : "commands"}
      </p>
      {shown.length === 0 ? (
        <div className="empty-state">
          <h3>{filters === NO_FILTERS ? "No commands yet" : "No command is like that"}</h3>
          <p>{filters === NO_FILTERS ? "When a plan is approved, each of its commands appears here and goes from drafted to completed." : "Clear a filter to see more."}</p>
        </div>
      ) : (
        <ul className="commands">
          {shown.map((one) => (
            <CommandRow key={one.command_id} command={one} />
          ))}
        </ul>
      )}
      {found.value?.more === true && (
        <button className="button small" onClick={() => setPages(pages + 1)}>
          Read more
        </button>
      )}
    </div>
  );
}

type Find = (query: URLSearchParams) => Promise<{ items: Command[]; next_cursor: string | null }>;

async function readPages(find: Find, filters: HistoryFilters, most: number, size = PAGE): Promise<{ commands: Command[]; more: boolean }> {
  const commands: Command[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < most; page += 1) {
    const answer = await find(queryOf(filters, size, cursor));
    commands.push(...answer.items);
    cursor = answer.next_cursor;
    if (cursor === null) break;
  }
  return { commands, more: cursor !== null };
}
