// The drawing: d3-flame-graph, driven by mouse and keyboard.

import flamegraph, { type FlameChart, type PlacedNode, type Tip } from "d3-flame-graph";
import { select } from "d3-selection";
import { mix, svg, token } from "../dom";
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

export class FlameView {
  private chart: FlameChart<ViewNode> | undefined;
  private whole: ViewNode | undefined;
  private cursor: Placed | undefined;
  private term = "";
  private zoomed: Placed | undefined;
  private options: Options | undefined;

  constructor(
    private readonly model: FlameModel,
    private readonly place: HTMLElement,
    private readonly say: (text: string) => void,
    private readonly onFound: (found: Found | undefined, whole: ViewNode) => void,
    private readonly onZoom: (path: Placed[]) => void,
  ) {
    place.addEventListener("keydown", (event) => this.key(event));
    place.addEventListener("blur", () => this.moveCursor(undefined));
  }

  /** Draw anew under these options; a zoom is kept where its path still exists. */
  draw(options: Options, rootOnTop: boolean): void {
    const path = this.zoomed ? pathOf(this.zoomed) : [];
    this.chart?.destroy();
    this.place.replaceChildren();
    this.cursor = undefined;
    this.zoomed = undefined;
    const whole = (this.whole = this.model.build(options));
    const tip = Object.assign(() => undefined, {
      show: (event: MouseEvent, node: Placed) => {
        showTip(event.clientX, event.clientY, ...noteOf(this.model, node.data, whole));
        this.say(sentence(this.model, node.data, whole, options));
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
      .setSearchMatch((node, term) => node.data.name.toLowerCase().includes(term))
      .setSearchHandler((found) => this.found(found))
      .onClick((node) => this.afterZoom(node));
    this.chart(select<HTMLElement, ViewNode>(this.place).datum(whole));
    this.options = options;
    this.crop(rootOnTop);
    this.restore(path);
    this.chart.transitionDuration(reduced.matches ? 0 : 160);
    if (this.term) this.search(this.term);
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

  private restore(path: string[]): void {
    let node: Placed | undefined = this.root();
    for (const name of path) node = node?.children?.find((child) => child.data.name === name);
    if (path.length && node) this.chart?.zoomTo(node);
    else this.onZoom([this.root()]);
  }

  private afterZoom(node: Placed): void {
    this.zoomed = node.parent ? node : undefined;
    this.onZoom(node.ancestors().reverse());
    if (this.cursor) this.moveCursor(node);
  }

  zoom(node: Placed): void {
    this.chart?.zoomTo(node);
  }

  reset(): void {
    this.chart?.resetZoom();
  }

  search(term: string): void {
    this.term = term.trim().toLowerCase();
    if (this.term) this.chart?.search(this.term);
    else {
      this.chart?.clear();
      if (this.whole) this.onFound(undefined, this.whole);
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
    if (this.whole) this.onFound({ frames: nodes.length, sums, value }, this.whole);
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
    this.say(sentence(this.model, node.data, this.whole, this.options));
  }

  private rowOf(node: Placed, canvas: SVGSVGElement): number {
    const top = this.chart?.inverted() ?? true;
    return top ? node.depth * ROW : canvas.height.baseVal.value - (node.depth + 1) * ROW;
  }
}

function pathOf(node: Placed): string[] {
  return node
    .ancestors()
    .reverse()
    .slice(1)
    .map((at) => at.data.name);
}
