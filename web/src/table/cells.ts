// One value of a table, drawn by its kind.

import { h, svg } from "../dom";
import * as format from "../format";
import { sourcePlace, splitFrame } from "../source";
import { type Kind, ownerOf, type TableData, type Value } from "./data";

export function isNumber(kind: Kind): boolean {
  return kind in format.NUMBERS;
}

/** The value as text, as pageowner_sql/output/report/cells.py writes it. */
export function plainText(kind: Kind, value: Value, owner: string): string {
  if (value === null) return "\u2013";
  if (Array.isArray(value)) {
    return kind === "series"
      ? value.map((each) => format.size(Number(each))).join(", ")
      : fromOwner(value.map(String), owner);
  }
  const write = format.NUMBERS[kind];
  return write && typeof value === "number" ? write(value) : String(value);
}

/** A stack on one line from its owner outward. */
function fromOwner(frames: string[], owner: string): string {
  const names = frames.map((frame) => splitFrame(frame).name);
  const start = Math.max(0, names.indexOf(owner));
  return (start ? "\u2026 < " : "") + names.slice(start).join(" < ");
}

/** The element of a value; `resized` is called when it has changed its height. */
export function draw(
  data: TableData,
  kind: Kind,
  value: Value,
  owner: string,
  resized: () => void,
): HTMLElement | SVGElement {
  if (value === null) return h("span", { class: "none" }, "\u2013");
  if (Array.isArray(value)) {
    return kind === "series"
      ? sparkline(value.map(Number))
      : stackCell(data, value.map(String), owner, resized);
  }
  if (kind === "share") return shareCell(Number(value));
  const text = plainText(kind, value, owner);
  if (kind === "status") return h("span", { class: `badge ${badge(text)}` }, text);
  const signed = kind.startsWith("delta") || kind === "rate";
  const way =
    signed && typeof value === "number" ? (value > 0 ? "up" : value < 0 ? "down" : "") : "";
  // A name that is cut is told by a hover.
  const hint: Record<string, string> = kind === "text" ? { title: text } : {};
  return h("span", way ? { class: way } : hint, text);
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

/** A stack on one line, the whole of it with its source lines a click away. */
function stackCell(
  data: TableData,
  frames: string[],
  owner: string,
  resized: () => void,
): HTMLElement {
  const lines = frames.map((text) => {
    const frame = splitFrame(text);
    const line = h("li", frame.name === owner ? { class: "owner" } : {}, frame.name);
    if (frame.file) line.append(" ", sourcePlace(data.sourceUrl, text));
    return line;
  });
  const box = h(
    "details",
    { class: "stack" },
    h("summary", {}, fromOwner(frames, owner)),
    h("ol", {}, ...lines),
  );
  box.addEventListener("toggle", resized);
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

function badge(status: string): string {
  if (/^(new|grown|leak|growing|suspect)/i.test(status)) return "badge-up";
  return /^(gone|shrunk)/i.test(status) ? "badge-down" : "";
}

/** All rows as a plain table, for paper. */
export function plainTable(data: TableData): HTMLElement {
  const head = data.columns.map(({ title, kind }) =>
    h("th", { scope: "col", class: isNumber(kind) ? "number" : kind }, title),
  );
  const rows = data.rows.map((row) => {
    const owner = ownerOf(data, row);
    const cells = data.columns.map(({ kind }, i) =>
      h("td", { class: isNumber(kind) ? "number" : kind }, plainText(kind, row[i] ?? null, owner)),
    );
    return h("tr", {}, ...cells);
  });
  const body = h("tbody", {}, ...rows);
  return h("table", { class: "plain" }, h("thead", {}, h("tr", {}, ...head)), body);
}
