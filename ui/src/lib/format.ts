/** Numbers with their units. */

const BYTES: readonly [number, string][] = [
  [1e12, "TB"],
  [1e9, "GB"],
  [1e6, "MB"],
  [1e3, "kB"],
];

/** A short decimal: four significant digits, no trailing zeros, no exponent for everyday sizes. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return "—";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-4) return value.toExponential(2).replace("-", "−").replace("e+", "e");
  const text = size >= 1000 ? String(Math.round(value)) : String(Number(value.toPrecision(4)));
  return text.replace("-", "−");
}

interface Display {
  unit: string;
  convert: (value: number) => number;
}

const DISPLAYS: Readonly<Record<string, Display>> = {
  "1": { unit: "", convert: (value) => value },
  K: { unit: "°C", convert: (value) => value - 273.15 },
  Pa: { unit: "bar", convert: (value) => value / 1e5 },
  degC: { unit: "°C", convert: (value) => value },
  deg: { unit: "°", convert: (value) => value },
  rad: { unit: "°", convert: (value) => (value * 180) / Math.PI },
};

const PERCENT: Display = { unit: "%", convert: (value) => value * 100 };
const KILOMETRES: Display = { unit: "km", convert: (value) => value / 1000 };
const FRACTIONS = new Set(["soc", "state_of_charge", "data_store_fraction"]);

/** How a quantity is shown: its unit for people and the conversion to it. */
export function displayOf(quantity: string, unit: string, size = 0): Display {
  if (FRACTIONS.has(quantity) && (unit === "1" || unit === "")) return PERCENT;
  if (unit === "B" || unit === "byte" || unit === "bytes") {
    const [factor, name] = BYTES.find(([least]) => Math.abs(size) >= least) ?? [1, "B"];
    return { unit: name, convert: (value) => value / factor };
  }
  if (unit === "m" && Math.abs(size) >= 10_000) return KILOMETRES;
  return DISPLAYS[unit] ?? { unit, convert: (value) => value };
}

/** `92 %`, `800 MB`, `11 °C`, `120 W`. */
export function formatQuantity(quantity: string, value: number | null, unit: string): string {
  if (value === null) return "—";
  const display = displayOf(quantity, unit, value);
  const shown = formatNumber(display.convert(value));
  return display.unit === "" ? shown : `${shown} ${display.unit}`;
}

/** A margin: like a quantity, but a difference, so a temperature is in kelvin. */
export function formatMargin(quantity: string, value: number | null, unit: string): string {
  if (value === null) return "—";
  const text = unit === "K" ? `${formatNumber(value)} K` : formatQuantity(quantity, value, unit);
  return value > 0 ? `+${text}` : text;
}

/** `data_stored_bytes` to `data stored`: the unit stands beside the value. */
export function quantityName(name: string): string {
  return (NAMES[name] ?? name.replace(UNIT_ENDING, "")).replaceAll("_", " ");
}

const NAMES: Readonly<Record<string, string>> = {
  soc: "battery charge",
  bus_power_w: "bus power",
  data_store_bytes: "data store",
  data_stored_bytes: "data store",
  battery_temp_c: "battery temp.",
};

const UNIT_ENDING = /_(bytes|w|v|a|kg|pa|k|c|m|deg|rad_s|n_m_s)$/;

/** The first eight digits of a hash. */
export function shortHash(hash: string): string {
  return hash.slice(0, 8);
}

/** Any JSON value on one line, for arguments. */
export function formatValue(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : formatNumber(value);
  return JSON.stringify(value);
}

/** A time that a computation took: `12 ms`, `1.25 s`. */
export function formatElapsed(seconds: number): string {
  return seconds < 1 ? `${Math.max(1, Math.round(seconds * 1000))} ms` : `${formatNumber(Number(seconds.toFixed(2)))} s`;
}
