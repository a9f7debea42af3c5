// The statement behind a figure: folded away, one click to see, one to copy.

import { copyButton } from "./dom";

export function setUpSql(): void {
  for (const box of document.querySelectorAll<HTMLElement>("details.sql")) {
    const text = box.querySelector("pre")?.textContent ?? "";
    box.append(copyButton("Copy SQL", () => text));
  }
}
