// Numbers as people read them. pageowner_sql/output/units.py says the same outside the browser.

const BINARY = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
const MINUS = "\u2212";

export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US").replace("-", MINUS);
}

function threeFigures(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

export function size(bytes: number): string {
  const sign = bytes < 0 ? MINUS : "";
  let value = Math.abs(bytes);
  let step = 0;
  while (value >= 1023.5 && step < BINARY.length - 1) {
    value /= 1024;
    step += 1;
  }
  return `${sign}${step ? threeFigures(value) : value.toFixed(0)} ${BINARY[step]}`;
}

export function share(part: number): string {
  if (part > 0 && part < 0.0005) return "<0.1 %";
  return `${(100 * part).toFixed(1)} %`;
}

export function signed(text: string): string {
  if (text.startsWith(MINUS)) return text;
  return text.split(" ")[0] === "0" ? "0" : `+${text}`;
}

const two = (value: number): string => String(value).padStart(2, "0");

export function duration(nanoseconds: number): string {
  const seconds = nanoseconds / 1e9;
  if (seconds < 1) return `${(seconds * 1000).toFixed(0)} ms`;
  if (seconds < 59.995) return `${threeFigures(seconds)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return `${minutes} min ${two(Math.round(seconds) % 60)} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${two(minutes % 60)} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

/** How a number of each kind of column is written. */
export const NUMBERS: Readonly<Record<string, (value: number) => string>> = {
  count,
  bytes: size,
  share,
  delta_count: (value) => signed(count(value)),
  delta_bytes: (value) => signed(size(value)),
  rate: (value) => signed(`${size(value)}/h`),
  duration,
};
