// Physical memory as the page carries it.

import { categoryToken } from "../flame/colors";

export interface Layer {
  by: string;
  title: string;
  ranked: boolean;
  /** How many of the values, from the first on, have a colour of their own. */
  named: number;
  values: string[];
  pages: number[];
  /** A cell's values and their pages, alternating, most pages first. */
  shares: number[][];
}

export interface Strip {
  heading: string;
  firstBlock: number;
  blocks: number;
  cells: number[];
}

export interface MapData {
  cellPages: number;
  pageSize: number;
  pageblockPages: number;
  tile: { pages: number; width: number; height: number };
  strips: Strip[];
  pfn: number[];
  allocated: number[];
  stray: number[];
  blockTypes: string[];
  blockType: number[];
  layers: Layer[];
}

const RANKS = 8;

/** The colour token of a value: along the scale if ranked, else by its place in the legend. */
export function valueToken(layer: Layer, value: number): string {
  if (!layer.ranked) return categoryToken(value < layer.named ? value : -1);
  const last = Math.max(1, layer.named - 1);
  return `--r${Math.round((value * (RANKS - 1)) / last)}`;
}

/** Where a cell stands in its strip, in cells, when `columns` tiles stand side by side. */
export function placeOf(
  data: MapData,
  strip: Strip,
  cell: number,
  columns: number,
): [number, number] {
  const { pages, width, height } = data.tile;
  const pfn = data.pfn[cell] ?? 0;
  const block = Math.floor(pfn / pages) - strip.firstBlock;
  const inside = Math.floor((pfn % pages) / data.cellPages);
  return [
    (block % columns) * width + (inside % width),
    Math.floor(block / columns) * height + Math.floor(inside / width),
  ];
}

/** The first page frame of the place at column `x`, row `y`, or -1 outside the strip. */
export function frameAt(
  data: MapData,
  strip: Strip,
  columns: number,
  x: number,
  y: number,
): number {
  const { pages, width, height } = data.tile;
  const right = Math.floor(x / width);
  const block = Math.floor(y / height) * columns + right;
  if (x < 0 || y < 0 || right >= columns || block >= strip.blocks) return -1;
  const inside = (y % height) * width + (x % width);
  return (strip.firstBlock + block) * pages + inside * data.cellPages;
}
