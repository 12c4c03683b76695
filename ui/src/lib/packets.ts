/** Packets as octets beside what they mean. Pure. */

import type { PacketValue } from "../contract/telemetry";

/** Octets of a packet sixteen to a line, each line with the place of its first. */
export function linesOf(hex: string): { at: number; octets: string[] }[] {
  const octets = hex.match(/../g) ?? [];
  const lines = [];
  for (let at = 0; at < octets.length; at += 16) lines.push({ at, octets: octets.slice(at, at + 16) });
  return lines;
}

/** The first octet of a value and the one behind its last; null where its place is not known. */
export function octetsOf(value: PacketValue): [number, number] | null {
  if (value.offset_bits === null || value.size_bits === null) return null;
  return [Math.floor(value.offset_bits / 8), Math.ceil((value.offset_bits + value.size_bits) / 8)];
}

/** The values that an octet is a part of. */
export function valuesAt(values: readonly PacketValue[], octet: number): PacketValue[] {
  return values.filter((one) => {
    const place = octetsOf(one);
    return place !== null && octet >= place[0] && octet < place[1];
  });
}

/** `octet 12`, `octets 12 to 15`, `octet 12, bits 2 to 4`: octets count from 0, bits from the most significant one of the first octet. */
export function wordsOfPlace(value: PacketValue): string {
  const place = octetsOf(value);
  if (place === null) return "";
  const { offset_bits, size_bits } = value as { offset_bits: number; size_bits: number };
  const [first, end] = place;
  const octets = end - first === 1 ? `octet ${first}` : `octets ${first} to ${end - 1}`;
  if (offset_bits % 8 === 0 && size_bits % 8 === 0) return octets;
  const bit = offset_bits % 8;
  return size_bits === 1 ? `${octets}, bit ${bit}` : `${octets}, bits ${bit} to ${bit + size_bits - 1}`;
}

export interface PacketFilters {
  satellite: string;
  container: string;
  start: string;
  end: string;
}

/** The query of a page of packets. */
export function queryOf({ satellite, container, start, end }: PacketFilters, limit: number, cursor: string | null): URLSearchParams {
  const query = new URLSearchParams({ satellite, limit: String(limit) });
  for (const [name, value] of Object.entries({ container, start, end, cursor: cursor ?? "" })) if (value !== "") query.set(name, value);
  return query;
}
