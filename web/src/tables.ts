// Tables to sort, filter, leaf through and copy.

import {
  type CellComponent,
  type ColumnDefinition,
  FilterModule,
  FormatModule,
  InteractionModule,
  PageModule,
  ResizeColumnsModule,
  SortModule,
  Tabulator,
} from "tabulator-tables";
import { copyButton, h, svg } from "./dom";
import * as format from "./format";

Tabulator.registerModule([
  FilterModule,
  FormatModule,
  InteractionModule,
  PageModule,
  ResizeColumnsModule,
  SortModule,
]);

type Kind =
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
type Value = string | number | null | (string | number)[];

interface Column {
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
}

const PAGE = 15;
const MIN_WIDTHS: Partial<Record<Kind, number>> = {
  stack: 260,
  text: 120,
  rate: 104,
  series: 108,
};
// Sentences, which wrap; names are cut where they do not fit.
const SENTENCES = new Set(["why"]);
const NUMBERS: Partial<Record<Kind, (value: number) => string>> = {
  count: format.count,
  bytes: format.size,
  share: format.share,
  delta_count: (value) => format.signed(format.count(value)),
  delta_bytes: (value) => format.signed(format.size(value)),
  rate: (value) => format.signed(`${format.size(value)}/h`),
  duration: format.duration,
};

/** RFC 4180, with the numbers as they are and frames joined by semicolons. */
export function toCsv(columns: Column[], rows: Value[][]): string {
  const quote = (value: Value): string => {
    const text = value === null ? "" : Array.isArray(value) ? value.join(";") : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [columns.map((column) => column.name), ...rows];
  return lines.map((line) => line.map(quote).join(",")).join("\r\n") + "\r\n";
}

function sparkline(values: number[]): SVGElement {
  const [width, height] = [84, 20];
  const top = Math.max(...values, 1);
  const x = (i: number): number => 2 + (i * (width - 4)) / Math.max(1, values.length - 1);
  const y = (value: number): number => height - 3 - (Math.max(0, value) / top) * (height - 6);
  const points = values.map((value, i) => `${x(i)},${y(value)}`).join(" ");
  const drawing = svg("svg", { width, height, class: "sparkline", "aria-hidden": "true" });
  drawing.append(svg("polyline", { points }));
  const last = values.length - 1;
  drawing.append(svg("circle", { cx: x(last), cy: y(values[last] ?? 0), r: 2.2 }));
  return drawing;
}

/** A stack on one line from its owner outward, the whole of it a click away. */
function stackCell(frames: string[], owner: string, cell: CellComponent): HTMLElement {
  const start = Math.max(0, frames.indexOf(owner));
  const line = (start ? "\u2026 < " : "") + frames.slice(start).join(" < ");
  const lines = frames.map((frame) => h("li", frame === owner ? { class: "owner" } : {}, frame));
  const box = h("details", { class: "stack" }, h("summary", {}, line), h("ol", {}, ...lines));
  box.addEventListener("toggle", () => cell.getRow().normalizeHeight());
  return box;
}

function shareCell(value: number): HTMLElement {
  const bar = h("i");
  bar.style.width = `${Math.max(0, Math.min(100, 100 * value))}%`;
  return h(
    "span",
    { class: "share" },
    h("span", {}, format.share(value)),
    h("span", { class: "share-track" }, bar),
  );
}

function draw(kind: Kind, owner: string, cell: CellComponent): HTMLElement | SVGElement {
  const value = cell.getValue() as Value;
  if (value === null) return h("span", { class: "none" }, "\u2013");
  if (Array.isArray(value)) {
    return kind === "series"
      ? sparkline(value.map(Number))
      : stackCell(value.map(String), owner, cell);
  }
  if (kind === "share") return shareCell(Number(value));
  if (kind === "status")
    return h("span", { class: `badge ${badge(String(value))}` }, String(value));
  const write = NUMBERS[kind];
  const text = write && typeof value === "number" ? write(value) : String(value);
  const signed = kind.startsWith("delta") || kind === "rate";
  const way =
    signed && typeof value === "number" ? (value > 0 ? "up" : value < 0 ? "down" : "") : "";
  // A name that is cut is told by a hover.
  const hint: Record<string, string> = kind === "text" ? { title: text } : {};
  return h("span", way ? { class: way } : hint, text);
}

function badge(status: string): string {
  if (/^(new|grown|leak|growing|suspect)/i.test(status)) return "badge-up";
  return /^(gone|shrunk)/i.test(status) ? "badge-down" : "";
}

function textOf(value: Value): string {
  return Array.isArray(value) ? value.join(" ") : String(value ?? "");
}

/** Numbers by size, words by the alphabet, what is missing always last. */
function sorter(a: Value, b: Value, direction: string): number {
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

export class TablePanel {
  private readonly table: Tabulator;
  private readonly shown = h("output", { class: "table-count" });
  private needle = "";

  constructor(
    private readonly data: TableData,
    frame: HTMLElement,
  ) {
    const place = h("div", { class: "table" });
    frame.querySelector("table")?.classList.add("print-only");
    frame.querySelector("p")?.classList.add("print-only");
    frame.prepend(this.toolbar(), place);
    this.table = new Tabulator(place, {
      data: data.rows.map((row) => Object.fromEntries(row.map((value, i) => [`c${i}`, value]))),
      columns: data.columns.map((column, i) => this.column(column, i)),
      layout: "fitColumns",
      pagination: data.rows.length > PAGE,
      paginationSize: PAGE,
      paginationButtonCount: 3,
      placeholder: "No rows match",
      headerSortElement: "<span></span>",
    });
    this.table.on("tableBuilt", () => this.built(place));
    this.table.on("dataFiltered", (_filters, rows) => this.showCount(rows.length));
  }

  private column({ name, title, kind, help }: Column, i: number): ColumnDefinition {
    const numeric = kind in NUMBERS;
    const wraps = SENTENCES.has(name);
    return {
      title,
      field: `c${i}`,
      titleFormatter: () => h("span", help ? { title: help } : {}, title),
      formatter: (cell) => draw(kind, this.ownerOf(cell), cell) as HTMLElement,
      sorter: (a, b, _rowA, _rowB, _column, direction) => sorter(a as Value, b as Value, direction),
      headerSortStartingDir: numeric || kind === "series" ? "desc" : "asc",
      hozAlign: numeric ? "right" : "left",
      headerHozAlign: numeric ? "right" : "left",
      minWidth: kind === "status" ? this.badgeWidth(i) : (MIN_WIDTHS[kind] ?? 84),
      widthGrow: kind === "stack" ? 6 : wraps ? 3 : kind === "text" ? 2 : 1,
      variableHeight: wraps,
      cssClass: `kind-${kind}${wraps ? " wraps" : ""}`,
    };
  }

  /** So wide that the longest badge of a column is not cut. */
  private badgeWidth(i: number): number {
    const longest = Math.max(0, ...this.data.rows.map((row) => textOf(row[i] ?? null).length));
    return Math.max(84, 30 + 6.5 * longest);
  }

  private ownerOf(cell: CellComponent): string {
    const at = this.data.columns.findIndex((column) => column.name === "owner");
    const row = cell.getData() as Record<string, Value>;
    return textOf(row[`c${at}`] ?? null);
  }

  private toolbar(): HTMLElement {
    const filter = h("input", {
      type: "search",
      placeholder: "Filter rows",
      "aria-label": `Filter ${this.data.title}`,
    });
    filter.addEventListener("input", () => {
      this.needle = filter.value.trim().toLowerCase();
      if (this.needle) this.table.setFilter((row: Record<string, Value>) => this.matches(row));
      else this.table.clearFilter(true);
    });
    const copy = copyButton("Copy as CSV", () => this.csv());
    return h("div", { class: "toolbar" }, filter, copy, this.shown);
  }

  private matches(row: Record<string, Value>): boolean {
    return Object.values(row).some((value) => textOf(value).toLowerCase().includes(this.needle));
  }

  /** All rows that the filter lets through, in the order shown, not this page of them alone. */
  private csv(): string {
    const rows = this.table.getData("active") as Record<string, Value>[];
    const { columns } = this.data;
    return toCsv(
      columns,
      rows.map((row) => columns.map((_, i) => row[`c${i}`] ?? null)),
    );
  }

  private showCount(rows: number): void {
    const all = this.data.rows.length;
    const every = rows === all;
    this.shown.textContent = every
      ? `${format.count(all)} rows`
      : `${format.count(rows)} of ${format.count(all)} rows`;
  }

  /** Headers take the focus and sort by key as they do by click. */
  private built(place: HTMLElement): void {
    this.showCount(this.data.rows.length);
    for (const header of place.querySelectorAll<HTMLElement>(".tabulator-col.tabulator-sortable")) {
      header.tabIndex = 0;
      header.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        header.click();
      });
    }
  }
}
