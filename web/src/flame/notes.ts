// What is said of a node: in the note beside the pointer, and aloud.

import * as format from "../format";
import { type Child, h } from "../dom";
import { splitFrame } from "../source";
import { tipGrid } from "../tooltip";
import { type FlameModel, type Options, type ViewNode, weightIndex } from "./data";

export function amount(value: number, weight: Options["weight"]): string {
  return weight === "bytes" ? format.size(value) : `${format.count(value)} ${weight}`;
}

const ROWS = [
  ["bytes", format.size],
  ["pages", format.count],
  ["records", format.count],
] as const;

/** Records, pages and bytes, with their shares; with an older dump both sides and the change. */
function weightRows(node: ViewNode, whole: ViewNode, sideBySide: boolean): [string, ...string[]][] {
  return ROWS.map(([weight, write]) => {
    const column = weightIndex(weight);
    const now = node.sums[column] ?? 0;
    const all = whole.sums[column] ?? 0;
    if (!sideBySide) return [weight, write(now), all ? format.share(now / all) : ""];
    const before = node.sums[column + 3] ?? 0;
    return [weight, write(before), write(now), format.signed(write(now - before))];
  });
}

export function noteOf(model: FlameModel, node: ViewNode, whole: ViewNode): Child[] {
  const { label, oldLabel } = model.data;
  const head: [string, ...string[]][] = model.sideBySide
    ? [["", oldLabel ?? "", label, "change"]]
    : [];
  const frame = splitFrame(node.name);
  const parts: Child[] = [
    h("div", { class: "tip-title" }, frame.name),
    frame.file ? h("div", { class: "tip-place" }, `${frame.file}:${frame.line}`) : null,
    tipGrid([...head, ...weightRows(node, whole, model.sideBySide)]),
  ];
  if (node.kind === "other") {
    const stacks = node.ends.reduce((sum, row) => sum + (model.data.stacks[row] ?? 0), 0);
    const limit = format.share(model.data.threshold);
    parts.push(
      h("div", { class: "tip-note" }, `${format.count(stacks)} stacks below ${limit} of the whole`),
    );
    return parts;
  }
  const owners = model.owners(node, 3);
  const held = Math.max(node.sums[1] ?? 0, node.sums[4] ?? 0);
  if (owners.length && held) {
    const list = owners
      .map(({ name, pages }) => `${name} ${format.share(pages / held)}`)
      .join(", ");
    parts.push(h("div", { class: "tip-note" }, h("b", {}, "owner "), list));
  }
  return parts;
}

/** One line for the status bar and for screen readers. */
export function sentence(
  model: FlameModel,
  node: ViewNode,
  whole: ViewNode,
  options: Options,
): string {
  const column = weightIndex(options.weight);
  const now = node.sums[column] ?? 0;
  const part = (whole.sums[column] ?? 0) > 0 ? format.share(now / (whole.sums[column] ?? 1)) : "";
  const base = `${node.name}: ${amount(now, options.weight)} (${part})`;
  if (!model.sideBySide) return base;
  const change = now - (node.sums[column + 3] ?? 0);
  return `${base}, ${format.signed(amount(change, options.weight))} since ${model.data.oldLabel}`;
}
