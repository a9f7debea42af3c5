// The explorer: a page over the JSON API of `serve`. Its address is its state.

import "./base.css";
import "./flame.css";
import "./report.css";
import "./explorer.css";
import { h, pageData } from "./dom";
import { ApiError, ask, type Rows } from "./explorer/api";
import {
  Context,
  type Known,
  type PageData,
  type Part,
  sampleWord,
  section,
} from "./explorer/context";
import { filterBar } from "./explorer/filters";
import { go, href, onState, setUpState, state } from "./explorer/state";
import { printable, written } from "./explorer/text";
import { type View, VIEWS } from "./explorer/views";
import { waiting } from "./explorer/waiting";
import { setUpTheme } from "./theme";

const data = pageData<PageData>("explorer-data") as PageData;
const place = document.getElementById("explorer") as HTMLElement;
const main = h("main", { id: "content", tabindex: "-1" });
const side = h("nav", { class: "views", "aria-label": "Views" });
const head = h("div", { class: "dumps" });
const bar = h("div");
let asking = new AbortController();

/** Which dumps are looked at: one, two to compare them, several over time. */
function chooser(context: Context): HTMLDetailsElement {
  const chosen = context.dumps;
  const form = h("form", { class: "dump-form" });
  const boxes = context.known.map((row) => {
    const label = String(row["label"]);
    const box = h("input", { type: "checkbox", name: "dump", value: label });
    box.checked = chosen.includes(label);
    const kept = `${written(row["records"] ?? null, "count")} records, ${written(row["bytes"] ?? null, "bytes")}`;
    return h(
      "label",
      {},
      box,
      h("b", {}, printable(label)),
      h("span", { class: "hint" }, ` ${kept}`),
    );
  });
  form.append(h("div", { class: "dump-list" }, ...boxes));
  if (context.samples.length) form.append(sampleList(context));
  form.append(h("button", { type: "submit", class: "button" }, "Show these"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const labels = [...new FormData(form)].map(([name, value]) =>
      name === "sample" && value ? `@${String(value).trim().replace(/^@/, "")}` : String(value),
    );
    go(href({ dump: labels.filter(Boolean), limit: null }));
  });
  const names = chosen.map(printable);
  const text =
    chosen.length === 2 ? `${names[0]} \u2192 ${names[1]}` : names.join(", ") || "no dumps";
  const what = ["", "Dump", "Difference"][chosen.length] ?? `${chosen.length} dumps`;
  return h("details", { class: "chooser" }, h("summary", {}, `${what}: `, h("b", {}, text)), form);
}

/** Samples that can be chosen as dumps are: some of all, those chosen, and any by its time. */
function sampleList(context: Context): HTMLElement {
  const chosen = context.sampled.map(([, word]) => word);
  const boxes = [...new Set([...context.samples, ...chosen])].sort().map((word) => {
    const box = h("input", { type: "checkbox", name: "dump", value: word });
    box.checked = chosen.includes(word);
    return h("label", {}, box, h("b", {}, printable(word)));
  });
  const other = h("input", { name: "sample", placeholder: "12:30, 10m, or 12:30..13:00" });
  return h(
    "details",
    { open: "" },
    h("summary", {}, "Samples"),
    h("div", { class: "dump-list" }, ...boxes),
    h("label", {}, "Another time, or a span ", other),
  );
}

function viewList(view: View): void {
  const items = VIEWS.filter((each) => each.listed !== false).map((each) => {
    const address = href({
      view: each.name,
      limit: null,
      by: null,
      stack: null,
      query: null,
      run: null,
    });
    const here: Record<string, string> = each === view ? { "aria-current": "page" } : {};
    return h("li", {}, h("a", { href: address, ...here }, each.title));
  });
  side.replaceChildren(h("ul", {}, ...items));
}

/** Draw one part once it is there: until then how long it takes, and a way to stop it. */
function drawPart(title: string, part: Part, view: AbortSignal): HTMLElement {
  const stopping = new AbortController();
  view.addEventListener("abort", () => stopping.abort());
  const box = title ? section(title) : h("section", { class: "answer" });
  const stop = h("button", { type: "button", class: "button" }, "Stop");
  stop.addEventListener("click", () => stopping.abort());
  const { element, wait, end } = waiting(stop);
  const said = h("div", { role: "status" }, element);
  box.append(said);
  const again = (text: string, kind: string): HTMLElement => {
    const button = h("button", { type: "button", class: "button" }, "Ask again");
    button.addEventListener("click", () => box.replaceWith(drawPart(title, part, view)));
    return h("p", { class: kind, role: "alert" }, printable(text), " ", button);
  };
  part(stopping.signal, wait)
    .then((node) => said.replaceWith(node))
    .catch((error: unknown) => {
      if (view.aborted) return;
      const text = stopping.signal.aborted ? "Stopped." : (error as Error).message;
      said.replaceChildren(again(text, "error"));
      if (!(error instanceof ApiError) && !stopping.signal.aborted) throw error;
    })
    .finally(() => {
      end();
      box.setAttribute("aria-busy", "false");
    });
  box.setAttribute("aria-busy", "true");
  return box;
}

let found: Known | null = null;

async function known(signal: AbortSignal): Promise<Known> {
  const words = new URLSearchParams({ limit: "10000" });
  const tell = (why: string): void =>
    main.replaceChildren(h("p", { class: "error", role: "alert" }, printable(why)));
  const [dumps, samples] = await Promise.all([
    ask<Rows>("dumps", words, signal, found ? undefined : tell),
    ask<Rows>("query/samples/times", words, signal),
  ]);
  return { dumps: dumps.rows, samples: samples.rows.map(sampleWord) };
}

/** Look whether dumps came or went since the last view; that view is drawn anew then. */
async function lookAgain(signal: AbortSignal): Promise<void> {
  try {
    const now = await known(signal);
    if (JSON.stringify(now) === JSON.stringify(found)) return;
    found = now;
    void render(true);
  } catch {
    // The view itself says what is wrong.
  }
}

/** What needs no answer: the list of views and the heading, there before anything is asked. */
function drawFrame(): View {
  const name = state().get("view") ?? "overview";
  const view = VIEWS.find((each) => each.name === name) ?? (VIEWS[0] as View);
  viewList(view);
  return view;
}

/** Draw the page for its address; `again`: the same view, so what is open stays open. */
async function render(again = false): Promise<void> {
  asking.abort();
  asking = new AbortController();
  const { signal } = asking;
  main.setAttribute("aria-busy", "true");
  const view = drawFrame();
  if (!found) main.replaceChildren(h("h1", {}, view.title));
  try {
    if (found) void lookAgain(signal);
    else found = await known(signal);
    if (signal.aborted) return;
    const context = new Context(data, found);
    document.title = `${view.title} \u00b7 ${context.dumps.map(printable).join(", ")}`;
    const list = chooser(context);
    list.open = again && (head.querySelector("details")?.open ?? false);
    head.replaceChildren(list);
    bar.replaceChildren(filterBar(data.keys, context.dump || null));
    const parts = view.parts(context).map(([title, part]) => drawPart(title, part, signal));
    main.replaceChildren(h("h1", {}, view.title), ...parts);
    main.setAttribute("aria-busy", "false");
  } catch (error) {
    if (signal.aborted) return;
    main.setAttribute("aria-busy", "false");
    main.replaceChildren(
      h("p", { class: "error", role: "alert" }, printable((error as Error).message)),
    );
  }
}

const theme = h("div", { id: "theme" });
place.replaceChildren(
  h(
    "header",
    { class: "top" },
    h("a", { class: "brand", href: "?" }, "pageowner-sql"),
    head,
    theme,
  ),
  bar,
  h("div", { class: "columns-2" }, side, main),
);
setUpTheme(theme);
bar.replaceChildren(filterBar(data.keys, null));
setUpState();
onState(() => void render());
void render();
