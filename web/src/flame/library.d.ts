// The part of d3-flame-graph 5 that is used; the package brings no types.
declare module "d3-flame-graph" {
  import type { Selection } from "d3-selection";

  export interface PlacedNode<T> {
    data: T;
    value: number;
    depth: number;
    x0: number;
    x1: number;
    parent: PlacedNode<T> | null;
    children?: PlacedNode<T>[];
    highlight?: boolean;
    /** The node itself first, the root last. */
    ancestors(): PlacedNode<T>[];
  }

  export interface Tip<T> {
    (): void;
    show(event: MouseEvent, node: PlacedNode<T>): void;
    hide(): void;
  }

  export interface FlameChart<T> {
    (selection: Selection<HTMLElement, T, null, undefined>): void;
    width(pixels: number): this;
    cellHeight(pixels: number): this;
    minFrameSize(pixels: number): this;
    transitionDuration(milliseconds: number): this;
    inverted(rootOnTop: boolean): this;
    inverted(): boolean;
    sort(order: (a: PlacedNode<T>, b: PlacedNode<T>) => number): this;
    tooltip(tip: Tip<T>): this;
    getName(name: (node: PlacedNode<T>) => string): this;
    setColorMapper(color: (node: PlacedNode<T>, original: string) => string): this;
    setSearchMatch(match: (node: PlacedNode<T>, term: string) => boolean): this;
    setSearchHandler(handler: (found: PlacedNode<T>[], sum: number, total: number) => void): this;
    onClick(handler: (node: PlacedNode<T>) => void): this;
    search(term: string): void;
    clear(): void;
    zoomTo(node: PlacedNode<T>): void;
    resetZoom(): void;
    update(): void;
    destroy(): void;
  }

  export default function flamegraph<T>(): FlameChart<T>;
}

declare module "d3-timer" {
  /** Run the timers that are due at once. */
  export function timerFlush(): void;
}
