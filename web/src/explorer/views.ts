// The views: what each asks, and how it is drawn.

import { flame } from "../flame/panel";
import type { FlameData } from "../flame/data";
import { categoryToken, CATEGORIES } from "../flame/colors";
import * as format from "../format";
import { h } from "../dom";
import type { MapData } from "../map/data";
import { memoryMap } from "../map/panel";
import type { Range } from "../map/zoom";
import { timeline, type TimelineData } from "../timeline";
import { ask, type Column, type Row, type Rows } from "./api";
import { bars } from "./charts";
import { Context, type Part, section } from "./context";
import { COUNTED, DEEPER, ownerLinks, STACK } from "./links";
import { go, href, partState } from "./state";
import { samplesShapes, samplesTimeline } from "./samples";
import { results, sqlView } from "./sqlview";
import { foot, type Link, RowsTable, sqlBox } from "./table";
import { printable } from "./text";

export interface View {
  name: string;
  title: string;
  /** Parts that are asked for at the same time, with their titles. */
  parts: (context: Context) => [string, Part][];
  /** Whether it stands in the list of views. */
  listed?: boolean;
}

const TOLD: [string, string][] = [
  ["with", "caption"],
  ["with", "notes"],
];

function table(
  answer: Rows,
  link: Link,
  path: string,
  words: URLSearchParams,
  title: string,
): Node {
  const caption = answer.caption ? h("p", { class: "caption" }, printable(answer.caption)) : null;
  const rows = new RowsTable(answer, link, answer.columns, title).element;
  return h("div", {}, caption, rows, foot(answer, path, words, href({ limit: "10000" })));
}

/** Links of grouped rows: names lead deeper, numbers to the records behind them. */
function groupLinks(context: Context, keys: string[]): Link {
  return (row, column) => {
    if (STACK.test(column.name) && typeof row["stack_id"] === "number") {
      return href({ view: "stack", stack: String(row["stack_id"]), limit: null });
    }
    const deeper = DEEPER[column.name];
    if (keys.includes(column.name)) return context.narrowed(row, [column.name], deeper ?? "stacks");
    if (!COUNTED.test(column.name) || !row[column.name]) return null;
    const dump = column.name.startsWith("old_") ? (context.old ?? "") : context.dump;
    return context.narrowed(row, keys, "rows", dump);
  };
}

function groupPart(by: string[], limit?: string): (context: Context) => Part {
  return (context) => async (signal, wait) => {
    const words: [string, string][] = by.map((key) => ["by", key]);
    words.push(["limit", limit ?? context.limit], ...TOLD);
    if (context.old !== null) words.push(["old", context.old], ["new", context.dump]);
    else words.push(["dump", context.dump]);
    if (context.dumps.length > 2) words.push(["with", "trend"]);
    const path = context.old === null ? "top" : "diff";
    const asked = context.asked(words);
    const answer = await ask<Rows>(path, asked, signal, wait);
    return table(answer, groupLinks(context, by), path, asked, by.join(", "));
  };
}

function groupView(name: string, title: string, by: string[]): View {
  return { name, title, parts: (context) => [["", groupPart(by)(context)]] };
}

function queryPart(
  name: string,
  dumps: (context: Context) => string[],
  link?: Link,
): (context: Context) => Part {
  return (context) => async (signal, wait) => {
    const words: [string, string][] = dumps(context).map((dump) => ["dump", dump]);
    words.push(["limit", context.limit], ["with", "notes"]);
    const asked = context.asked(words);
    const path = `query/${name}`;
    const answer = await ask<Rows>(path, asked, signal, wait);
    return table(answer, link ?? ownerLinks(context), path, asked, name);
  };
}

/** Links of steps of a second, as time/rate has them. */
const stepLinks: Link = (row, column) => {
  if (!COUNTED.test(column.name) || typeof row["since"] !== "number") return null;
  const since = row["since"] / 1e9;
  const from = column.name === "held_bytes" ? null : `boot+${since}s`;
  return href({ view: "rows", since: from, until: `boot+${since + 1}s`, limit: null });
};

const one = (context: Context): string[] => [context.dump];

const flamePart =
  (context: Context): Part =>
  async (signal, wait) => {
    const words: [string, string][] = [["dump", context.dump]];
    if (context.old !== null) words.push(["old", context.old]);
    const root = context.words.get("root");
    if (root) words.push(["root", root]);
    type Answer = { flame: FlameData; sql: string };
    const answer = await ask<Answer>("flame", context.asked(words), signal, wait);
    const roots = select("Below the frames", ["", ...context.data.roots], root ?? "", (value) =>
      go(href({ root: value || null })),
    );
    return h("div", {}, roots, flame(answer.flame, partState("flame")), sqlBox(answer.sql));
  };

function select(
  label: string,
  values: string[],
  chosen: string,
  set: (value: string) => void,
): HTMLElement {
  const list = h("select", { "aria-label": label });
  for (const value of values)
    list.append(h("option", { value }, value.replaceAll("_", " ") || "nothing"));
  list.value = chosen;
  list.addEventListener("change", () => set(list.value));
  return h("label", { class: "select" }, `${label} `, list);
}

// What a picture has of marks at most.
const CELLS = "6000";

/** `pfn:0xA-pfn:0xB`, as the API and the address have a range of pages. */
function rangeOf(word: string | null): Range | null {
  const found = /^pfn:0x([0-9a-f]+)-pfn:0x([0-9a-f]+)$/.exec(word ?? "");
  return found ? { first: parseInt(found[1] ?? "", 16), last: parseInt(found[2] ?? "", 16) } : null;
}

function rangeWord({ first, last }: Range): string {
  return `pfn:${format.hex(first)}-pfn:${format.hex(last)}`;
}

const mapPart =
  (context: Context): Part =>
  async (signal, wait) => {
    const by = context.words.get("layer") ?? "owner";
    const range = rangeOf(context.words.get("pages"));
    type Answer = { map: MapData; sql: string };
    const asked = context.asked([
      ["dump", context.dump],
      ["by", by],
      ["cells", CELLS],
    ]);
    if (range) asked.set("pages", rangeWord(range));
    const answer = await ask<Answer>("map", asked, signal, wait);
    const layers = select("Colour by", context.data.layers, by, (layer) => go(href({ layer })));
    const open = (first: number, last: number): void =>
      go(
        href({
          view: "page",
          place: first === last ? `pfn:${format.hex(first)}` : rangeWord({ first, last }),
        }),
      );
    const zoom = {
      range,
      go: (to: Range | null) => go(href({ pages: to && rangeWord(to) })),
    };
    const drawn = memoryMap(answer.map, partState("map"), open, zoom);
    if (!answer.map.pfn.length) drawn.append(h("p", {}, "No page here has an owner on record."));
    const hint =
      "A click on a cell, or Enter, shows its pages. Zoom with the buttons, with + and \u2212, with the wheel and Ctrl, or with two fingers.";
    return h("div", {}, layers, drawn, h("p", { class: "note" }, hint), sqlBox(answer.sql));
  };

function columnsOf(answer: Rows, names: string[]): Column[] {
  return names.flatMap((name) => answer.columns.find((column) => column.name === name) ?? []);
}

const PAGE_COLUMNS = [
  ...["part", "pfn", "last_pfn", "order", "records", "pages", "bytes", "unmovable_pages", "owner"],
  ...["subsystem", "migratetype", "pageblock_migratetype", "comm", "pid", "age_seconds", "memcg"],
  ...["allocator", "stack_id"],
];

const pagePart =
  (context: Context): Part =>
  async (signal, wait) => {
    const place = context.words.get("place") ?? "pfn:0x0";
    const asked = context.asked([
      ["dump", context.dump],
      ["place", place],
      ["limit", context.words.get("limit") ?? "1100"],
      ...TOLD,
    ]);
    const form = h("form", { class: "filter-form" });
    const input = h("input", { value: place, "aria-label": "Page, address or range" });
    form.append(input, h("button", { type: "submit", class: "button" }, "Show"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      go(href({ place: input.value }));
    });
    const answer = await ask<Rows>("page", asked, signal, wait);
    const link: Link = (row, column) => {
      if (column.name === "pfn") return href({ place: `pfn:${format.hex(Number(row["pfn"]))}` });
      return ownerLinks(context)(row, column);
    };
    const shown = table(
      { ...answer, columns: columnsOf(answer, PAGE_COLUMNS) },
      link,
      "page",
      asked,
      "Pages",
    );
    return h("div", {}, form, pageGrid(answer, place), shown);
  };

/** A square a page, coloured by owner, where the range is a few pageblocks at most. */
function pageGrid(answer: Rows, place: string): HTMLElement | null {
  const [first, last] = place.split("-").map((end) => Number(end.replace("pfn:", "")));
  if (first === undefined || last === undefined || last - first > 4096) return null;
  const blocks = answer.rows.filter((row) => row["part"] === "block");
  const held = new Map<string, number>();
  const ownerOf = (row: Row): string => String(row["owner"] ?? "");
  for (const row of blocks) {
    held.set(ownerOf(row), (held.get(ownerOf(row)) ?? 0) + Number(row["pages"]));
  }
  const owners = [...held.keys()].sort((a, b) => (held.get(b) ?? 0) - (held.get(a) ?? 0));
  const color = (owner: string): string => {
    const at = owners.indexOf(owner);
    return `var(${categoryToken(at < CATEGORIES ? at : -1)})`;
  };
  const cells: HTMLElement[] = [];
  const at = new Map<number, Row>();
  for (const row of blocks) {
    const start = Number(row["pfn"]);
    for (let pfn = start; pfn < start + 2 ** Number(row["order"]); pfn += 1) at.set(pfn, row);
  }
  for (let pfn = first; pfn <= last; pfn += 1) {
    const row = at.get(pfn);
    const cell = h("i", {
      title: `${format.hex(pfn)}${row ? `: ${printable(ownerOf(row))}` : ""}`,
    });
    if (row) cell.style.background = color(ownerOf(row));
    cells.push(cell);
  }
  const legend = owners.slice(0, CATEGORIES).map((owner) => {
    const box = h("i");
    box.style.background = color(owner);
    return h("span", { class: "swatch" }, box, `${printable(owner)} ${held.get(owner)}`);
  });
  const label = `${last - first + 1} pages, ${at.size} of them with an owner`;
  return h(
    "div",
    { class: "pages" },
    h("div", { class: "legend" }, ...legend),
    h("div", { class: "page-grid", role: "img", "aria-label": label }, ...cells),
  );
}

// What decides comes first; the rest of the evidence stands behind it.
const LEAK_COLUMNS = [
  ...["rank", "verdict", "owner", "stack", "why", "growth_bytes", "slope_bytes_per_hour"],
  ...["first_bytes", "last_bytes", "confidence", "survivors_share"],
];

const leaksPart =
  (context: Context): Part =>
  async (signal, wait) => {
    // Where none was chosen, the server takes all dumps of the boot loaded last.
    const chosen = context.words.getAll("dump");
    const words: [string, string][] = chosen.map((dump) => ["dump", dump]);
    words.push(["limit", context.words.get("limit") ?? "20"], ["with", "notes"]);
    words.push(["by", "owner"], ["by", "stack"]);
    if (chosen.length !== 1) words.push(["with", "trend"]);
    const asked = context.asked(words);
    const answer = await ask<Rows>("leaks", asked, signal, wait);
    const links = groupLinks(context, ["owner", "stack"]);
    const first = columnsOf(answer, LEAK_COLUMNS);
    const others = answer.columns.filter((column) => !first.includes(column));
    const ordered = { ...answer, columns: [...first, ...others] };
    return table(ordered, links, "leaks", asked, "Leaks");
  };

const timelinePart =
  (context: Context): Part =>
  async (signal, wait) => {
    if (context.dumps.length < 3) {
      return h("p", { class: "note" }, "Choose three dumps or more to see them as a picture.");
    }
    const words = context.dumps.map((dump): [string, string] => ["dump", dump]);
    type Answer = { timeline: TimelineData; sql: string };
    const answer = await ask<Answer>("timeline", context.asked(words), signal, wait);
    return h("div", {}, timeline(answer.timeline, partState("timeline")), sqlBox(answer.sql));
  };

const ROW_COLUMNS = [
  ...["pfn", "order", "bytes", "comm", "pid", "owner", "subsystem", "module", "memcg"],
  ...["migratetype", "pageblock_migratetype", "allocator", "alloc_ts", "stack"],
];

const rowsPart =
  (context: Context): Part =>
  async (signal, wait) => {
    const asked = context.asked([
      ["dump", context.dump],
      ["limit", context.limit],
    ]);
    const answer = await ask<Rows>("allocations", asked, signal, wait);
    const columns = columnsOf(answer, ROW_COLUMNS);
    const link: Link = (row, column) => {
      if (column.name === "pfn") {
        return href({ view: "page", place: `pfn:${format.hex(Number(row["pfn"]))}`, limit: null });
      }
      if (column.name === "stack") {
        return href({ view: "stack", stack: String(row["stack_id"]), limit: null });
      }
      return ownerLinks(context)(row, column);
    };
    const shown = new RowsTable(answer, link, columns, "Allocations").element;
    return h("div", {}, shown, foot(answer, "allocations", asked, href({ limit: "10000" })));
  };

const explainPart =
  (context: Context): Part =>
  async (signal, wait) => {
    const asked = new URLSearchParams([
      ["stack", context.words.get("stack") ?? ""],
      ["limit", "1000"],
      ...context.sampled,
      ...TOLD,
    ]);
    const answer = await ask<Rows>("explain", asked, signal, wait);
    const shown = [
      "pos",
      "function",
      "module",
      "source",
      "role",
      "rule",
      "is_owner",
      "subsystem_by",
    ];
    const columns = columnsOf(answer, shown);
    const caption = answer.caption ? h("p", { class: "caption" }, printable(answer.caption)) : null;
    const link: Link = (row, column) =>
      column.name === "function" && typeof row["function"] === "string"
        ? context.narrowed(row, ["function"], "stacks")
        : null;
    const element = new RowsTable(answer, link, columns, "Frames").element;
    for (const [i, row] of answer.rows.entries()) {
      if (row["is_owner"]) element.querySelectorAll("tbody tr")[i]?.classList.add("is-owner");
    }
    return h("div", {}, caption, element, foot(answer, "explain", asked, null));
  };

interface Param {
  name: string;
  type: string;
  help: string;
  required: boolean;
  default: string | number | boolean | null;
}
interface Documented {
  name: string;
  title: string;
  question: string;
  description: string;
  params: Param[];
  columns: { name: string; type: string; meaning: string }[];
}

const queriesPart = (): Part => async (signal, wait) => {
  const { queries } = await ask<{ queries: Documented[] }>(
    "queries",
    new URLSearchParams(),
    signal,
    wait,
  );
  const themes = new Map<string, Documented[]>();
  for (const query of queries) {
    const theme = query.name.split("/")[0] ?? "";
    themes.set(theme, [...(themes.get(theme) ?? []), query]);
  }
  const lists = [...themes].map(([theme, found]) => {
    const items = found.map((query) => {
      const link = h(
        "a",
        { href: href({ view: "query", query: query.name, limit: null }) },
        query.title,
      );
      return h("li", {}, link, h("span", {}, ` ${query.question}`));
    });
    return section(theme, h("ul", { class: "queries" }, ...items));
  });
  return h("div", {}, ...lists);
};

const queryFormPart =
  (context: Context): Part =>
  async (signal, wait) => {
    const name = context.words.get("query") ?? "";
    const { queries } = await ask<{ queries: Documented[] }>(
      "queries",
      new URLSearchParams(),
      signal,
      wait,
    );
    const query = queries.find((each) => each.name === name);
    if (!query) return h("p", { class: "error" }, `${printable(name)}: no query has this name`);
    const form = h("form", { class: "query-form" });
    const labels = context.known.map((row) => String(row["label"]));
    let place = 0;
    for (const param of query.params) {
      const word = `param.${param.name}`;
      const given = context.words.get(word);
      const attributes = { name: word, "aria-describedby": `${word}-help` };
      let field: HTMLInputElement | HTMLSelectElement;
      if (param.type === "dump") {
        const list = h("select", attributes);
        for (const label of labels) list.append(h("option", { value: label }, printable(label)));
        list.value = given ?? context.dumps[place] ?? context.dump;
        place += 1;
        field = list;
      } else {
        field = h("input", { ...attributes, ...(param.required ? { required: "" } : {}) });
        field.value = given ?? (param.default === null ? "" : String(param.default));
      }
      const help = h("span", { id: `${word}-help`, class: "hint" }, `${param.type}: ${param.help}`);
      form.append(h("label", {}, h("b", {}, param.name), field), help);
    }
    form.append(h("button", { type: "submit", class: "button" }, "Run"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const said = [...new FormData(form)].map(
        ([key, value]) => [key, String(value) || null] as const,
      );
      go(href({ ...Object.fromEntries(said), run: "1", limit: null }));
    });
    const meanings = query.columns.map((column) =>
      h(
        "div",
        {},
        h("dt", {}, `${column.name} `, h("code", {}, column.type)),
        h("dd", {}, column.meaning),
      ),
    );
    const docs = h(
      "details",
      { class: "columns" },
      h("summary", {}, "Columns"),
      h("dl", {}, ...meanings),
    );
    const out = h("div");
    if (context.words.has("run") || !query.params.some((param) => param.required)) {
      const words = context.asked([
        ["limit", context.limit],
        ["with", "notes"],
      ]);
      for (const [key, value] of new FormData(form)) if (value) words.append(key, String(value));
      const answer = await ask<Rows>(`query/${name}`, words, signal, wait);
      const more = href({ limit: "10000" });
      out.append(results(answer, `query/${name}`, words, more, ownerLinks(context)));
    }
    const text = query.description.split("\n\n").map((each) => h("p", {}, each));
    return h(
      "div",
      {},
      h("p", { class: "caption" }, `${query.title}. ${query.question}`),
      ...text,
      form,
      docs,
      out,
    );
  };

const agesPart =
  (context: Context): Part =>
  async (signal, wait) => {
    const asked = context.asked([
      ["dump", context.dump],
      ["limit", "100"],
      ["with", "notes"],
    ]);
    const answer = await ask<Rows>("query/time/ages", asked, signal, wait);
    const find = (name: string): Column =>
      answer.columns.find((column) => column.name === name) ?? { name, type: "", kind: "bytes" };
    // Seconds before the dump, as `since` and `until` take them.
    const link = (row: Row): string | null => {
      const at = answer.rows.indexOf(row);
      const least = Number(row["least_seconds"] ?? NaN);
      const most = Number(answer.rows[at + 1]?.["least_seconds"] ?? NaN);
      if (Number.isNaN(least)) return null;
      const since = Number.isNaN(most) ? null : `${most}s`;
      return href({ view: "owners", until: least ? `${least}s` : null, since, limit: null });
    };
    const drawn = bars(answer.rows, find("age"), find("bytes"), link);
    return h("div", {}, drawn, foot(answer, "query/time/ages", asked, null));
  };

export const VIEWS: View[] = [
  {
    name: "overview",
    title: "Overview",
    parts: (context) => [
      ["Subsystems", groupPart(["subsystem"], "12")(context)],
      ["Owners", groupPart(["owner"], "12")(context)],
      ["Processes", groupPart(["comm"], "12")(context)],
    ],
  },
  groupView("owners", "Owners", ["subsystem", "owner"]),
  groupView("processes", "Processes", ["comm", "pid"]),
  groupView("memcgs", "Memory cgroups", ["memcg"]),
  groupView("modules", "Modules", ["module"]),
  groupView("stacks", "Stacks", ["owner", "stack"]),
  {
    name: "group",
    title: "By any key",
    parts: (context) => {
      const by = context.words.getAll("by");
      const keys = by.length ? by : ["order"];
      const chosen = groupPart(keys)(context);
      return [
        [
          "",
          async (signal, wait) => {
            const names = context.data.keys.map(({ name }) => name);
            const at = (i: number, value: string): string[] =>
              [0, 1, 2].map((n) => (n === i ? value : (keys[n] ?? ""))).filter(Boolean);
            const lists = [0, 1, 2].map((i) =>
              select(`Key ${i + 1}`, ["", ...names], keys[i] ?? "", (value) =>
                go(href({ by: at(i, value), limit: null })),
              ),
            );
            return h(
              "div",
              {},
              h("div", { class: "toolbar" }, ...lists),
              await chosen(signal, wait),
            );
          },
        ],
      ];
    },
  },
  { name: "flame", title: "Flame graph", parts: (context) => [["", flamePart(context)]] },
  { name: "map", title: "Map of memory", parts: (context) => [["", mapPart(context)]] },
  {
    name: "ages",
    title: "Ages",
    parts: (context) => [
      ["By age", agesPart(context)],
      ["Allocated over time", queryPart("time/rate", one, stepLinks)(context)],
      ["The oldest", queryPart("time/oldest", one)(context)],
    ],
  },
  {
    name: "fragmentation",
    title: "Fragmentation",
    parts: (context) => [
      ["Mixed pageblocks", queryPart("fragmentation/mixed_pageblocks", one)(context)],
      ["Who prevents free pageblocks", queryPart("fragmentation/blame", one)(context)],
      ["What makes a pageblock mixed", queryPart("fragmentation/mixed_by", one)(context)],
    ],
  },
  { name: "leaks", title: "Leaks", parts: (context) => [["", leaksPart(context)]] },
  {
    name: "timeline",
    title: "Timeline",
    parts: (context) => [
      ["", timelinePart(context)],
      ["All dumps", queryPart("runs/timeline", () => [])(context)],
    ],
  },
  {
    name: "samples",
    title: "Samples",
    parts: (context) => [
      ["Over time", samplesTimeline(context)],
      ["How each of them moves", samplesShapes(context)],
    ],
  },
  { name: "queries", title: "Named queries", parts: () => [["", queriesPart()]] },
  {
    name: "sql",
    title: "SQL",
    parts: (context) => [["", () => Promise.resolve(sqlView(context))]],
  },
  { name: "rows", title: "Allocations", parts: (context) => [["", rowsPart(context)]] },
  {
    name: "stack",
    title: "Stack",
    listed: false,
    parts: (context) => [
      ["Frames", explainPart(context)],
      ["Processes", groupPart(["comm", "pid"], "20")(context)],
    ],
  },
  { name: "page", title: "Pages", parts: (context) => [["", pagePart(context)]] },
  {
    name: "query",
    title: "Named query",
    listed: false,
    parts: (context) => [["", queryFormPart(context)]],
  },
];
