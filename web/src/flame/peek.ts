// Callers and callees of one function, as a table.

import { h } from "../dom";
import * as format from "../format";
import { type Edge, type Options, type Peek, weightIndex } from "./data";
import { amount } from "./notes";

const SHOWN = 12;

/** The table; a click on a name goes to that function. */
export function peekTable(peek: Peek, options: Options, go: (name: string) => void): HTMLElement {
  const column = weightIndex(options.weight);
  const of = (sums: number[]): number => Math.max(sums[column] ?? 0, sums[column + 3] ?? 0);
  const whole = of(peek.sums);
  const row = (name: Node | string, sums: number[], kind: string): HTMLElement =>
    h(
      "tr",
      { class: kind },
      h("td", { class: "number" }, amount(of(sums), options.weight)),
      h("td", { class: "number" }, whole ? format.share(of(sums) / whole) : ""),
      h("td", {}, name),
    );
  const edges = (all: Edge[], kind: string): HTMLElement[] => {
    const rows = all.slice(0, SHOWN).map(({ name, sums }) => {
      const button = h("button", { type: "button", class: "link" }, name);
      button.addEventListener("click", () => go(name));
      return row(button, sums, kind);
    });
    const more = all.length - SHOWN;
    return more > 0 ? [...rows, h("tr", {}, h("td", { colspan: "3" }, `${more} more`))] : rows;
  };
  const head = (text: string): HTMLElement =>
    h("tr", { class: "peek-head" }, h("th", { colspan: "3", scope: "rowgroup" }, text));
  const body = h("tbody");
  body.append(head(`Callers (${peek.callers.length})`), ...edges(peek.callers, "peek-caller"));
  body.append(row(peek.name, peek.sums, "peek-self"));
  if (of(peek.own)) body.append(row("ends here", peek.own, "peek-own"));
  body.append(head(`Callees (${peek.callees.length})`), ...edges(peek.callees, "peek-callee"));
  return h("table", { class: "peek" }, body);
}
