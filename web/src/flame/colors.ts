// Colour carries meaning: whose memory it is, or which way it went.

import { mix, type Rgb, svg, token } from "../dom";
import type { ViewNode } from "./data";

export const CATEGORIES = 11;

export function categoryToken(index: number): string {
  return index >= 0 && index < CATEGORIES ? `--c${index}` : "--c-other";
}

/** A stable number from 0 to 1 that tells neighbours of one colour apart. */
function shade(name: string): number {
  let hash = 7;
  for (let i = 0; i < name.length; i += 1) hash = (hash * 31 + name.charCodeAt(i)) | 0;
  return (hash >>> 0) / 2 ** 32;
}

/** Colours by subsystem, resolved once a theme; mixed with the paper so that text stays legible. */
export function subsystemColors(): (node: ViewNode) => string {
  const paper = token("--paper");
  const soft = isDark(paper) ? 0.34 : 0.46;
  const colors = Array.from({ length: CATEGORIES }, (_, i) => token(`--c${i}`));
  const other = token("--c-other");
  const mixed = token("--c-mixed");
  const root = token("--c-root");
  return ({ kind, tint, name }) => {
    if (kind === "root") return mix(root, paper, 0.1);
    if (kind === "other") return mix(other, paper, 0.6);
    if (tint < 0) return mix(mixed, paper, 0.3 + 0.25 * shade(name));
    return mix(colors[tint] ?? other, paper, soft + 0.16 * shade(name));
  };
}

function isDark([r, g, b]: Rgb): boolean {
  return r + g + b < 384;
}

function differenceTokens(): [Rgb, Rgb, Rgb] {
  return [token("--same"), token("--grown"), token("--gone")];
}

/** Colours by how much of what is there came (+1) or went (-1); `column` picks the weight. */
export function differenceColors(column: number): (node: ViewNode) => string {
  const [same, grown, gone] = differenceTokens();
  return (node) => {
    const ratio = changeRatio(node, column);
    // The square root lifts small changes off the neutral colour.
    return mix(same, ratio > 0 ? grown : gone, Math.sqrt(Math.abs(ratio)));
  };
}

export function changeRatio(node: ViewNode, column: number): number {
  const now = node.sums[column] ?? 0;
  const before = node.sums[column + 3] ?? 0;
  return now === before ? 0 : (now - before) / Math.max(now, before);
}

/** The scale that belongs to `differenceColors`, from all gone to all new. */
export function differenceScale(): SVGElement {
  const scale = svg("svg", { width: 180, height: 12, class: "scale", "aria-hidden": "true" });
  const [same, grown, gone] = differenceTokens();
  for (let i = 0; i < 30; i += 1) {
    const ratio = (i - 14.5) / 14.5;
    const fill = mix(same, ratio > 0 ? grown : gone, Math.sqrt(Math.abs(ratio)));
    scale.append(svg("rect", { x: i * 6, width: 6, height: 12, fill }));
  }
  return scale;
}
