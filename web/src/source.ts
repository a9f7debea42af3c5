// Frames with source lines, `function (file:line)`, and the links that they give.

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
