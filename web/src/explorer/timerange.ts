// The range of allocation times that counts: two handles below the times of a dump's allocations.

import { h, svg } from "../dom";
import * as format from "../format";
import { ask, type Row, type Rows } from "./api";
import { go, href, state } from "./state";

const STEPS = 120;
const [WIDTH, HEIGHT] = [480, 48];
const SECOND = 1e9;
// Keys change a handle step by step; the views follow once it rests.
const PAUSE = 300;

// A change draws the bar anew: the box stays open, and the handle keeps the focus.
let isOpen = false;
let held = "";
let known: { dump: string; rows: Row[] } | null = null;

async function histogram(dump: string): Promise<Row[]> {
  if (known?.dump === dump) return known.rows;
  const words = new URLSearchParams({ dump, "param.steps": `${STEPS}`, limit: "1000" });
  const { rows } = await ask<Rows>("query/time/histogram", words, new AbortController().signal);
  known = { dump, rows };
  return rows;
}

function given(name: string): number | null {
  const found = /^boot\+(\d+(?:\.\d+)?)s$/.exec(state().get(name) ?? "");
  return found ? Number(found[1]) * SECOND : null;
}

function handle(label: string, value: number): HTMLInputElement {
  const attributes = { type: "range", min: "0", max: `${STEPS}`, "aria-label": label };
  const input = h("input", attributes);
  input.value = `${value}`;
  return input;
}

async function choose(place: HTMLElement, dump: string): Promise<void> {
  const rows = await histogram(dump);
  const first = rows[0];
  if (!first) return;
  const length = Number(first["until"]) - Number(first["since"]);
  const top = Math.max(...rows.map((row) => Number(row["bytes"])), 1);
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" });
  const marks = rows.map((row) => {
    const step = Number(row["step"]);
    const tall = Math.max(1, (HEIGHT * Number(row["bytes"])) / top);
    const width = WIDTH / STEPS;
    const bar = svg("rect", { x: step * width, y: HEIGHT - tall, width, height: tall });
    drawing.append(bar);
    return [step, bar] as const;
  });
  const since = given("since");
  const until = given("until");
  const from = handle("Allocated after", since === null ? 0 : Math.round(since / length));
  const to = handle("Allocated before", until === null ? STEPS : Math.round(until / length));
  const told = h("output");
  const show = (): void => {
    const [low, high] = [Number(from.value), Number(to.value)];
    for (const [step, bar] of marks) {
      bar.setAttribute("class", step >= low && step < high ? "chart-mark" : "chart-out");
    }
    const end = high >= STEPS ? "the dump" : format.duration(high * length);
    told.textContent = `allocated from ${format.duration(low * length)} after the boot to ${end}`;
  };
  const set = (): void => {
    const [low, high] = [Number(from.value), Number(to.value)];
    const word = (step: number): string => `boot+${((step * length) / SECOND).toFixed(3)}s`;
    go(
      href({
        since: low > 0 ? word(low) : null,
        until: high < STEPS ? word(high) : null,
        limit: null,
      }),
    );
  };
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const keepApart = (moved: HTMLInputElement): void => {
    if (Number(from.value) < Number(to.value)) return;
    const step = moved === from ? Number(to.value) - 1 : Number(from.value) + 1;
    moved.value = `${Math.max(0, Math.min(STEPS, step))}`;
  };
  for (const input of [from, to]) {
    input.addEventListener("input", () => {
      keepApart(input);
      show();
    });
    input.addEventListener("change", () => {
      clearTimeout(waiting);
      held = document.activeElement === input ? (input.getAttribute("aria-label") ?? "") : "";
      waiting = setTimeout(set, PAUSE);
    });
  }
  show();
  place.replaceChildren(
    h("div", { class: "chart" }, drawing as unknown as HTMLElement),
    from,
    to,
    told,
  );
  if (held) [from, to].find((each) => each.getAttribute("aria-label") === held)?.focus();
}

/** A box that opens to the times of a dump's allocations. */
export function timeRange(dump: string): HTMLElement {
  const place = h("div", { class: "time-range" });
  const box = h("details", { class: "time-box" }, h("summary", {}, "Time"), place);
  box.addEventListener("toggle", () => {
    isOpen = box.open;
    if (!box.open || place.childElementCount) return;
    place.replaceChildren(h("p", { class: "wait" }, "Asking\u2026"));
    choose(place, dump).catch(() => {
      place.replaceChildren(h("p", { class: "note" }, "This dump has no allocation times."));
    });
  });
  box.open = isOpen;
  return box;
}
