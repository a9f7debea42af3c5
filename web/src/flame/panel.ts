// The flame graph with its controls: what a page shows for one FlameData.

import { noState, type ViewState } from "../address";
import { choice, copyButton, h, onWidth, toggle } from "../dom";
import * as format from "../format";
import { sourcePlace, splitFrame } from "../source";
import { onThemeChange } from "../theme";
import { categoryToken, CATEGORIES, differenceScale } from "./colors";
import {
  type FlameData,
  FlameModel,
  type Options,
  type ViewNode,
  weightIndex,
  type Width,
} from "./data";
import { amount } from "./notes";
import { peekTable } from "./peek";
import { FlameView, type Found, type Match } from "./view";

/** The element that shows a flame graph; its view is read from `state` and kept there. */
export function flame(data: FlameData, state: ViewState = noState()): HTMLElement {
  return new FlamePanel(data, state).element;
}

class FlamePanel {
  readonly element = h("div", { class: "flame" });
  private readonly model: FlameModel;
  private readonly view: FlameView;
  private bar = h("div");
  private readonly search = h("input", {
    type: "search",
    placeholder: "Search functions",
    "aria-label": "Search the flame graph",
  });
  private readonly result = h("output", { class: "flame-result" });
  private readonly crumbs = h("nav", { class: "flame-crumbs", "aria-label": "Zoom" });
  private readonly status = h("div", { class: "flame-status", role: "status" });
  private readonly legend = h("div", { class: "legend" });
  private readonly detail = h("div", { class: "flame-detail" });
  private readonly peeked = h("div", { class: "flame-peek" });
  private readonly place = h("div", {
    class: "flame-chart",
    tabindex: "0",
    role: "application",
    "aria-label": "Flame graph. Arrow keys move, Enter zooms, Escape zooms out, P peeks.",
  });

  constructor(
    data: FlameData,
    private readonly state: ViewState,
  ) {
    this.model = new FlameModel(data);
    this.view = new FlameView(this.model, this.place, {
      say: (text) => (this.status.textContent = text),
      found: (found, whole) => this.showFound(found, whole),
      zoomed: (path, asked) => this.showPath(path, asked),
      peek: (node) => this.peek(splitFrame(node.name).name),
    });
    const regex = toggle(
      "Regex",
      this.state.get("regex") === "1",
      (on) => this.keep({ regex: on ? "1" : null }, () => this.find()),
      "Search by a regular expression",
    );
    const search = h("div", { class: "flame-search" }, regex, this.search, this.result);
    const second = h("div", { class: "flame-legend" }, this.legend, search);
    this.element.append(this.bar, second, this.crumbs, this.place);
    this.element.append(this.status, this.detail, this.peeked);
    this.listen(regex.querySelector("input") as HTMLInputElement);
  }

  private get options(): Options {
    const { state } = this;
    return {
      weight: oneOf(state.get("weight"), ["bytes", "pages", "records"] as const),
      width: oneOf(state.get("width"), ["both", "change", "new", "old"] as const),
      sitesFirst: state.get("order") === "sites",
      plumbing: state.get("plumbing") === "1",
    };
  }

  private get zoom(): string[] {
    try {
      return (this.state.get("zoom") ?? "").split("/").filter(Boolean).map(decodeURIComponent);
    } catch {
      return []; // a link that was cut
    }
  }

  private keep(changes: Record<string, string | null>, then: () => void, step = false): void {
    this.state.set(changes, step);
    then();
  }

  private listen(regex: HTMLInputElement): void {
    let timer = 0;
    this.search.addEventListener("input", () => {
      clearTimeout(timer);
      const term = this.search.value.trim() || null;
      timer = window.setTimeout(() => this.keep({ search: term }, () => this.find()), 120);
    });
    document.addEventListener("keydown", (event) => {
      const typing = event.target instanceof HTMLElement && event.target.closest("input, textarea");
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.search.focus();
    });
    const apply = (): void => {
      regex.checked = this.state.get("regex") === "1";
      this.showToolbar();
      this.draw();
    };
    this.state.onChange(apply);
    onThemeChange(() => this.draw());
    this.showToolbar();
    onWidth(this.place, () => this.draw());
  }

  /** Draw all that the state says. */
  private draw(): void {
    if (!this.place.clientWidth) return;
    this.showLegend();
    this.view.draw(this.options, this.state.get("shape") !== "bottom");
    const frame = this.state.get("frame");
    if (frame !== null) {
      // A link that names a function becomes one that names the place where most of it is.
      const path = this.view.pathOf(frame).map(encodeURIComponent).join("/");
      this.state.set({ frame: null, zoom: path || null });
    }
    this.view.restore(this.zoom);
    this.search.value = this.state.get("search") ?? "";
    this.find();
    this.showPeek();
  }

  private find(): void {
    const term = this.state.get("search") ?? "";
    let match: Match | undefined;
    if (term && this.state.get("regex") === "1") {
      try {
        const pattern = new RegExp(term, "i");
        match = (name) => pattern.test(name);
      } catch (error) {
        this.view.search(undefined);
        this.result.textContent = (error as Error).message;
        return;
      }
    } else if (term) {
      const lower = term.toLowerCase();
      match = (name) => name.toLowerCase().includes(lower);
    }
    this.view.search(match);
  }

  private showToolbar(): void {
    const { options } = this;
    const redraw = (): void => this.draw();
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
      choice("Weight", weights, options.weight, (weight) => this.keep({ weight }, redraw)),
      choice("Start from", orders, options.sitesFirst ? "sites" : "callers", (order) =>
        // A path in one order is none in the other.
        this.keep({ order, zoom: null }, redraw),
      ),
      choice("Shape", shapes, this.state.get("shape") === "bottom" ? "bottom" : "top", (shape) =>
        this.keep({ shape }, redraw),
      ),
    );
    if (this.model.sideBySide) bar.append(this.widths(options.width));
    const help = "The frames between the owner and the page allocator";
    bar.append(
      toggle(
        "Allocator frames",
        options.plumbing,
        (on) => this.keep({ plumbing: on ? "1" : null }, redraw),
        help,
      ),
    );
    this.bar.replaceWith(bar);
    this.bar = bar;
  }

  private widths(width: Width): HTMLElement {
    const { label, oldLabel } = this.model.data;
    const options = [
      ["both", "Larger side"],
      ["change", "Change"],
      ["new", label],
      ["old", oldLabel ?? ""],
    ] as const;
    return choice("Width", options, width, (each) => this.keep({ width: each }, () => this.draw()));
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
    const { weight } = this.options;
    const column = weightIndex(weight);
    const sum = found.sums[column] ?? 0;
    const all = whole.sums[column] ?? 0;
    const part = format.share(all ? sum / all : 0);
    this.result.append(
      h("b", {}, part),
      ` ${amount(sum, weight)} in ${format.count(found.frames)} frames`,
    );
  }

  /** Show where the zoom is; one that was `asked` for by hand is a step to go back from. */
  private showPath(path: Parameters<FlameView["zoom"]>[0][], asked: boolean): void {
    const names = path.slice(1).map((node) => node.data.name);
    if (asked) {
      this.state.set({ zoom: names.map(encodeURIComponent).join("/") || null }, true);
    }
    const links = path.map((node) => {
      const button = h("button", { type: "button" }, node.data.name);
      button.addEventListener("click", () => this.view.zoom(node));
      return button;
    });
    this.crumbs.replaceChildren(...links);
    this.crumbs.scrollLeft = this.crumbs.scrollWidth;
    this.element.classList.toggle("zoomed", path.length > 1);
    this.showDetail(names.length ? path.at(-1)?.data : undefined);
  }

  /** What can be done with the frame that the graph is zoomed to. */
  private showDetail(node: ViewNode | undefined): void {
    this.detail.replaceChildren();
    if (node?.kind === "frame") {
      const frame = splitFrame(node.name);
      const peek = h("button", { type: "button", class: "button" }, "Callers and callees");
      peek.addEventListener("click", () => this.peek(frame.name));
      this.detail.append(peek, sourcePlace(this.model.data.sourceUrl, node.name));
    }
    this.detail.append(copyButton("Copy link", () => location.href));
  }

  private peek(name: string | null): void {
    this.keep({ peek: name }, () => this.showPeek(), true);
  }

  private showPeek(): void {
    const name = this.state.get("peek");
    this.peeked.replaceChildren();
    if (name === null) return;
    const close = h("button", { type: "button", class: "button" }, "Close");
    close.addEventListener("click", () => this.peek(null));
    const head = h("div", { class: "peek-title" }, h("b", {}, "Callers and callees"), close);
    const { options } = this;
    const peek = this.model.peek(name, options);
    this.peeked.append(
      head,
      peekTable(peek, options, (each) => this.peek(each)),
    );
  }
}

/** What an address says, where that is one of `values`; else the first of them. */
function oneOf<T extends string>(said: string | null, values: readonly [T, ...T[]]): T {
  return values.find((value) => value === said) ?? values[0];
}

function swatch(name: string, color: string): HTMLElement {
  const box = h("i");
  box.style.background = `var(${color})`;
  return h("span", { class: "swatch" }, box, name);
}
