// Rows as a table whose cells are links: to what a name holds, and to the rows behind a number.

import { copyButton, h, svg } from "../dom";
import { address, type Column, type Row, type Rows, type Value } from "./api";
import { state } from "./state";
import { isNumber, lines, printable, written } from "./text";

export type Link = (row: Row, column: Column) => string | null;

const FORMATS = [
  ["csv", "CSV"],
  ["parquet", "Parquet"],
  ["arrows", "Arrow"],
  ["json", "JSON"],
] as const;

function compare(a: Value, b: Value): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return String(a).localeCompare(String(b), "en");
}

function sparkline(values: number[]): Element {
  const [width, height] = [84, 20];
  const top = Math.max(...values, 1);
  const x = (i: number): number => 2 + (i * (width - 4)) / Math.max(1, values.length - 1);
  const y = (value: number): number => height - 3 - (value / top) * (height - 6);
  const drawing = svg("svg", { width, height, class: "sparkline", "aria-hidden": "true" });
  drawing.append(svg("polyline", { points: values.map((v, i) => `${x(i)},${y(v)}`).join(" ") }));
  return drawing;
}

/** A stack on one line from its owner outward, the whole of it a click away. */
function stackCell(text: string, owner: Value): HTMLElement {
  const frames = text.split("\n").filter(Boolean).map(printable);
  const names = frames.map((frame) => frame.replace(/\+0x.*/, ""));
  const start = Math.max(0, names.indexOf(String(owner)));
  const short = (start ? "\u2026 < " : "") + names.slice(start, start + 5).join(" < ");
  const list = frames.map((frame, i) =>
    h("li", names[i] === owner ? { class: "owner" } : {}, frame),
  );
  return h("details", { class: "stack" }, h("summary", {}, short), h("ol", {}, ...list));
}

export class RowsTable {
  readonly element = h("div", { class: "rows" });
  private readonly body = h("tbody");
  private sorted = "";
  private down = false;

  constructor(
    private readonly answer: Rows,
    private readonly link: Link = () => null,
    private readonly columns: Column[] = answer.columns,
    title = "Rows",
  ) {
    const heads = columns.map((column) => this.head(column));
    if (answer.trend) heads.push(h("th", { scope: "col" }, "trend"));
    const table = h("table", { class: "grid" }, h("thead", {}, h("tr", {}, ...heads)), this.body);
    const place = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title });
    place.append(table);
    this.element.append(place);
    this.fill(answer.rows);
  }

  private head(column: Column): HTMLElement {
    const button = h("button", { type: "button" }, printable(column.name.replaceAll("_", " ")));
    const head = h("th", { scope: "col", class: this.classOf(column) }, button);
    button.addEventListener("click", () => {
      const numeric = this.classOf(column) === "number";
      this.down = this.sorted === column.name ? !this.down : numeric;
      this.sorted = column.name;
      for (const other of this.element.querySelectorAll("th")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", this.down ? "descending" : "ascending");
      const rows = [...this.answer.rows].sort((a, b) => {
        const [x, y] = [a[column.name] ?? null, b[column.name] ?? null];
        if (x === null || y === null) return (x === null ? 1 : 0) - (y === null ? 1 : 0);
        return this.down ? compare(y, x) : compare(x, y);
      });
      this.fill(rows);
    });
    return head;
  }

  private classOf(column: Column): string {
    return column.kind === "text" || column.kind === "stack" ? "text" : "number";
  }

  private fill(rows: Row[]): void {
    const trend = this.answer.trend;
    this.body.replaceChildren(
      ...rows.map((row) => {
        const cells = this.columns.map((column) => this.cell(row, column));
        if (trend) {
          const held = trend.held[this.answer.rows.indexOf(row)] ?? [];
          cells.push(h("td", {}, held.length ? (sparkline(held) as HTMLElement) : null));
        }
        return h("tr", {}, ...cells);
      }),
    );
    if (!rows.length) {
      const cell = h("td", { colspan: `${this.columns.length + 1}`, class: "none" }, "No rows");
      this.body.append(h("tr", {}, cell));
    }
  }

  private cell(row: Row, column: Column): HTMLTableCellElement {
    const value = row[column.name] ?? null;
    const target = this.link(row, column);
    if (column.kind === "stack" && typeof value === "string" && value.includes("\n")) {
      const more = target ? h("a", { href: target, class: "why" }, "explain") : null;
      return h("td", { class: "text" }, stackCell(value, row["owner"] ?? null), more);
    }
    const text =
      column.kind === "stack" && typeof value === "string"
        ? lines(value)
        : written(value, column.kind);
    const name = this.classOf(column) + (column.name === "why" ? " why" : "");
    const signed = column.kind?.startsWith("delta") && isNumber(column.kind, value);
    const way = signed && value ? (value > 0 ? " up" : " down") : "";
    const shown = target ? h("a", { href: target }, text) : text;
    const cell = h("td", { class: name + way }, shown);
    if (column.kind === "share" && typeof value === "number") {
      const bar = h("i", { class: "held" });
      bar.style.width = `${Math.max(0, Math.min(100, 100 * value))}%`;
      cell.append(bar);
    }
    if (/^(status|verdict)$/.test(column.name)) cell.classList.add("badge-cell");
    return cell;
  }
}

/** What stands below rows: notes, more of them, downloads, and the SQL. */
export function foot(
  answer: Rows,
  path: string,
  words: URLSearchParams,
  more: string | null,
): HTMLElement {
  const parts: (Node | null)[] = answer.notes.map((note) => h("p", { class: "note" }, lines(note)));
  if (answer.truncated) {
    const text = `The first ${answer.rows.length} rows. `;
    const link = more ? h("a", { href: more }, "Show more") : null;
    parts.push(h("p", { class: "note" }, text, link));
  }
  const links = FORMATS.map(([form, title]) => {
    const asked = new URLSearchParams(words);
    for (const name of ["with", "limit"]) asked.delete(name);
    asked.set("format", form);
    if (form === "json") asked.set("limit", "10000");
    return h("a", { href: address(path, asked), download: `rows.${form}` }, title);
  });
  parts.push(h("p", { class: "downloads" }, "Download ", ...links.flatMap((l) => [l, " "])));
  parts.push(sqlBox(answer.sql));
  return h("div", { class: "foot" }, ...parts);
}

export function sqlBox(sql: string): HTMLElement {
  const words = new URLSearchParams({ view: "sql", sql });
  // It may name a dump by the number that it has with these samples.
  for (const dump of state().getAll("dump")) words.append("dump", dump);
  const open = h("a", { href: `?${words}` }, "Change it");
  return h(
    "details",
    { class: "sql" },
    h("summary", {}, "SQL"),
    h("pre", { tabindex: "0" }, lines(sql)),
    copyButton("Copy SQL", () => sql),
    " ",
    open,
  );
}
