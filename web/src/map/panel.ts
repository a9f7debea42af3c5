// The map with its controls: colour by, legend, hover, keyboard.

import { noState, type ViewState } from "../address";
import { choice, h, onWidth, toggle } from "../dom";
import * as format from "../format";
import { onThemeChange } from "../theme";
import { hideTip, showTip, tipGrid } from "../tooltip";
import { type Layer, type MapData, type Strip, valueToken } from "./data";
import { type Look, Paints, StripView } from "./view";
import { closer, farther, listenForZoom, pagesOf, type Zoom } from "./zoom";

const TALLEST = 620;
const LARGEST = { cell: 11, zoomed: 40 };

/** The element that shows a map; its view is read from `state` and kept there. */
export function memoryMap(
  data: MapData,
  state: ViewState = noState(),
  open?: Open,
  zoom?: Zoom,
): HTMLElement {
  return new MapPanel(data, state, open, zoom).element;
}

/** Shows what lies in the frames from the first to the last. */
type Open = (first: number, last: number) => void;

class MapPanel {
  readonly element = h("div", { class: "map" });
  private bar = h("div");
  private readonly views: StripView[];
  private readonly legend = h("div", { class: "legend" });
  private readonly status = h("div", { class: "flame-status", role: "status" });
  private readonly place = h("div", { class: "map-strips" });
  /** The frame that the keyboard is at, or -1. */
  private at = -1;

  constructor(
    private readonly data: MapData,
    private readonly state: ViewState,
    private readonly open?: Open,
    private readonly zoom?: Zoom,
  ) {
    this.views = data.strips.map((strip) => {
      const view = new StripView(data, strip);
      this.place.append(h("div", { class: "map-heading" }, strip.heading), view.canvas);
      if (zoom) this.listenForZoom(zoom, view, strip);
      this.listen(view);
      return view;
    });
    this.element.append(this.bar, this.legend, this.place, this.status);
    const draw = (): void => this.draw();
    state.onChange(() => {
      this.showToolbar();
      draw();
    });
    this.showToolbar();
    onThemeChange(draw);
    onWidth(this.place, draw);
  }

  private get layer(): Layer {
    const by = this.state.get("layer");
    return (this.data.layers.find((layer) => layer.by === by) ?? this.data.layers[0]) as Layer;
  }

  private get strayOnly(): boolean {
    return this.state.get("stray") === "1";
  }

  private showToolbar(): void {
    const layers = this.data.layers.map((layer) => [layer.by, layer.title] as const);
    const bar = h("div", { class: "toolbar" });
    const keep = (changes: Record<string, string | null>): void => {
      this.state.set(changes);
      this.draw();
    };
    if (layers.length > 1) {
      bar.append(choice("Colour by", layers, this.layer.by, (layer) => keep({ layer })));
    }
    const stray = this.data.stray.reduce((sum, pages) => sum + pages, 0);
    const label = `Only unmovable pages in movable pageblocks (${format.count(stray)})`;
    if (this.zoom) bar.append(...this.zoomButtons(this.zoom));
    if (stray) bar.append(toggle(label, this.strayOnly, (on) => keep({ stray: on ? "1" : null })));
    this.bar.replaceWith(bar);
    this.bar = bar;
  }

  private look(): Look {
    const { width, height } = this.data.tile;
    const cells = this.data.strips.reduce((sum, strip) => sum + strip.blocks * width * height, 0);
    const room = this.place.clientWidth || 900;
    const largest = this.zoom?.range ? LARGEST.zoomed : LARGEST.cell;
    const fitting = Math.floor(Math.min(Math.sqrt((room * TALLEST) / cells), (room - 2) / width));
    const side = Math.max(2, Math.min(largest, fitting));
    const most = Math.max(1, ...this.data.strips.map((strip) => strip.blocks));
    const columns = Math.min(most, Math.max(1, Math.floor((room + 2) / (width * side + 2))));
    return { layer: this.layer, side, columns, strayOnly: this.strayOnly };
  }

  private draw(): void {
    if (!this.place.clientWidth) return;
    const paints = new Paints(this.layer);
    const look = this.look();
    for (const view of this.views) view.draw(look, paints);
    this.showLegend();
  }

  private showLegend(): void {
    const { layer } = this;
    const entry = (name: string, pages: number, color: string): HTMLElement => {
      const box = h("i");
      box.style.background = `var(${color})`;
      const size = h("b", {}, format.size(pages * this.data.pageSize));
      return h("span", { class: "swatch" }, box, name, size);
    };
    const named = layer.values.slice(0, layer.named);
    const entries = named.flatMap((name, i) =>
      layer.pages[i] ? [entry(name, layer.pages[i], valueToken(layer, i))] : [],
    );
    const rest = layer.pages.slice(layer.named);
    const sum = rest.reduce((all, pages) => all + pages, 0);
    if (sum) entries.push(entry(`${rest.length} others`, sum, "--c-other"));
    this.legend.replaceChildren(...entries);
  }

  /** How many page frames are shown, from the first to the last that has an owner. */
  private get pages(): number {
    const { data, zoom } = this;
    if (zoom?.range) return pagesOf(zoom.range);
    return (data.pfn.at(-1) ?? 0) + data.cellPages - (data.pfn[0] ?? 0);
  }

  private zoomButtons(zoom: Zoom): HTMLElement[] {
    const { pageblockPages, pfn } = this.data;
    const { range } = zoom;
    const button = (label: string, act: () => void, on: boolean): HTMLElement => {
      const made = h("button", { type: "button", class: "button" }, label);
      made.disabled = !on;
      made.addEventListener("click", act);
      return made;
    };
    const middle = this.at >= 0 ? this.at : (pfn[Math.floor(pfn.length / 2)] ?? 0);
    const shown = range
      ? `${format.hex(range.first)}-${format.hex(range.last)}, ${format.size(this.pages * this.data.pageSize)}`
      : "all memory";
    return [
      button("Zoom in", () => this.closer(zoom, middle), this.pages > 1),
      button("Zoom out", () => range && zoom.go(farther(range, pageblockPages)), range !== null),
      button("All memory", () => zoom.go(null), range !== null),
      h("span", { class: "hint map-range" }, shown),
    ];
  }

  private closer(zoom: Zoom, pfn: number): void {
    // Zoomed inside one, the tile is no pageblock any more.
    const block = Math.max(this.data.pageblockPages, 2);
    if (this.pages > 1) zoom.go(closer(this.pages, pfn, block));
  }

  private listenForZoom(zoom: Zoom, view: StripView, strip: Strip): void {
    const { range } = zoom;
    const back = (): void => {
      if (range) zoom.go(farther(range, this.data.pageblockPages));
    };
    listenForZoom(view.canvas, (way, left, top) => {
      const pfn = view.frameUnder(left, top);
      if (way < 0) back();
      else if (pfn >= 0) this.closer(zoom, pfn);
    });
    view.canvas.addEventListener("keydown", (event) => {
      if (event.key === "+" || event.key === "=") {
        this.closer(zoom, this.at >= 0 ? this.at : (this.data.pfn[strip.cells[0] ?? 0] ?? 0));
      } else if (event.key === "-") back();
      else if (event.key === "0") zoom.go(null);
      else return;
      event.preventDefault();
    });
    if (this.data.strips.length > 1) {
      const { pages } = this.data.tile;
      const first = strip.firstBlock * pages;
      const only = h("button", { type: "button", class: "link" }, "Only this");
      only.setAttribute("aria-label", `Only this: ${strip.heading}`);
      only.addEventListener("click", () =>
        zoom.go({ first, last: first + strip.blocks * pages - 1 }),
      );
      view.canvas.previousElementSibling?.append(" ", only);
    }
  }

  private listen(view: StripView): void {
    const { canvas } = view;
    canvas.addEventListener("mousemove", (event) => {
      const pfn = view.frameUnder(event.offsetX, event.offsetY);
      if (pfn < 0) hideTip();
      else this.tell(view, pfn, event.clientX, event.clientY);
    });
    canvas.addEventListener("mouseleave", hideTip);
    canvas.addEventListener("blur", hideTip);
    canvas.addEventListener("click", (event) => {
      this.openBlock(view.frameUnder(event.offsetX, event.offsetY));
    });
    canvas.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.openBlock(this.at);
      const step = {
        ArrowLeft: [-1, 0],
        ArrowRight: [1, 0],
        ArrowUp: [0, -1],
        ArrowDown: [0, 1],
      }[event.key];
      if (!step) return;
      event.preventDefault();
      const [x, y] = this.at < 0 ? [1, 1] : view.middleOf(this.at);
      const reach = view.side + 1;
      const next = view.frameUnder(x + (step[0] ?? 0) * reach, y + (step[1] ?? 0) * reach);
      if (next >= 0) this.at = next;
      const box = canvas.getBoundingClientRect();
      const [left, top] = view.middleOf(this.at);
      this.tell(view, this.at, box.left + left, box.top + top);
    });
  }

  /** The tile around a frame: a pageblock, or a cell that is larger; once zoomed, the page. */
  private openBlock(pfn: number): void {
    const pages = this.zoom?.range && this.data.cellPages === 1 ? 1 : this.data.tile.pages;
    const first = Math.floor(pfn / pages) * pages;
    if (pfn >= 0) this.open?.(first, first + pages - 1);
    hideTip();
  }

  private tell(view: StripView, pfn: number, x: number, y: number): void {
    const { data } = this;
    const range = `${format.hex(pfn)}-${format.hex(pfn + data.cellPages - 1)}`;
    const cell = view.cellOf(pfn);
    const head = h("div", { class: "tip-title" }, `frames ${range}`);
    if (cell === undefined) {
      showTip(x, y, head, h("div", { class: "tip-note" }, "no owner on record"));
      this.status.textContent = `${range}: no owner on record`;
      return;
    }
    const owners = data.layers.find((layer) => layer.by === "owner") ?? this.layer;
    const rows = [...this.shares(this.layer, cell)];
    if (owners !== this.layer) rows.push(...this.shares(owners, cell));
    showTip(x, y, head, h("div", { class: "tip-note" }, this.summary(cell)), tipGrid(rows));
    const told = rows.map(([, name, pages]) => `${name} ${pages}`).join(", ");
    this.status.textContent = `${range}: ${this.summary(cell)}; ${told}`;
  }

  private summary(cell: number): string {
    const { data } = this;
    const held = data.allocated[cell] ?? 0;
    const type = data.blockTypes[data.blockType[cell] ?? 0] ?? "";
    const stray = data.stray[cell] ?? 0;
    const parts = [`${held} of ${data.cellPages} pages allocated`];
    if (type) parts.push(`pageblock ${type}`);
    if (stray) parts.push(`${stray} unmovable`);
    return parts.join(" · ");
  }

  private shares(layer: Layer, cell: number): [string, ...string[]][] {
    const pairs = layer.shares[cell] ?? [];
    const rows: [string, ...string[]][] = [];
    for (let i = 0; i < pairs.length; i += 2) {
      const name = layer.values[pairs[i] ?? 0] ?? "";
      rows.push([i ? "" : layer.title, name, `${pairs[i + 1] ?? 0} pages`]);
    }
    return rows;
  }
}
