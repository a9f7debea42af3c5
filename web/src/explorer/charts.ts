// Charts of rows: bars, lines, points and histograms of at most some hundred marks.

import { h, svg } from "../dom";
import type { Column, Row, Rows } from "./api";
import { written } from "./text";

export type Kind = "bar" | "line" | "scatter" | "histogram";

const [WIDTH, HEIGHT] = [900, 300];
const EDGE = { top: 12, right: 16, bottom: 46, left: 92 };
const MOST = 1000;
const BINS = 30;

export function numeric(columns: Column[]): Column[] {
  return columns.filter((column) => column.kind !== "text" && column.kind !== "stack");
}

/** The kind of chart that fits the columns; null where no number is among them. */
export function fitting(answer: Rows): Kind | null {
  const numbers = numeric(answer.columns).length;
  if (!numbers || !answer.rows.length) return null;
  if (numbers < answer.columns.length) return "bar";
  return numbers > 1 ? "scatter" : "histogram";
}

function number(row: Row, column: Column): number {
  return Number(row[column.name] ?? 0);
}

/** Bars from zero, one a row, each with its name; `link` leads to what is behind it. */
export function bars(
  rows: Row[],
  name: Column,
  value: Column,
  link: (row: Row) => string | null = () => null,
): HTMLElement {
  const top = Math.max(...rows.map((row) => Math.abs(number(row, value))), 1);
  const list = rows.slice(0, 100).map((row) => {
    const bar = h("i", { class: "held" });
    bar.style.width = `${(100 * Math.abs(number(row, value))) / top}%`;
    const text = written(row[name.name] ?? null, name.kind);
    const target = link(row);
    return h(
      "li",
      {},
      h("span", { class: "bar-name" }, target ? h("a", { href: target }, text) : text),
      h("span", { class: "bar-track" }, bar),
      h("b", {}, written(row[value.name] ?? null, value.kind)),
    );
  });
  return h("ul", { class: "bars" }, ...list);
}

interface Scale {
  (value: number): number;
  from: number;
  to: number;
}

function scale(values: number[], from: number, to: number, zero: boolean): Scale {
  const low = Math.min(...values, ...(zero ? [0] : []));
  const high = Math.max(...values, ...(zero ? [0] : []));
  const span = high - low || 1;
  return Object.assign((value: number) => from + ((value - low) / span) * (to - from), {
    from: low,
    to: low + span,
  });
}

/** A chart of two columns; `x` may hold names, which then stand side by side. */
export function chart(answer: Rows, kind: Kind, x: Column, y: Column): HTMLElement {
  if (kind === "bar") return bars(answer.rows, x, y);
  const rows = answer.rows.slice(0, MOST);
  if (kind === "histogram") return histogram(rows, y);
  const named = x.kind === "text" || x.kind === "stack";
  const across = rows.map((row, i) => (named ? i : number(row, x)));
  const up = rows.map((row) => number(row, y));
  const sx = scale(across, EDGE.left, WIDTH - EDGE.right, false);
  const sy = scale(up, HEIGHT - EDGE.bottom, EDGE.top, true);
  const drawing = frame(`${y.name} by ${x.name}`, sx, sy, x, y);
  const at = rows.map((_, i) => [sx(across[i] ?? 0), sy(up[i] ?? 0)] as const);
  if (kind === "line") {
    const order = at.map((_, i) => i).sort((a, b) => (across[a] ?? 0) - (across[b] ?? 0));
    const points = order.map((i) => at[i]?.join(",")).join(" ");
    drawing.append(svg("polyline", { points, class: "chart-line" }));
  }
  for (const [i, [cx, cy]] of at.entries()) {
    const mark = svg("circle", { cx, cy, r: 3, class: "chart-mark" });
    const title = svg("title");
    const row = rows[i] ?? {};
    title.textContent = [x, y].map((c) => written(row[c.name] ?? null, c.kind)).join(": ");
    mark.append(title);
    drawing.append(mark);
  }
  return h("div", { class: "chart" }, drawing as unknown as HTMLElement);
}

function histogram(rows: Row[], column: Column): HTMLElement {
  const values = rows.map((row) => number(row, column));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const width = (high - low) / BINS || 1;
  const counts = new Array<number>(BINS).fill(0);
  for (const value of values) {
    const bin = Math.min(BINS - 1, Math.floor((value - low) / width));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const sx = scale([low, low + width * BINS], EDGE.left, WIDTH - EDGE.right, false);
  const sy = scale(counts, HEIGHT - EDGE.bottom, EDGE.top, true);
  const rowsOf: Column = { name: "rows", type: "", kind: "count" };
  const drawing = frame(`rows by ${column.name}`, sx, sy, column, rowsOf);
  counts.forEach((count, bin) => {
    const x = sx(low + bin * width);
    const y = sy(count);
    const box = { x, y, width: Math.max(1, sx(low + width) - sx(low) - 1), height: sy(0) - y };
    drawing.append(svg("rect", { ...box, class: "chart-mark" }));
  });
  return h("div", { class: "chart" }, drawing as unknown as HTMLElement);
}

function frame(label: string, sx: Scale, sy: Scale, x: Column, y: Column): SVGElement {
  const drawing = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: "img",
    "aria-label": label,
  });
  for (const part of [0, 0.5, 1]) {
    const value = sy.from + part * (sy.to - sy.from);
    const at = sy(value);
    drawing.append(
      svg("line", { x1: EDGE.left, x2: WIDTH - EDGE.right, y1: at, y2: at, class: "chart-grid" }),
      words(EDGE.left - 8, at + 4, written(round(value), y.kind), "end"),
    );
  }
  if (x.kind !== "text" && x.kind !== "stack") {
    for (const [part, anchor] of [
      [0, "start"],
      [1, "end"],
    ] as const) {
      const value = sx.from + part * (sx.to - sx.from);
      drawing.append(words(sx(value), HEIGHT - 28, written(round(value), x.kind), anchor));
    }
  }
  drawing.append(words(WIDTH / 2, HEIGHT - 10, x.name, "middle"));
  return drawing;
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}

function words(x: number, y: number, text: string, anchor: string): SVGElement {
  const element = svg("text", { x, y, "text-anchor": anchor });
  element.textContent = text;
  return element;
}
