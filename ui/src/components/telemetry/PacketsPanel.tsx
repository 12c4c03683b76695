/** Packets of a spacecraft by time and container, the newest first; one of them opened. */

import { useState } from "react";
import type { Packet } from "../../contract/telemetry";
import { formatOctets } from "../../lib/files";
import { type PacketFilters, queryOf } from "../../lib/packets";
import { formatInstant } from "../../lib/plot";
import { formatDateTime } from "../../lib/time";
import { useConsole } from "../../state/console";
import { useLive, useReading, useView } from "../../state/hooks";
import { Notice } from "../common/Notice";
import { UtcInput } from "../common/UtcInput";
import { OpenedPacketView } from "./OpenedPacketView";

const PAGE = 50;

export function PacketsPanel() {
  const mission = useView((view) => view.mission);
  const [chosen, setChosen] = useState("");
  const satellite = chosen !== "" ? chosen : (mission?.spacecraft[0]?.id ?? "");
  if (satellite === "") return <p className="muted">Loading the mission…</p>;
  return (
    <div className="panel">
      <div className="block-head">
        <h3>Packets</h3>
        <label className="check">
          Spacecraft{" "}
          <select value={satellite} data-testid="packets-satellite" onChange={(event) => setChosen(event.target.value)}>
            {mission?.spacecraft.map((one) => (
              <option key={one.id}>{one.id}</option>
            ))}
          </select>
        </label>
      </div>
      <PacketsOf key={satellite} satellite={satellite} />
    </div>
  );
}

function PacketsOf({ satellite }: { satellite: string }) {
  const { client } = useConsole();
  const connection = useLive((live) => live.connection);
  const [filters, setFilters] = useState<PacketFilters>({ satellite, container: "", start: "", end: "" });
  const [pages, setPages] = useState(1);
  const [opened, setOpened] = useState<string | null>(null);
  const known = useReading(() => client.parameters(satellite), [connection]);
  const found = useReading(async () => {
    const packets: Packet[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < pages; page += 1) {
      const answer = await client.packets(queryOf(filters, PAGE, cursor));
      packets.push(...answer.items);
      cursor = answer.next_cursor;
      if (cursor === null) break;
    }
    return { packets, more: cursor !== null };
  }, [filters, pages, connection]);
  const set = (change: Partial<PacketFilters>): void => {
    setFilters({ ...filters, ...change });
    setPages(1);
  };
  const packets = found.value?.packets ?? [];
  return (
    <>
      {connection !== "open" && <Notice tone="warn">Not connected: what is shown may be old.</Notice>}
      <form className="filters" role="search" aria-label="Filter packets" onSubmit={(event) => event.preventDefault()}>
        <label>
          Container
          <select value={filters.container} data-testid="packets-container" onChange={(event) => set({ container: event.target.value })}>
            <option value="">any</option>
            {known.value?.containers.map((one) => (
              <option key={one} value={one}>
                {one === "-" ? "none: without a meaning" : one}
              </option>
            ))}
          </select>
        </label>
        <label>
          From (UTC)
          <UtcInput value={filters.start} onChange={(start) => set({ start })} />
        </label>
        <label>
          To (UTC)
          <UtcInput value={filters.end} onChange={(end) => set({ end })} />
        </label>
      </form>
      <div className="block-head">
        <span className="muted" role="status" data-testid="packets-count">
          {packets.length}
          {found.value?.more === true ? " or more" : ""} packets
          {filters.start === "" && ` of the 24 hours before ${filters.end === "" ? "now" : "the end"}`}, the newest first
        </span>
        <button className="button small" onClick={found.again}>
          Read anew
        </button>
      </div>
      {found.error !== null && <Notice tone="bad">{found.error}</Notice>}
      {found.value === null && found.error === null && <p className="muted">Loading packets…</p>}
      {found.value !== null && packets.length === 0 && <p className="empty">No packets in this range.</p>}
      {packets.length > 0 && (
        <div className="scroll-x">
          <table className="table packets">
            <thead>
              <tr>
                <th scope="col">Generated (UTC)</th>
                <th scope="col">Container</th>
                <th scope="col" className="right">
                  APID
                </th>
                <th scope="col" className="right">
                  Sequence
                </th>
                <th scope="col" className="right">
                  Size
                </th>
              </tr>
            </thead>
            <tbody>
              {packets.map((one) => (
                <PacketRow key={one.packet_id} packet={one} open={one.packet_id === opened} onToggle={() => setOpened(one.packet_id === opened ? null : one.packet_id)} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {found.value?.more === true && (
        <button className="button small" data-testid="more-packets" onClick={() => setPages(pages + 1)}>
          Earlier packets
        </button>
      )}
    </>
  );
}

function PacketRow({ packet, open, onToggle }: { packet: Packet; open: boolean; onToggle: () => void }) {
  return (
    <>
      <tr data-testid="packet" data-packet={packet.packet_id}>
        <td>
          <button className="text-button" aria-expanded={open} title={`received ${formatDateTime(packet.received)} UTC`} onClick={onToggle}>
            {formatInstant(Date.parse(packet.generated))}
          </button>
        </td>
        <td>
          {packet.container === "-" ? <span className="bad-text">✕ without a meaning</span> : packet.container}
          {packet.service > 0 && (
            <span className="muted">
              {" "}
              TM[{packet.service},{packet.subtype}]
            </span>
          )}
        </td>
        <td className="right">{packet.apid}</td>
        <td className="right">{packet.sequence}</td>
        <td className="right">{packet.size === null ? "removed" : formatOctets(packet.size)}</td>
      </tr>
      {open && (
        <tr>
          <td colSpan={5}>
            <OpenedPacketView satellite={packet.satellite} packetId={packet.packet_id} />
          </td>
        </tr>
      )}
    </>
  );
}
