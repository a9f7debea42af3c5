// What stands in place of an answer until it is there: how far it is, and for how long it was asked.

import { h } from "../dom";
import type { Wait } from "./api";
import { printable } from "./text";

/** A bar with seconds; `wait` moves it, `end` stops its clock. */
export function waiting(...more: Node[]): { element: HTMLElement; wait: Wait; end: () => void } {
  const start = performance.now();
  const why = h("span", {}, "Asking\u2026 ");
  const seconds = h("span");
  const bar = h("progress", { "aria-label": "Asking", max: "1" });
  const clock = setInterval(() => {
    seconds.textContent = `${((performance.now() - start) / 1000).toFixed(0)} s `;
  }, 1000);
  const wait: Wait = (text, share) => {
    why.textContent = `${printable(text)} `;
    if (share === null) bar.removeAttribute("value");
    else bar.value = share;
  };
  const element = h("p", { class: "wait" }, bar, why, seconds, ...more);
  return { element, wait, end: () => clearInterval(clock) };
}
