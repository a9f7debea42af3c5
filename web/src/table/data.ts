// Tables as the page carries them.

export type Kind =
  | "text"
  | "count"
  | "bytes"
  | "share"
  | "delta_count"
  | "delta_bytes"
  | "rate"
  | "duration"
  | "status"
  | "stack"
  | "series";
export type Value = string | number | null | (string | number)[];

export interface Column {
  name: string;
  title: string;
  kind: Kind;
  help: string;
}

export interface TableData {
  name: string;
  title: string;
  columns: Column[];
  rows: Value[][];
  /** Where source lines are, with {file} and {line}. */
  sourceUrl: string | null;
}

/** RFC 4180, with the numbers as they are and frames joined by semicolons. */
export function toCsv(columns: Column[], rows: Value[][]): string {
  const quote = (value: Value): string => {
    const text = value === null ? "" : Array.isArray(value) ? value.join(";") : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [columns.map((column) => column.name), ...rows];
  return lines.map((line) => line.map(quote).join(",")).join("\r\n") + "\r\n";
}

export function textOf(value: Value): string {
  return Array.isArray(value) ? value.join(" ") : String(value ?? "");
}

export function matches(row: Value[], needle: string): boolean {
  return row.some((value) => textOf(value).toLowerCase().includes(needle));
}

/** Numbers by size, words by the alphabet, what is missing always last. */
export function compare(a: Value, b: Value, direction: string): number {
  if (a === null || b === null) {
    const missing = (a === null ? 1 : 0) - (b === null ? 1 : 0);
    return direction === "asc" ? missing : -missing;
  }
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (Array.isArray(a) && Array.isArray(b) && typeof a[0] === "number") {
    return Number(a.at(-1)) - Number(b.at(-1));
  }
  return textOf(a).localeCompare(textOf(b), "en");
}

export interface Sort {
  column: number;
  direction: "asc" | "desc";
}

/** The rows in that order; without one as they are. */
export function sorted(rows: Value[][], sort: Sort | undefined): Value[][] {
  if (!sort) return rows;
  const { column, direction } = sort;
  const sign = direction === "asc" ? 1 : -1;
  return rows.toSorted((a, b) => sign * compare(a[column] ?? null, b[column] ?? null, direction));
}

/** The owner that a row is of, where it has one. */
export function ownerOf(data: TableData, row: Value[]): string {
  return textOf(row[data.columns.findIndex((column) => column.name === "owner")] ?? null);
}
