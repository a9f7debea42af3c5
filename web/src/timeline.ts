// What several dumps held, as a stacked area over time.

import { noState, type ViewState } from "./address";
import { choice, h, onWidth, svg } from "./dom";
import { categoryToken } from "./flame/colors";
import * as format from "./format";
import { onThemeChange } from "./theme";
import { hideTip, showTip, tipGrid } from "./tooltip";

export interface TimelineLayer {
  by: string;
  title: string;
  names: string[];
  /** A row a name, a value a dump. */
  bytes: number[][];
}

export interface TimelineData {
  title: string;
  labels: string[];
  /** Nanoseconds after the first dump; [] where nobody knows. */
  times: number[];
  layers: TimelineLayer[];
}

const HEIGHT = 300;
const EDGE = { top: 10, right: 16, bottom: 40, left: 74 };
const OTHERS = "(others)";

/** The element that shows a timeline; its view is read from `state` and kept there. */
export function timeline(data: TimelineData, state: ViewState = noState()): HTMLElement {
  return new TimelinePanel(data, state).element;
}

class TimelinePanel {
  readonly element = h("div", { class: "timeline" });
  private bar = h("div");
  private readonly place = h("div", { class: "timeline-chart" });
  private readonly legend = h("div", { class: "legend" });
  private readonly status = h("div", { class: "flame-status", role: "status" });
  private at = -1;
  private width = 0;

  constructor(
    private readonly data: TimelineData,
    private readonly state: ViewState,
  ) {
    this.element.append(this.bar, this.place, this.legend, this.status);
    this.showToolbar();
    state.onChange(() => {
      this.showToolbar();
      this.draw();
    });
    onThemeChange(() => this.draw());
    onWidth(this.place, (width) => {
      this.width = width;
      this.draw();
    });
  }

  private get layer(): TimelineLayer {
    const by = this.state.get("by");
    const { layers } = this.data;
    return (layers.find((layer) => layer.by === by) ?? layers[0]) as TimelineLayer;
  }

  /** The names that are drawn: one alone if it was chosen. */
  private get shown(): number[] {
    const all = this.layer.names.map((_, i) => i);
    const only = this.state.get("only");
    return only !== null && this.layer.names.includes(only)
      ? [this.layer.names.indexOf(only)]
      : all;
  }

  private showToolbar(): void {
    const options = this.data.layers.map((layer) => [layer.by, layer.title] as const);
    const bar = h("div", { class: "toolbar" });
    bar.append(
      choice("By", options, this.layer.by, (by) => {
        this.state.set({ by, only: null });
        this.draw();
      }),
    );
    this.bar.replaceWith(bar);
    this.bar = bar;
  }

  private x(dump: number): number {
    const { times, labels } = this.data;
    const span = times.at(-1) ?? 0;
    const part = span ? (times[dump] ?? 0) / span : dump / Math.max(1, labels.length - 1);
    return EDGE.left + part * (this.width - EDGE.left - EDGE.right);
  }

  private sum(dump: number): number {
    return this.shown.reduce((sum, i) => sum + (this.layer.bytes[i]?.[dump] ?? 0), 0);
  }

  private draw(): void {
    if (!this.width) return;
    const { labels } = this.data;
    const top = niceTop(Math.max(1, ...labels.map((_, dump) => this.sum(dump))));
    const y = (bytes: number): number =>
      HEIGHT - EDGE.bottom - (bytes / top) * (HEIGHT - EDGE.top - EDGE.bottom);
    const drawing = svg("svg", {
      width: this.width,
      height: HEIGHT,
      viewBox: `0 0 ${this.width} ${HEIGHT}`,
      tabindex: 0,
      role: "application",
      "aria-label": `${this.data.title} by ${this.layer.title}. Arrow keys move from dump to dump.`,
    });
    drawing.append(...this.grid(top, y), ...this.areas(y), ...this.ticks());
    const guide = svg("line", { class: "guide", y1: EDGE.top, y2: HEIGHT - EDGE.bottom });
    drawing.append(guide);
    this.place.replaceChildren(drawing);
    this.listen(drawing, guide);
    this.showLegend();
  }

  private grid(top: number, y: (bytes: number) => number): SVGElement[] {
    return [0, 0.25, 0.5, 0.75, 1].flatMap((part) => {
      const at = y(part * top);
      const line = svg("line", { x1: EDGE.left, x2: this.width - EDGE.right, y1: at, y2: at });
      line.setAttribute("class", "grid");
      return [line, words(EDGE.left - 8, at + 4, format.size(part * top), "end")];
    });
  }

  private areas(y: (bytes: number) => number): SVGElement[] {
    const dumps = this.data.labels.map((_, dump) => dump);
    const base = dumps.map(() => 0);
    return this.shown.map((i) => {
      const below = dumps.map((dump) => `${this.x(dump)},${y(base[dump] ?? 0)}`);
      for (const dump of dumps) base[dump] = (base[dump] ?? 0) + (this.layer.bytes[i]?.[dump] ?? 0);
      const above = dumps.map((dump) => `${this.x(dump)},${y(base[dump] ?? 0)}`);
      const area = svg("polygon", { points: [...above, ...below.reverse()].join(" ") });
      area.style.fill = `var(${this.color(i)})`;
      return area;
    });
  }

  /** The dumps on the axis; those that would overlap go without words. */
  private ticks(): SVGElement[] {
    const { labels, times } = this.data;
    let last = -Infinity;
    return labels.flatMap((label, dump) => {
      const at = this.x(dump);
      const mark = svg("line", { class: "tick", x1: at, x2: at });
      mark.setAttribute("y1", `${HEIGHT - EDGE.bottom}`);
      mark.setAttribute("y2", `${HEIGHT - EDGE.bottom + 4}`);
      // The last one has its words in any case.
      const ends = dump === labels.length - 1;
      if (!ends && (at - last < 84 || this.x(labels.length - 1) - at < 84)) return [mark];
      last = at;
      const anchor = dump === 0 ? "start" : ends ? "end" : "middle";
      const short = label.length > 16 ? `${label.slice(0, 15)}\u2026` : label;
      const after = times.length ? `+${format.duration(times[dump] ?? 0)}` : "";
      const foot = HEIGHT - EDGE.bottom + 18;
      return [
        mark,
        words(at, foot, short, anchor),
        words(at, foot + 14, dump ? after : "", anchor),
      ];
    });
  }

  private color(i: number): string {
    return this.layer.names[i] === OTHERS ? "--c-other" : categoryToken(i);
  }

  private listen(drawing: SVGElement, guide: SVGElement): void {
    const tell = (dump: number, x: number, y: number): void => {
      this.at = dump;
      const at = `${this.x(dump)}`;
      guide.setAttribute("x1", at);
      guide.setAttribute("x2", at);
      guide.classList.add("there");
      const rows = [...this.shown]
        .reverse()
        .map((i) => [this.layer.names[i] ?? "", this.layer.bytes[i]?.[dump] ?? 0] as const);
      const grid = rows.map(([name, bytes]) => [name, format.size(bytes)] as const);
      const title = `${this.data.labels[dump]}: ${format.size(this.sum(dump))}`;
      showTip(x, y, h("div", { class: "tip-title" }, title), tipGrid(grid));
      this.status.textContent = `${title}; ${grid.map((row) => row.join(" ")).join(", ")}`;
    };
    const leave = (): void => {
      hideTip();
      guide.classList.remove("there");
    };
    drawing.addEventListener("mousemove", (event) => {
      const { left } = drawing.getBoundingClientRect();
      const distance = (dump: number): number => Math.abs(this.x(dump) - (event.clientX - left));
      const dumps = this.data.labels.map((_, dump) => dump);
      const nearest = dumps.reduce((a, b) => (distance(b) < distance(a) ? b : a), 0);
      tell(nearest, event.clientX, event.clientY);
    });
    drawing.addEventListener("mouseleave", leave);
    drawing.addEventListener("blur", leave);
    drawing.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      event.preventDefault();
      const dump = Math.max(0, Math.min(this.data.labels.length - 1, this.at + step));
      const { left, top } = drawing.getBoundingClientRect();
      tell(dump, left + this.x(dump), top + EDGE.top);
    });
  }

  /** A click on a name draws it alone, another one all of them. */
  private showLegend(): void {
    const { layer } = this;
    const only = this.state.get("only");
    const entries = layer.names.map((name, i) => {
      const box = h("i");
      box.style.background = `var(${this.color(i)})`;
      const held = h("b", {}, format.size(layer.bytes[i]?.at(-1) ?? 0));
      const button = h(
        "button",
        { type: "button", class: "swatch link", "aria-pressed": `${only === name}` },
        box,
        h("span", {}, name),
        held,
      );
      button.addEventListener("click", () => {
        this.state.set({ only: only === name ? null : name });
        this.draw();
      });
      return button;
    });
    this.legend.replaceChildren(...entries);
  }
}

function words(x: number, y: number, text: string, anchor: string): SVGElement {
  const element = svg("text", { x, y, "text-anchor": anchor });
  element.textContent = text;
  return element;
}

/** A round limit of the axis that is not less. */
function niceTop(bytes: number): number {
  const unit = 1024 ** Math.floor(Math.log(bytes) / Math.log(1024));
  for (let step = unit; ; step *= 4) {
    const fitting = [1, 2, 3].find((times) => times * step >= bytes);
    if (fitting) return fitting * step;
  }
}
