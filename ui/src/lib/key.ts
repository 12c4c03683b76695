/** A key that makes a repeated request recognisable. */

/** 128 random bits in hexadecimal; `crypto.randomUUID` exists only on HTTPS and localhost. */
export function freshKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((one) => one.toString(16).padStart(2, "0")).join("");
}
