/** One packet: its octets in hexadecimal beside its values; pointing at one shows the other. */

import { useState } from "react";
import type { OpenedPacket, PacketValue, Value } from "../../contract/telemetry";
import { formatNumber } from "../../lib/format";
import { linesOf, octetsOf, valuesAt, wordsOfPlace } from "../../lib/packets";
import { formatInstant } from "../../lib/plot";
import { useConsole } from "../../state/console";
import { useReading } from "../../state/hooks";
import { LevelBadge } from "../common/LevelBadge";
import { Notice } from "../common/Notice";

export function OpenedPacketView({ satellite, packetId }: { satellite: string; packetId: string }) {
  const { client } = useConsole();
  const reading = useReading(() => client.packet(satellite, packetId), [satellite, packetId]);
  if (reading.error !== null) return <Notice tone="bad">{reading.error}</Notice>;
  return reading.value === null ? <p className="muted">Loading the packet…</p> : <Opened packet={reading.value} />;
}

function Opened({ packet }: { packet: OpenedPacket }) {
  const [shown, setShown] = useState<string | null>(null);
  const value = packet.values.find((one) => one.name === shown);
  return (
    <div className="opened-packet" data-testid="opened-packet">
      <p className="muted">
        generated {formatInstant(Date.parse(packet.generated))}, received {formatInstant(Date.parse(packet.received))} UTC, packet {packet.packet_id}
        {packet.definitions.length > 0 && `, decoded with ${packet.definitions.map((one) => one.slice(0, 8)).join(", ")}`}
      </p>
      {packet.error !== "" && <Notice tone="bad">Without a meaning: {packet.error}</Notice>}
      <div className="opened-parts">
        {packet.octets === null ? <p className="empty">Its octets are no longer kept.</p> : <Octets hex={packet.octets} values={packet.values} shown={value} onShow={setShown} />}
        <Values values={packet.values} shown={shown} onShow={setShown} />
      </div>
    </div>
  );
}

interface OctetsProps {
  hex: string;
  values: readonly PacketValue[];
  shown: PacketValue | undefined;
  onShow: (name: string | null) => void;
}

function Octets({ hex, values, shown, onShow }: OctetsProps) {
  const place = shown === undefined ? null : octetsOf(shown);
  return (
    <div className="scroll-x">
      <table className="octets" aria-label="Octets in hexadecimal">
        <tbody>
          {linesOf(hex).map((line) => (
            <tr key={line.at}>
              <th scope="row">{line.at.toString(16).padStart(4, "0")}</th>
              {line.octets.map((octet, index) => {
                const at = line.at + index;
                const marked = place !== null && at >= place[0] && at < place[1];
                return (
                  <td key={at} className={marked ? "marked" : undefined} data-octet={at} onMouseEnter={() => onShow(valuesAt(values, at)[0]?.name ?? null)}>
                    {octet}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Values({ values, shown, onShow }: { values: readonly PacketValue[]; shown: string | null; onShow: (name: string | null) => void }) {
  if (values.length === 0) return <p className="empty">No values.</p>;
  return (
    <ul className="packet-values" aria-label="Values">
      {values.map((one) => (
        <li key={one.name}>
          <button className={one.name === shown ? "packet-value marked" : "packet-value"} data-testid="packet-value" data-name={one.name} onMouseEnter={() => onShow(one.name)} onFocus={() => onShow(one.name)}>
            <span className="parameter-name">{one.name}</span>
            <span>
              {one.value === null ? <span className="muted">means nothing</span> : `${plain(one.value)}${one.unit === "" || one.unit === "1" ? "" : ` ${one.unit}`}`}{" "}
              {one.level !== "normal" && <LevelBadge level={one.level} />}
            </span>
            <span className="muted">
              {one.raw !== null && `sent ${plain(one.raw)}`}
              {one.raw !== null && octetsOf(one) !== null && ", "}
              {wordsOfPlace(one)}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function plain(value: Value): string {
  return typeof value === "number" && !Number.isInteger(value) ? formatNumber(value) : String(value);
}
