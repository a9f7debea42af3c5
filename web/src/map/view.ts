// One strip of physical memory on a canvas.

import { h, mix, type Rgb, token } from "../dom";
import { type Layer, type MapData, frameAt, placeOf, type Strip, valueToken } from "./data";

const BORDER = 2;
const PALEST = 0.3;
const DIMMED = 0.16;

export interface Look {
  layer: Layer;
  side: number;
  columns: number;
  strayOnly: boolean;
}

/** The colours of a layer under the theme in force. */
export class Paints {
  private readonly free = token("--free");
  readonly freeColor = mix(this.free, this.free, 0);
  readonly stray = mix(token("--stray"), this.free, 0);
  private readonly values: Rgb[];

  constructor(layer: Layer) {
    this.values = layer.values.map((_, value) => token(valueToken(layer, value)));
  }

  of(value: number, fill: number, dimmed: boolean): string {
    const part = dimmed ? DIMMED : PALEST + (1 - PALEST) * Math.min(1, fill);
    return mix(this.free, this.values[value] ?? this.free, part);
  }
}

export class StripView {
  readonly canvas = h("canvas", { class: "map-strip", tabindex: "0", role: "application" });
  private look: Look | undefined;
  private readonly cellAt = new Map<number, number>();

  constructor(
    private readonly data: MapData,
    private readonly strip: Strip,
  ) {
    this.canvas.setAttribute("aria-label", `${strip.heading}. Arrow keys move from cell to cell.`);
    for (const cell of strip.cells) this.cellAt.set(data.pfn[cell] ?? -1, cell);
  }

  draw(look: Look, paints: Paints): void {
    this.look = look;
    const { width, height } = this.data.tile;
    const rows = Math.ceil(this.strip.blocks / look.columns);
    const ratio = devicePixelRatio || 1;
    const size = [
      look.columns * (width * look.side + BORDER),
      rows * (height * look.side + BORDER),
    ] as const;
    this.canvas.width = Math.round(size[0] * ratio);
    this.canvas.height = Math.round(size[1] * ratio);
    this.canvas.style.width = `${size[0]}px`;
    this.canvas.style.height = `${size[1]}px`;
    const context = this.canvas.getContext("2d");
    if (!context) return;
    context.scale(ratio, ratio);
    this.drawTiles(context, look, paints);
    for (const cell of this.strip.cells) this.drawCell(context, look, paints, cell);
  }

  private drawTiles(context: CanvasRenderingContext2D, look: Look, paints: Paints): void {
    const { width, height } = this.data.tile;
    context.fillStyle = paints.freeColor;
    for (let block = 0; block < this.strip.blocks; block += 1) {
      const x = (block % look.columns) * (width * look.side + BORDER);
      const y = Math.floor(block / look.columns) * (height * look.side + BORDER);
      context.fillRect(x, y, width * look.side, height * look.side);
    }
  }

  private drawCell(
    context: CanvasRenderingContext2D,
    look: Look,
    paints: Paints,
    cell: number,
  ): void {
    const [x, y] = this.pixels(look, ...placeOf(this.data, this.strip, cell, look.columns));
    const stray = this.data.stray[cell] ?? 0;
    const fill = (this.data.allocated[cell] ?? 0) / this.data.cellPages;
    const value = look.layer.shares[cell]?.[0] ?? -1;
    context.fillStyle = paints.of(value, fill, look.strayOnly && !stray);
    context.fillRect(x, y, look.side, look.side);
    if (!stray) return;
    const inset = Math.floor(look.side / 4);
    context.fillStyle = paints.stray;
    context.fillRect(x + inset, y + inset, look.side - 2 * inset, look.side - 2 * inset);
  }

  private pixels(look: Look, x: number, y: number): [number, number] {
    const { width, height } = this.data.tile;
    return [
      x * look.side + Math.floor(x / width) * BORDER,
      y * look.side + Math.floor(y / height) * BORDER,
    ];
  }

  /** The first frame of what lies at these pixels of the canvas, or -1. */
  frameUnder(left: number, top: number): number {
    if (!this.look) return -1;
    const { width, height } = this.data.tile;
    const across = width * this.look.side + BORDER;
    const along = height * this.look.side + BORDER;
    const x = Math.min(width - 1, Math.floor((left % across) / this.look.side));
    const y = Math.min(height - 1, Math.floor((top % along) / this.look.side));
    return frameAt(
      this.data,
      this.strip,
      this.look.columns,
      Math.floor(left / across) * width + x,
      Math.floor(top / along) * height + y,
    );
  }

  /** The middle of a frame's cell in pixels of the canvas. */
  middleOf(pfn: number): [number, number] {
    if (!this.look) return [0, 0];
    const { pages, width, height } = this.data.tile;
    const block = Math.floor(pfn / pages) - this.strip.firstBlock;
    const inside = Math.floor((pfn % pages) / this.data.cellPages);
    const [x, y] = this.pixels(
      this.look,
      (block % this.look.columns) * width + (inside % width),
      Math.floor(block / this.look.columns) * height + Math.floor(inside / width),
    );
    return [x + this.look.side / 2, y + this.look.side / 2];
  }

  /** The cell that starts at the frame, or undefined where nothing is on record. */
  cellOf(pfn: number): number | undefined {
    return this.cellAt.get(pfn);
  }

  get side(): number {
    return this.look?.side ?? 1;
  }
}
