// Frames with source lines, `function (file:line)`, and the links that they give.

import { h } from "./dom";

export interface SourceFrame {
  name: string;
  file: string;
  line: string;
}

const PLACED = /^(.*?) \(([^()]+):(\d+)\)( \[inlined\])?$/s;

/** A frame as its function and place; without a place both are ''. */
export function splitFrame(text: string): SourceFrame {
  const [, name, file = "", line = "", inlined = ""] = PLACED.exec(text) ?? [];
  return name === undefined
    ? { name: text, file: "", line: "" }
    : { name: name + inlined, file, line };
}

/** The address of a frame's line; undefined without a place, or for a scheme that is not the web's. */
export function sourceLink(template: string | null, frame: SourceFrame): string | undefined {
  if (!template || !frame.file) return undefined;
  const file = frame.file.split("/").map(encodeURIComponent).join("/");
  const address = template.replaceAll("{file}", () => file).replaceAll("{line}", () => frame.line);
  return /^https?:\/\/[^/?#]+[/?#]/i.test(address) ? address : undefined;
}

/** The source line of a frame, as a link where the page has a template for them. */
export function sourcePlace(template: string | null, text: string): HTMLElement {
  const frame = splitFrame(text);
  const words = frame.file ? `${frame.file}:${frame.line}` : "";
  const address = sourceLink(template, frame);
  if (!address) return h("code", {}, words);
  return h("a", { href: address, rel: "noreferrer noopener", target: "_blank" }, words);
}
