// The flame graph with its controls: what a page shows for one FlameData.

import { choice, h, toggle } from "../dom";
import * as format from "../format";
import { onThemeChange } from "../theme";
import { categoryToken, CATEGORIES, differenceScale } from "./colors";
import { type FlameData, FlameModel, type Options, type ViewNode, weightIndex } from "./data";
import { amount } from "./notes";
import { FlameView, type Found } from "./view";

export class FlamePanel {
  private readonly model: FlameModel;
  private readonly options: Options = {
    weight: "bytes",
    width: "both",
    sitesFirst: false,
    trim: false,
  };
  private rootOnTop = true;
  private readonly view: FlameView;
  private readonly search = h("input", {
    type: "search",
    placeholder: "Search functions",
    "aria-label": "Search the flame graph",
  });
  private readonly result = h("output", { class: "flame-result" });
  private readonly crumbs = h("nav", { class: "flame-crumbs", "aria-label": "Zoom" });
  private readonly status = h("div", { class: "flame-status", role: "status" });
  private readonly legend = h("div", { class: "legend" });
  readonly place = h("div", {
    class: "flame-chart",
    tabindex: "0",
    role: "application",
    "aria-label": "Flame graph. Arrow keys move, Enter zooms, Escape zooms out.",
  });

  constructor(
    data: FlameData,
    private readonly frame: HTMLElement,
  ) {
    this.model = new FlameModel(data);
    this.view = new FlameView(
      this.model,
      this.place,
      (text) => (this.status.textContent = text),
      (found, whole) => this.showFound(found, whole),
      (path) => this.showPath(path),
    );
    const search = h("div", { class: "flame-search" }, this.search, this.result);
    const second = h("div", { class: "flame-legend" }, this.legend, search);
    frame.replaceChildren(this.toolbar(), second, this.crumbs, this.place, this.status);
    this.listen();
    this.draw();
  }

  private listen(): void {
    let timer = 0;
    this.search.addEventListener("input", () => {
      clearTimeout(timer);
      timer = window.setTimeout(() => this.view.search(this.search.value), 120);
    });
    document.addEventListener("keydown", (event) => {
      const typing = event.target instanceof HTMLElement && event.target.closest("input, textarea");
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.search.focus();
    });
    onThemeChange(() => this.draw());
    let width = this.place.clientWidth;
    new ResizeObserver(() => {
      if (Math.abs(this.place.clientWidth - width) < 2) return;
      width = this.place.clientWidth;
      this.draw();
    }).observe(this.place);
  }

  private set(change: Partial<Options>): void {
    Object.assign(this.options, change);
    this.draw();
  }

  private draw(): void {
    this.showLegend();
    this.view.draw({ ...this.options }, this.rootOnTop);
  }

  private toolbar(): HTMLElement {
    const weights = [
      ["bytes", "Bytes"],
      ["pages", "Pages"],
      ["records", "Records"],
    ] as const;
    const orders = [
      ["callers", "Callers"],
      ["sites", "Allocation sites"],
    ] as const;
    const shapes = [
      ["top", "Icicle"],
      ["bottom", "Flame"],
    ] as const;
    const bar = h("div", { class: "toolbar" });
    bar.append(
      choice("Weight", weights, "bytes", (weight) => this.set({ weight })),
      choice("Start from", orders, "callers", (order) =>
        this.set({ sitesFirst: order === "sites" }),
      ),
      choice("Shape", shapes, "top", (shape) => {
        this.rootOnTop = shape === "top";
        this.draw();
      }),
    );
    if (this.model.sideBySide) bar.append(this.widths());
    const help = "Leave out the frames between the owner and the page allocator";
    bar.append(toggle("Hide allocator frames", false, (trim) => this.set({ trim }), help));
    return bar;
  }

  private widths(): HTMLElement {
    const { label, oldLabel } = this.model.data;
    const options = [
      ["both", "Larger side"],
      ["change", "Change"],
      ["new", label],
      ["old", oldLabel ?? ""],
    ] as const;
    return choice("Width", options, "both", (width) => this.set({ width }));
  }

  private showLegend(): void {
    this.legend.replaceChildren();
    if (this.model.sideBySide) {
      const side = (text: string): HTMLElement => h("span", {}, text);
      this.legend.append(side("gone"), differenceScale(), side("new"));
      return;
    }
    const names = this.model.data.subsystems;
    names
      .slice(0, CATEGORIES)
      .forEach((name, i) => this.legend.append(swatch(name, categoryToken(i))));
    if (names.length > CATEGORIES) this.legend.append(swatch("others", "--c-other"));
    this.legend.append(swatch("shared by several", "--c-mixed"));
  }

  private showFound(found: Found | undefined, whole: ViewNode): void {
    this.result.replaceChildren();
    if (!found) return;
    const column = weightIndex(this.options.weight);
    const sum = found.sums[column] ?? 0;
    const all = whole.sums[column] ?? 0;
    const part = format.share(all ? sum / all : 0);
    this.result.append(
      h("b", {}, part),
      ` ${amount(sum, this.options.weight)} in ${format.count(found.frames)} frames`,
    );
  }

  private showPath(path: Parameters<FlameView["zoom"]>[0][]): void {
    const links = path.map((node) => {
      const button = h("button", { type: "button" }, node.data.name);
      button.addEventListener("click", () => this.view.zoom(node));
      return button;
    });
    this.crumbs.replaceChildren(...links);
    this.frame.classList.toggle("zoomed", path.length > 1);
  }
}

function swatch(name: string, color: string): HTMLElement {
  const box = h("i");
  box.style.background = `var(${color})`;
  return h("span", { class: "swatch" }, box, name);
}
