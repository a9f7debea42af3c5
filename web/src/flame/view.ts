// The drawing: d3-flame-graph, driven by mouse and keyboard.

import flamegraph, { type FlameChart, type PlacedNode, type Tip } from "d3-flame-graph";
import { select } from "d3-selection";
import { timerFlush } from "d3-timer";
import { mix, svg, token } from "../dom";
import { splitFrame } from "../source";
import { hideTip, showTip } from "../tooltip";
import { differenceColors, subsystemColors } from "./colors";
import { type FlameModel, type Options, type ViewNode, weightIndex } from "./data";
import { noteOf, sentence } from "./notes";

type Placed = PlacedNode<ViewNode>;
const ROW = 19;
const reduced = matchMedia("(prefers-reduced-motion: reduce)");

export interface Found {
  frames: number;
  sums: number[];
  value: number;
}

export type Match = (name: string) => boolean;

export interface Listener {
  say(text: string): void;
  found(found: Found | undefined, whole: ViewNode): void;
  /** The graph is zoomed to the end of `path`, `asked` by hand. */
  zoomed(path: Placed[], asked: boolean): void;
  peek(node: ViewNode): void;
}

export class FlameView {
  private chart: FlameChart<ViewNode> | undefined;
  private whole: ViewNode | undefined;
  private cursor: Placed | undefined;
  private match: Match | undefined;
  private zoomed: Placed | undefined;
  private restoring = false;
  private options: Options | undefined;

  constructor(
    private readonly model: FlameModel,
    private readonly place: HTMLElement,
    private readonly listener: Listener,
  ) {
    place.addEventListener("keydown", (event) => this.key(event));
    place.addEventListener("blur", () => this.moveCursor(undefined));
  }

  /** Draw anew under these options, the whole of it. */
  draw(options: Options, rootOnTop: boolean): void {
    hideTip();
    this.chart?.destroy();
    this.place.replaceChildren();
    this.cursor = undefined;
    this.zoomed = undefined;
    const whole = (this.whole = this.model.build(options));
    const tip = Object.assign(() => undefined, {
      show: (event: MouseEvent, node: Placed) => {
        showTip(event.clientX, event.clientY, ...noteOf(this.model, node.data, whole));
        this.listener.say(sentence(this.model, node.data, whole, options));
      },
      hide: hideTip,
    }) satisfies Tip<ViewNode>;
    this.chart = flamegraph<ViewNode>()
      .width(this.place.clientWidth)
      .cellHeight(ROW)
      .minFrameSize(0.4)
      .transitionDuration(0)
      .inverted(rootOnTop)
      .sort((a, b) => b.data.value - a.data.value)
      .tooltip(tip)
      .getName((node) => node.data.name)
      .setColorMapper(this.colors(options))
      .setSearchMatch((node) => this.match?.(node.data.name) ?? false)
      .setSearchHandler((found) => this.found(found))
      .onClick((node) => this.afterZoom(node));
    this.chart(select<HTMLElement, ViewNode>(this.place).datum(whole));
    this.options = options;
    // The library widens new frames over some time; the first picture needs none.
    for (const frame of this.place.querySelectorAll(".frame")) {
      frame.firstElementChild?.setAttribute("width", frame.getAttribute("width") ?? "0");
    }
    this.crop(rootOnTop);
    this.chart.transitionDuration(reduced.matches ? 0 : 160);
  }

  private colors(options: Options): (node: Placed) => string {
    const plain = this.model.sideBySide
      ? differenceColors(weightIndex(options.weight))
      : subsystemColors();
    const match = mix(token("--match"), token("--match"), 0);
    return (node) => (node.highlight ? match : plain(node.data));
  }

  /** The library leaves two rows for a title beyond the outermost frames. */
  private crop(rootOnTop: boolean): void {
    const canvas = this.place.querySelector("svg");
    if (!canvas) return;
    this.place.style.height = `${canvas.height.baseVal.value - 2 * ROW}px`;
    // Paper is narrower than a screen: there the whole is scaled.
    const { width, height } = canvas;
    canvas.setAttribute("viewBox", `0 0 ${width.baseVal.value} ${height.baseVal.value}`);
    canvas.style.marginTop = rootOnTop ? "0" : `${-2 * ROW}px`;
  }

  private root(): Placed {
    return select(this.place).datum() as Placed;
  }

  /** Zoom to the end of a path, as far as it exists. */
  restore(path: string[]): void {
    let node = this.root();
    for (const name of path) {
      const child = node.children?.find((each) => each.data.name === name);
      if (!child) break;
      node = child;
    }
    if (!node.parent) {
      this.listener.zoomed([node], false);
      return;
    }
    this.restoring = true;
    this.chart?.transitionDuration(0).zoomTo(node);
    settle();
    this.chart?.transitionDuration(reduced.matches ? 0 : 160);
    this.restoring = false;
  }

  /** The path to the heaviest frame of a function, of whatever module, [] where there is none. */
  pathOf(name: string): string[] {
    let heaviest: Placed | undefined;
    const visit = (node: Placed): void => {
      const text = splitFrame(node.data.name).name;
      if (text === name || text.startsWith(`${name} [`)) {
        // What lies below the outermost one is part of it.
        if (node.data.value > (heaviest?.data.value ?? 0)) heaviest = node;
        return;
      }
      node.children?.forEach(visit);
    };
    visit(this.root());
    const path = heaviest?.ancestors().reverse().slice(1) ?? [];
    return path.map((node) => node.data.name);
  }

  private afterZoom(node: Placed): void {
    this.zoomed = node.parent ? node : undefined;
    this.listener.zoomed(node.ancestors().reverse(), !this.restoring);
    if (this.cursor) this.moveCursor(node);
  }

  zoom(node: Placed): void {
    this.chart?.zoomTo(node);
  }

  reset(): void {
    this.chart?.resetZoom();
  }

  /** Mark the frames that match; undefined ends the search. */
  search(match: Match | undefined): void {
    this.match = match;
    if (match) this.chart?.search("*");
    else {
      this.chart?.clear();
      if (this.whole) this.listener.found(undefined, this.whole);
    }
  }

  /** Sum what was found, each stack once: a match below a match adds nothing. */
  private found(nodes: Placed[]): void {
    const sums = (this.whole?.sums ?? []).map(() => 0);
    let value = 0;
    for (const node of nodes) {
      if (node.ancestors().some((above) => above !== node && above.highlight)) continue;
      node.data.sums.forEach((held, column) => (sums[column] = (sums[column] ?? 0) + held));
      value += node.data.value;
    }
    if (this.whole) this.listener.found({ frames: nodes.length, sums, value }, this.whole);
  }

  private key(event: KeyboardEvent): void {
    const at = this.cursor ?? this.zoomed ?? this.root();
    const siblings = at.parent?.children?.filter((node) => node.x1 > node.x0) ?? [at];
    const here = siblings.indexOf(at);
    const moves: Record<string, () => Placed | undefined | null> = {
      ArrowDown: () => (this.cursor ? at.children?.find((node) => node.x1 > node.x0) : at),
      ArrowUp: () => at.parent,
      ArrowLeft: () => siblings[here - 1],
      ArrowRight: () => siblings[here + 1],
    };
    const move = moves[event.key];
    if (move) this.moveCursor(move() ?? at);
    else if (event.key === "Enter") this.zoom(at);
    else if (event.key === "p" && at.data.kind === "frame") this.listener.peek(at.data);
    else if (event.key === "Escape" || event.key === "Home") this.reset();
    else return;
    event.preventDefault();
  }

  private moveCursor(node: Placed | undefined): void {
    this.cursor = node;
    this.place.querySelector(".cursor")?.remove();
    const canvas = this.place.querySelector("svg");
    if (!node || !canvas || !this.whole || !this.options) return;
    const width = canvas.width.baseVal.value;
    const y = this.rowOf(node, canvas);
    const box = { x: node.x0 * width, y, width: (node.x1 - node.x0) * width, height: ROW };
    canvas.append(svg("rect", { class: "cursor", ...box }));
    this.listener.say(sentence(this.model, node.data, this.whole, this.options));
  }

  private rowOf(node: Placed, canvas: SVGSVGElement): number {
    const top = this.chart?.inverted() ?? true;
    return top ? node.depth * ROW : canvas.height.baseVal.value - (node.depth + 1) * ROW;
  }
}

/** End the transitions of no duration, which else wait for a frame; a printer gives none. */
function settle(): void {
  // One is scheduled, started and ended by a timer each.
  for (let i = 0; i < 3; i += 1) timerFlush();
}
