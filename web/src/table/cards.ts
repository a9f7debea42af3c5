// The rows of a table as cards, for a screen that is too narrow for columns.

import { h } from "../dom";
import { draw } from "./cells";
import { ownerOf, type TableData, type Value } from "./data";

const SHOWN = 5;

/** Cards of these rows, the first few at first. */
export function cards(data: TableData, rows: Value[][]): HTMLElement {
  const list = h("div", { class: "cards" });
  const more = h("button", { type: "button", class: "button" }, "Show more");
  let shown = 0;
  const show = (): void => {
    more.before(...rows.slice(shown, shown + SHOWN).map((row) => card(data, row)));
    shown += SHOWN;
    more.hidden = shown >= rows.length;
  };
  more.addEventListener("click", show);
  list.append(more);
  show();
  if (!rows.length) list.append(h("p", { class: "note" }, "No rows match"));
  return list;
}

function card(data: TableData, row: Value[]): HTMLElement {
  const owner = ownerOf(data, row);
  const lines = data.columns.map(({ title, kind }, i) => {
    const value = draw(data, kind, row[i] ?? null, owner, () => undefined);
    return h("div", { class: `kind-${kind}` }, h("dt", {}, title), h("dd", {}, value));
  });
  return h("dl", { class: "row-card" }, ...lines);
}
