// One floating note for everything that is hovered; it never takes the pointer.

import { h, type Child } from "./dom";

let tip: HTMLElement | undefined;
let shownAt = [0, 0];
/** Where a note was dismissed: what is redrawn below a pointer that rests brings none back. */
let dismissedAt: number[] | undefined;
const REST = 4;

function dismiss(): boolean {
  if (!tip || tip.hidden) return false;
  dismissedAt = shownAt;
  hideTip();
  return true;
}

function makeTip(): HTMLElement {
  const made = document.body.appendChild(h("div", { class: "tip", "aria-hidden": "true" }));
  made.hidden = true;
  document.addEventListener("pointerdown", () => void dismiss(), true);
  document.addEventListener(
    "keydown",
    (event) => {
      // A second Escape is for what the note was about.
      if (event.key === "Escape" && dismiss()) event.stopPropagation();
    },
    true,
  );
  addEventListener("scroll", () => void dismiss(), { capture: true, passive: true });
  return made;
}

export function showTip(x: number, y: number, ...content: Child[]): void {
  tip ??= makeTip();
  if (dismissedAt && Math.hypot(x - dismissedAt[0]!, y - dismissedAt[1]!) < REST) return;
  dismissedAt = undefined;
  shownAt = [x, y];
  tip.replaceChildren(...content.filter((child) => child !== null));
  tip.hidden = false;
  const { offsetWidth: width, offsetHeight: height } = tip;
  const left = x + 14 + width > innerWidth ? Math.max(4, x - width - 10) : x + 14;
  const top = y + 16 + height > innerHeight ? Math.max(4, y - height - 10) : y + 16;
  tip.style.transform = `translate(${left}px, ${top}px)`;
}

export function hideTip(): void {
  if (tip) tip.hidden = true;
}

/** Name and value lines, values right-aligned. */
export function tipGrid(rows: readonly (readonly [string, ...string[]])[]): HTMLElement {
  const body = h("tbody");
  for (const [name, ...values] of rows) {
    body.append(h("tr", {}, h("th", {}, name), ...values.map((value) => h("td", {}, value))));
  }
  return h("table", { class: "tip-grid" }, body);
}
