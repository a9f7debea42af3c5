// SQL of people's own, with completion, errors at the place, a table, a chart and downloads.

import { choice, h } from "../dom";
import { ApiError, ask, type Column, type Row, type Rows } from "./api";
import { chart, fitting, type Kind, numeric } from "./charts";
import type { Context } from "./context";
import { nameLinks } from "./links";
import { go, href } from "./state";
import { foot, type Link, RowsTable } from "./table";
import { printable } from "./text";
import { waiting } from "./waiting";

const EXAMPLE = `SELECT owner, sum(bytes) AS bytes, count(*) AS records
FROM live_allocations
GROUP BY owner
ORDER BY bytes DESC, owner
LIMIT 20`;
const CHARTS = [
  ["bar", "Bars"],
  ["line", "Line"],
  ["scatter", "Scatter"],
  ["histogram", "Histogram"],
] as const;

let names: Promise<Rows> | undefined;

/** A box to write SQL in; names are offered below it, and taken by Tab or Enter. */
function editor(text: string): { element: HTMLElement; area: HTMLTextAreaElement } {
  const area = h("textarea", {
    "aria-label": "SQL",
    rows: "8",
    spellcheck: "false",
    autocomplete: "off",
    "aria-controls": "sql-names",
    "aria-autocomplete": "list",
  });
  area.value = text;
  const list = h("ul", { id: "sql-names", class: "names", role: "listbox", "aria-label": "Names" });
  list.hidden = true;
  let offered: Row[] = [];
  let at = 0;
  const word = (): string => /[\w]*$/.exec(area.value.slice(0, area.selectionStart))?.[0] ?? "";
  const show = (): void => {
    list.hidden = !offered.length;
    list.replaceChildren(
      ...offered.map((row, i) => {
        const meaning = String(row["comment"] ?? row["kind"] ?? "");
        const item = h(
          "li",
          { role: "option", id: `sql-name-${i}`, "aria-selected": `${i === at}` },
          h("b", {}, printable(String(row["name"]))),
          ` ${printable(meaning)}`,
        );
        item.addEventListener("mousedown", (event) => {
          event.preventDefault();
          at = i;
          take();
        });
        return item;
      }),
    );
    if (list.hidden) area.removeAttribute("aria-activedescendant");
    else area.setAttribute("aria-activedescendant", `sql-name-${at}`);
  };
  const close = (): void => {
    offered = [];
    show();
  };
  const take = (): void => {
    const name = String(offered[at]?.["name"] ?? "");
    const end = area.selectionStart;
    area.setRangeText(name, end - word().length, end, "end");
    close();
  };
  area.addEventListener("input", () => {
    const start = word().toLowerCase();
    if (start.length < 2) return close();
    names ??= ask<Rows>(
      "names",
      new URLSearchParams({ limit: "10000" }),
      new AbortController().signal,
    );
    void names.then(({ rows }) => {
      if (word().toLowerCase() !== start) return;
      at = 0;
      offered = rows
        .filter((row) => String(row["name"]).toLowerCase().startsWith(start))
        .slice(0, 8);
      if (offered.length === 1 && String(offered[0]?.["name"]).toLowerCase() === start)
        offered = [];
      show();
    });
  });
  area.addEventListener("blur", close);
  area.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      at = (at + step + offered.length) % offered.length;
      show();
    } else if ((event.key === "Enter" && !event.ctrlKey) || event.key === "Tab") take();
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
  });
  return { element: h("div", { class: "editor" }, area, list), area };
}

/** The place of an error in a text: the rest of the word that stands there. */
function mark(area: HTMLTextAreaElement, error: ApiError): void {
  if (error.line === undefined || error.column === undefined) return;
  const before = area.value.split("\n").slice(0, error.line - 1);
  const start = before.reduce((sum, line) => sum + line.length + 1, 0) + error.column - 1;
  const length = /^\w+|^\S/.exec(area.value.slice(start))?.[0].length ?? 0;
  area.focus();
  area.setSelectionRange(start, start + length);
}

/** A table of rows, and a chart of two columns that people choose. */
export function results(
  answer: Rows,
  path: string,
  words: URLSearchParams,
  more: string | null,
  link?: Link,
): HTMLElement {
  const element = h("div", { class: "results" }, new RowsTable(answer, link).element);
  const kind = fitting(answer);
  if (kind) element.append(charts(answer, kind));
  element.append(foot(answer, path, words, more));
  return element;
}

function charts(answer: Rows, fit: Kind): HTMLElement {
  const place = h("div");
  const numbers = numeric(answer.columns);
  const names = answer.columns.filter((column) => !numbers.includes(column));
  let kind = fit;
  let x = names[0] ?? numbers[0];
  let y = numbers.find((column) => column.kind === "bytes") ?? numbers.at(-1);
  if (!names.length && numbers.length > 1) y = numbers[1];
  const select = (
    label: string,
    columns: Column[],
    chosen: Column | undefined,
    set: (c: Column) => void,
  ): HTMLElement => {
    const list = h("select", { "aria-label": label });
    for (const { name } of columns) list.append(h("option", { value: name }, printable(name)));
    list.value = chosen?.name ?? "";
    list.addEventListener("change", () => {
      const found = columns.find((column) => column.name === list.value);
      if (found) set(found);
      draw();
    });
    return h("label", {}, `${label} `, list);
  };
  const draw = (): void => place.replaceChildren(...(x && y ? [chart(answer, kind, x, y)] : []));
  const bar = h("div", { class: "toolbar" });
  bar.append(
    choice<Kind>("Chart", CHARTS, kind, (chosen) => {
      kind = chosen;
      draw();
    }),
    select("Across", answer.columns, x, (column) => (x = column)),
    select("Up", numbers, y, (column) => (y = column)),
  );
  draw();
  const box = h("details", { class: "chart-box" }, h("summary", {}, "Chart"), bar, place);
  return box;
}

export function sqlView(context: Context): HTMLElement {
  const sql = context.words.get("sql");
  const { element, area } = editor(sql ?? EXAMPLE);
  const params = h("div", { class: "params" });
  const inputs = (): void => {
    const found = new Set([...area.value.matchAll(/\$([A-Za-z_]\w*)/g)].map((match) => match[1]));
    params.replaceChildren(
      ...[...found].map((name) => {
        const before = params.querySelector<HTMLInputElement>(`[name="param.${name}"]`)?.value;
        const value = before ?? context.words.get(`param.${name}`) ?? "";
        return h("label", {}, `$${name} `, h("input", { name: `param.${name}`, value }));
      }),
    );
  };
  inputs();
  area.addEventListener("input", inputs);
  const out = h("div", { "aria-live": "polite" });
  const run = h("button", { type: "submit", class: "button" }, "Run");
  const stop = h("button", { type: "button", class: "button" }, "Stop");
  stop.hidden = true;
  const form = h(
    "form",
    { class: "sql-form" },
    element,
    params,
    h("div", { class: "toolbar" }, run, stop, h("span", { class: "hint" }, "Ctrl+Enter runs it")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = [...params.querySelectorAll("input")].map((i) => [i.name, i.value] as const);
    go(href({ ...Object.fromEntries(given), sql: area.value, limit: null }));
  });
  area.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  const answer = async (): Promise<void> => {
    const stopping = new AbortController();
    stop.hidden = false;
    stop.onclick = () => stopping.abort();
    const { element: shown, wait, end } = waiting();
    out.replaceChildren(h("div", { role: "status" }, shown));
    const words = context.asked([
      ["sql", area.value],
      ["limit", context.limit],
      ...context.sampled,
    ]);
    for (const input of params.querySelectorAll("input")) words.set(input.name, input.value);
    try {
      const found = await ask<Rows>("sql", words, stopping.signal, wait);
      out.replaceChildren(
        results(found, "sql", words, href({ limit: "10000" }), nameLinks(context)),
      );
    } catch (error) {
      const text = stopping.signal.aborted ? "Stopped." : (error as Error).message;
      out.replaceChildren(h("p", { class: "error", role: "alert" }, printable(text)));
      if (error instanceof ApiError) mark(area, error);
    } finally {
      end();
      stop.hidden = true;
    }
  };
  if (sql !== null) void answer();
  return h("div", {}, form, out);
}
