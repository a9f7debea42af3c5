// What `record` has sampled: the largest series over time, and how each of them moves.

import { h } from "../dom";
import { timeline, type TimelineData } from "../timeline";
import { ask, type Row, type Rows } from "./api";
import { type Context, type Part, sampleWord } from "./context";
import { go, href, partState } from "./state";
import { foot, RowsTable } from "./table";
import { printable } from "./text";

const SOURCES = ["stacks", "allocinfo", "meminfo"];
const NONE = "The database has no samples. `pageowner-sql record` takes them.";

function nameOf(row: Row): string {
  const hint = String(row["function_hint"] ?? "").trim();
  return hint ? hint.replace(/\+0x.*/, "") : String(row["name"] ?? "");
}

/** Rows of samples/timeline as the picture takes them. */
function drawnFrom(rows: Row[]): TimelineData {
  const times = [...new Set(rows.map((row) => String(row["taken_at"])))];
  const series = new Map<string, { name: string; bytes: number[] }>();
  for (const row of rows) {
    const key = String(row["series_id"]);
    const found = series.get(key) ?? { name: nameOf(row), bytes: times.map(() => 0) };
    found.bytes[times.indexOf(String(row["taken_at"]))] = Number(row["bytes"]);
    series.set(key, found);
  }
  const all = [...series.values()];
  const at = times.map((time) => Date.parse(`${time.replace(" ", "T")}Z`) * 1e6);
  return {
    title: "Samples",
    labels: times.map((time) => time.slice(5, 16)),
    times: at.map((time) => time - (at[0] ?? 0)),
    layers: [
      {
        by: "series",
        title: "series",
        names: all.map(({ name }) => printable(name)),
        bytes: all.map(({ bytes }) => bytes),
      },
    ],
  };
}

function bounds(context: Context): HTMLElement {
  const form = h("form", { class: "filter-form" });
  const source = h("select", { name: "param.source", "aria-label": "Source" });
  for (const each of SOURCES) source.append(h("option", { value: each }, each));
  source.value = context.words.get("param.source") ?? "stacks";
  const ends = ["since", "until"].map((end) => {
    const input = h("input", {
      name: `param.${end}`,
      placeholder: "2026-11-28 12:30",
      "aria-label": `Samples ${end}`,
    });
    input.value = context.words.get(`param.${end}`) ?? "";
    return h("label", {}, `${end} `, input);
  });
  form.append(source, ...ends, h("button", { type: "submit", class: "button" }, "Show"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const said = [...new FormData(form)].map(([key, value]) => [key, String(value) || null]);
    go(href(Object.fromEntries(said) as Record<string, string | null>));
  });
  return form;
}

/** Links to what changed between the first and the last sample shown, and to what grows. */
function comparisons(rows: Row[]): HTMLElement | null {
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last || sampleWord(first) === sampleWord(last)) return null;
  const ends = [sampleWord(first), sampleWord(last)];
  const link = (view: string, dump: string | string[], text: string): HTMLElement =>
    h("a", { href: href({ view, dump, limit: null }) }, text);
  const span = `${ends[0]}..${ends[1]?.slice(1)}`;
  return h(
    "p",
    { class: "note" },
    link("owners", ends, "Compare the first with the last"),
    " ",
    link("leaks", span, "Leaks among all of them"),
  );
}

function asked(context: Context, names: string[]): URLSearchParams {
  const words = new URLSearchParams({ limit: "5000", with: "notes" });
  for (const name of names) {
    const value = context.words.get(`param.${name}`);
    if (value) words.set(`param.${name}`, value);
  }
  return words;
}

export const samplesTimeline =
  (context: Context): Part =>
  async (signal, wait) => {
    const words = asked(context, ["source", "since", "until"]);
    const answer = await ask<Rows>("query/samples/timeline", words, signal, wait);
    const drawn = answer.rows.length
      ? timeline(drawnFrom(answer.rows), partState("samples"))
      : h("p", { class: "note" }, NONE);
    return h(
      "div",
      {},
      bounds(context),
      drawn,
      words.get("param.source") === null || words.get("param.source") === "stacks"
        ? comparisons(answer.rows)
        : null,
      foot(answer, "query/samples/timeline", words, null),
    );
  };

export const samplesShapes =
  (context: Context): Part =>
  async (signal, wait) => {
    const words = asked(context, ["source"]);
    const answer = await ask<Rows>("query/samples/shapes", words, signal, wait);
    // A stack's name is all of its text.
    const columns = answer.columns.filter(
      ({ name }) => name !== "name" || words.get("param.source") !== null,
    );
    const rows = new RowsTable(answer, () => null, columns, "Shapes").element;
    return h("div", {}, rows, foot(answer, "query/samples/shapes", words, null));
  };
