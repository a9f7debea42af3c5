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
import { noState, type ViewState } from "../address";
import { copyButton, h, onPrint, onWidth } from "../dom";
import * as format from "../format";
import { cards } from "./cards";
import { draw, isNumber, plainTable } from "./cells";
import {
  type Column,
  compare,
  type Kind,
  matches,
  ownerOf,
  type Sort,
  sorted,
  type TableData,
  textOf,
  toCsv,
  type Value,
} from "./data";

Tabulator.registerModule([
  FilterModule,
  FormatModule,
  InteractionModule,
  PageModule,
  ResizeColumnsModule,
  SortModule,
]);

const PAGE = 15;
/** A screen that is narrower shows cards, px. */
const NARROW = 560;
const MIN_WIDTHS: Partial<Record<Kind, number>> = {
  stack: 260,
  text: 120,
  rate: 104,
  series: 108,
};
// Sentences, which wrap; names are cut where they do not fit.
const SENTENCES = new Set(["why"]);

type RowData = Record<string, Value>;

/** The element that shows a table; its filter and order are read from `state` and kept there. */
export function table(data: TableData, state: ViewState = noState()): HTMLElement {
  return new TablePanel(data, state).element;
}

class TablePanel {
  readonly element = h("div", { class: "table-view" });
  private readonly place = h("div", { class: "table" });
  private readonly shown = h("output", { class: "table-count" });
  private readonly filter = h("input", { type: "search", placeholder: "Filter rows" });
  private readonly order = h("select", { "aria-label": "Sort by" });
  private grid: Tabulator | undefined;
  private built = false;

  constructor(
    private readonly data: TableData,
    private readonly state: ViewState,
  ) {
    this.filter.setAttribute("aria-label", `Filter ${data.title}`);
    this.filter.addEventListener("input", () => {
      this.state.set({ filter: this.filter.value.trim() || null });
      this.show();
    });
    this.order.append(h("option", { value: "" }, "Sort by \u2026"));
    for (const { name, title } of data.columns) {
      this.order.append(h("option", { value: name }, title));
    }
    this.order.addEventListener("change", () => {
      this.state.set({ sort: this.order.value || null });
      this.show();
    });
    const copy = copyButton("Copy as CSV", () => this.csv());
    const bar = h("div", { class: "toolbar" }, this.filter, this.order, copy, this.shown);
    this.element.append(bar, this.place);
    this.state.onChange(() => {
      this.grid?.destroy();
      this.grid = undefined;
      this.show();
    });
    onWidth(this.element, () => this.show());
    onPrint(() => this.writeForPaper());
  }

  private get narrow(): boolean {
    return this.element.clientWidth < NARROW;
  }

  private get needle(): string {
    return (this.state.get("filter") ?? "").toLowerCase();
  }

  /** What it is sorted by, `name` or `-name` in the state; numbers from the largest on. */
  private get sort(): Sort | undefined {
    const said = this.state.get("sort") ?? "";
    const name = said.replace(/^[-+]/, "");
    const column = this.data.columns.findIndex((each) => each.name === name);
    if (column < 0) return undefined;
    const first = startOf(this.data.columns[column]?.kind ?? "text");
    return { column, direction: said[0] === "-" ? "desc" : said[0] === "+" ? "asc" : first };
  }

  private get rows(): Value[][] {
    const { needle } = this;
    return needle ? this.data.rows.filter((row) => matches(row, needle)) : this.data.rows;
  }

  private show(): void {
    if (!this.element.clientWidth) return;
    const { narrow } = this;
    this.filter.value = this.state.get("filter") ?? "";
    this.element.classList.toggle("narrow-table", narrow);
    this.showCount(this.rows.length);
    if (narrow) {
      this.grid?.destroy();
      this.grid = undefined;
      const { sort } = this;
      this.order.value = sort ? (this.data.columns[sort.column]?.name ?? "") : "";
      this.place.replaceChildren(cards(this.data, sorted(this.rows, sort)));
    } else if (!this.grid) this.makeGrid();
    // One that is being built filters its rows when it is done.
    else if (this.built) this.applyFilter(this.grid);
  }

  private makeGrid(): void {
    const frame = h("div");
    this.place.replaceChildren(frame);
    const { sort, data } = this;
    const grid = new Tabulator(frame, {
      data: data.rows.map((row) => Object.fromEntries(row.map((value, i) => [`c${i}`, value]))),
      columns: data.columns.map((column, i) => this.column(column, i)),
      layout: "fitColumns",
      pagination: data.rows.length > PAGE,
      paginationSize: PAGE,
      paginationButtonCount: 3,
      placeholder: "No rows match",
      headerSortElement: "<span></span>",
      ...(sort ? { initialSort: [{ column: `c${sort.column}`, dir: sort.direction }] } : {}),
    });
    this.grid = grid;
    this.built = false;
    grid.on("tableBuilt", () => {
      this.built = true;
      this.makeReachable(frame);
      this.applyFilter(grid);
      // What it is sorted by at first is known; from now on it is told.
      grid.on("dataSorted", (sorters) => {
        const [first] = sorters as { field: string; dir: string }[];
        const name = this.data.columns[Number(first?.field.slice(1))]?.name;
        const order = name ? `${first?.dir === "asc" ? "+" : "-"}${name}` : null;
        this.state.set({ sort: order });
      });
    });
  }

  private applyFilter(grid: Tabulator): void {
    const { needle } = this;
    const row = (each: RowData): Value[] => this.data.columns.map((_, i) => each[`c${i}`] ?? null);
    if (needle) grid.setFilter((each: RowData) => matches(row(each), needle));
    else grid.clearFilter(true);
  }

  private column({ name, title, kind, help }: Column, i: number): ColumnDefinition {
    const numeric = isNumber(kind);
    const wraps = SENTENCES.has(name);
    return {
      title,
      field: `c${i}`,
      titleFormatter: () => h("span", help ? { title: help } : {}, title),
      formatter: (cell) => this.cell(kind, cell) as HTMLElement,
      sorter: (a, b, _rowA, _rowB, _column, direction) =>
        compare(a as Value, b as Value, direction),
      headerSortStartingDir: startOf(kind),
      hozAlign: numeric ? "right" : "left",
      headerHozAlign: numeric ? "right" : "left",
      minWidth: kind === "status" ? this.badgeWidth(i) : (MIN_WIDTHS[kind] ?? 84),
      widthGrow: kind === "stack" ? 6 : wraps ? 3 : kind === "text" ? 2 : 1,
      variableHeight: wraps,
      cssClass: `kind-${kind}${wraps ? " wraps" : ""}`,
    };
  }

  private cell(kind: Kind, cell: CellComponent): HTMLElement | SVGElement {
    const row = cell.getData() as RowData;
    const owner = ownerOf(
      this.data,
      this.data.columns.map((_, i) => row[`c${i}`] ?? null),
    );
    const resized = (): void => cell.getRow().normalizeHeight();
    return draw(this.data, kind, cell.getValue() as Value, owner, resized);
  }

  /** So wide that the longest badge of a column is not cut. */
  private badgeWidth(i: number): number {
    const longest = Math.max(0, ...this.data.rows.map((row) => textOf(row[i] ?? null).length));
    return Math.max(84, 30 + 6.5 * longest);
  }

  /** All rows that the filter lets through, in the order shown, not this page of them alone. */
  private csv(): string {
    const { columns } = this.data;
    return toCsv(columns, sorted(this.rows, this.sort));
  }

  private showCount(rows: number): void {
    const all = this.data.rows.length;
    const every = rows === all;
    this.shown.textContent = every
      ? `${format.count(all)} rows`
      : `${format.count(rows)} of ${format.count(all)} rows`;
  }

  /** Headers take the focus and sort by key as they do by click. */
  private makeReachable(frame: HTMLElement): void {
    for (const header of frame.querySelectorAll<HTMLElement>(".tabulator-col.tabulator-sortable")) {
      header.tabIndex = 0;
      header.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        header.click();
      });
    }
  }

  /** Paper gets every row. */
  private writeForPaper(): void {
    this.element.querySelector(".print-only")?.remove();
    const paper = plainTable(this.data);
    paper.classList.add("print-only");
    this.element.append(paper);
  }
}

function startOf(kind: Kind): "asc" | "desc" {
  return isNumber(kind) || kind === "series" ? "desc" : "asc";
}
