// The flame graph as the page carries it, and the view that is drawn of it.

import { splitFrame } from "../source";

export type Weight = "bytes" | "pages" | "records";
export type Width = "both" | "new" | "old" | "change";
export type NodeKind = "root" | "frame" | "other";

/** Columns of one length, a row a node of the tree, parents before children. */
export interface FlameData {
  title: string;
  label: string;
  oldLabel: string | null;
  rootKeys: string[];
  threshold: number;
  /** Where source lines are, with {file} and {line}. */
  sourceUrl: string | null;
  strings: string[];
  /** Subsystems, the one that holds most first. */
  subsystems: string[];
  name: number[];
  kind: number[];
  parent: number[];
  owner: number[];
  subsystem: number[];
  stacks: number[];
  /** records, pages, bytes, and with an older dump the same of that one: what ends in the node. */
  own: number[][];
}

export interface Options {
  weight: Weight;
  width: Width;
  sitesFirst: boolean;
  /** Whether the frames between the owner and the page allocator are shown. */
  plumbing: boolean;
}

/** One function in all stacks: what it holds, and with which callers and callees. */
export interface Peek {
  name: string;
  sums: number[];
  /** What ends in it. */
  own: number[];
  callers: Edge[];
  callees: Edge[];
}

export interface Edge {
  name: string;
  sums: number[];
}

/** What d3-flame-graph draws; `fade` and `hide` are its own marks. */
export interface ViewNode {
  name: string;
  kind: NodeKind;
  value: number;
  sums: number[];
  ends: number[];
  tint: number;
  children: ViewNode[];
  fade?: boolean;
  hide?: boolean;
}

const KINDS: readonly NodeKind[] = ["root", "frame", "other"];
const WEIGHTS: readonly Weight[] = ["records", "pages", "bytes"];
/** A node takes a subsystem's colour when that holds at least this part of it. */
const DOMINANT = 0.6;

export function weightIndex(weight: Weight): number {
  return WEIGHTS.indexOf(weight);
}

export class FlameModel {
  readonly sideBySide: boolean;
  private readonly paths: { row: number; path: number[] }[] = [];

  constructor(readonly data: FlameData) {
    this.sideBySide = data.oldLabel !== null;
    data.stacks.forEach((stacks, row) => {
      if (stacks > 0) this.paths.push({ row, path: this.pathTo(row) });
    });
  }

  text(index: number): string {
    return this.data.strings[index] ?? "";
  }

  ownerOf(row: number): string {
    return this.text(this.data.owner[row] ?? 0);
  }

  own(row: number, column: number): number {
    return this.data.own[column]?.[row] ?? 0;
  }

  private pathTo(row: number): number[] {
    const path: number[] = [];
    for (let at = row; at > 0; at = this.data.parent[at] ?? 0) path.push(at);
    return path.reverse();
  }

  private kindOf(row: number): NodeKind {
    return KINDS[this.data.kind[row] ?? 1] ?? "frame";
  }

  private nameOf(row: number): string {
    return this.text(this.data.name[row] ?? 0);
  }

  /** Pseudo-roots, then frames in the order asked for, without the allocator's own unless asked for. */
  private route(row: number, path: number[], options: Options): number[] {
    const roots = path.filter((at) => this.kindOf(at) === "root");
    let frames = path.filter((at) => this.kindOf(at) !== "root");
    if (!options.plumbing) {
      const owner = this.ownerOf(row);
      const cut = frames.findLastIndex((at) => this.nameOf(at) === owner);
      if (cut >= 0) frames = frames.slice(0, cut + 1);
    }
    return [...roots, ...(options.sitesFirst ? frames.reverse() : frames)];
  }

  private valueOf(row: number, options: Options): number {
    const column = weightIndex(options.weight);
    const now = this.own(row, column);
    if (!this.sideBySide) return now;
    const before = this.own(row, column + 3);
    if (options.width === "new") return now;
    if (options.width === "old") return before;
    return options.width === "change" ? Math.abs(now - before) : Math.max(now, before);
  }

  /** The whole tree under these options; its value is the sum over all stacks. */
  build(options: Options): ViewNode {
    const columns = this.data.own.length;
    const index = new Map<ViewNode, Map<string, ViewNode>>();
    const fresh = (name: string, kind: NodeKind): ViewNode => ({
      name,
      kind,
      value: 0,
      sums: new Array<number>(columns).fill(0),
      ends: [],
      tint: -1,
      children: [],
    });
    const root = fresh("all", "root");
    for (const { row, path } of this.paths) {
      const value = this.valueOf(row, options);
      let node = root;
      this.add(node, row, value);
      for (const at of this.route(row, path, options)) {
        const [name, kind] = [this.nameOf(at), this.kindOf(at)];
        const known = index.get(node) ?? new Map<string, ViewNode>();
        index.set(node, known);
        let child = known.get(`${kind} ${name}`);
        if (!child) {
          child = fresh(name, kind);
          known.set(`${kind} ${name}`, child);
          node.children.push(child);
        }
        this.add(child, row, value);
        node = child;
      }
      node.ends.push(row);
    }
    this.tint(root);
    return root;
  }

  private add(node: ViewNode, row: number, value: number): void {
    node.value += value;
    this.addTo(node.sums, row);
  }

  private addTo(sums: number[], row: number): void {
    for (let column = 0; column < sums.length; column += 1) {
      sums[column] = (sums[column] ?? 0) + this.own(row, column);
    }
  }

  /** Mark each node with the subsystem that holds most of it, or -1; returns pages a subsystem. */
  private tint(node: ViewNode): number[] {
    const pages = new Array<number>(this.data.subsystems.length).fill(0);
    for (const row of node.ends) {
      const at = this.data.subsystem[row] ?? -1;
      const held = this.own(row, 1) + (this.sideBySide ? this.own(row, 4) : 0);
      if (at >= 0) pages[at] = (pages[at] ?? 0) + held;
    }
    for (const child of node.children) {
      this.tint(child).forEach((held, at) => (pages[at] = (pages[at] ?? 0) + held));
    }
    const sum = (node.sums[1] ?? 0) + (node.sums[4] ?? 0);
    const most = pages.indexOf(Math.max(...pages));
    node.tint = node.kind === "frame" && (pages[most] ?? 0) >= DOMINANT * sum ? most : -1;
    return pages;
  }

  /** Owners of what the node holds with their pages, most first, at most `limit`. */
  owners(node: ViewNode, limit: number): { name: string; pages: number }[] {
    const pages = new Map<string, number>();
    const visit = (at: ViewNode): void => {
      for (const row of at.ends) {
        const owner = this.ownerOf(row) || "(several)";
        const held = Math.max(this.own(row, 1), this.sideBySide ? this.own(row, 4) : 0);
        pages.set(owner, (pages.get(owner) ?? 0) + held);
      }
      at.children.forEach(visit);
    };
    visit(node);
    const all = [...pages].map(([name, held]) => ({ name, pages: held }));
    return all.sort((a, b) => b.pages - a.pages).slice(0, limit);
  }

  /** The function's callers and callees, each stack counted once an edge, however often it recurs. */
  peek(name: string, options: Options): Peek {
    const zeros = (): number[] => new Array<number>(this.data.own.length).fill(0);
    const found = { name, sums: zeros(), own: zeros() };
    const callers = new Map<string, number[]>();
    const callees = new Map<string, number[]>();
    for (const { row, path } of this.paths) {
      const names = this.route(row, path, { ...options, sitesFirst: false, plumbing: true })
        .filter((at) => this.kindOf(at) !== "root")
        .map((at) => splitFrame(this.nameOf(at)).name);
      const places = names.flatMap((each, at) => (each === name ? [at] : []));
      if (!places.length) continue;
      this.addTo(found.sums, row);
      if (places.at(-1) === names.length - 1) this.addTo(found.own, row);
      for (const [edges, step] of [
        [callers, -1],
        [callees, 1],
      ] as const) {
        for (const other of new Set(places.flatMap((at) => names[at + step] ?? []))) {
          const sums = edges.get(other) ?? zeros();
          edges.set(other, sums);
          this.addTo(sums, row);
        }
      }
    }
    const column = weightIndex(options.weight);
    const heaviest = (edges: Map<string, number[]>): Edge[] =>
      [...edges]
        .map(([each, sums]) => ({ name: each, sums }))
        .sort((a, b) => (b.sums[column] ?? 0) - (a.sums[column] ?? 0));
    return { ...found, callers: heaviest(callers), callees: heaviest(callees) };
  }
}
