// Which page frames a map shows: steps from all memory to a pageblock and a single page, and back.

/** Page frames, the last included. */
export interface Range {
  first: number;
  last: number;
}

/** Null is all memory. */
export interface Zoom {
  range: Range | null;
  go: (range: Range | null) => void;
}

const STEP = 8;
// Past so many pageblocks a step back shows all memory.
const MOST_BLOCKS = 1 << 12;

export function pagesOf(range: Range): number {
  return range.last - range.first + 1;
}

function around(pfn: number, pages: number): Range {
  const first = Math.floor(pfn / pages) * pages;
  return { first, last: first + pages - 1 };
}

/** The next smaller range around a frame; a step stops at a pageblock. */
export function closer(pages: number, pfn: number, block: number): Range {
  const part = 2 ** Math.floor(Math.log2(Math.max(1, pages / STEP)));
  return around(pfn, pages > block && part < block ? block : part);
}

/** The next larger range; null for all memory. */
export function farther(range: Range, block: number): Range | null {
  const pages = pagesOf(range);
  const more = pages < block ? Math.min(block, pages * STEP) : pages * STEP;
  return more > block * MOST_BLOCKS ? null : around(range.first, 2 ** Math.ceil(Math.log2(more)));
}

/** Call `step` with 1 for each turn of a wheel or pinch that comes closer, -1 for one back. */
export function listenForZoom(
  element: HTMLElement,
  step: (way: 1 | -1, left: number, top: number) => void,
): void {
  let turned = 0;
  element.addEventListener(
    "wheel",
    (event) => {
      // A wheel scrolls the page unless the map was chosen; a pinch on a touchpad comes as Ctrl.
      if (!event.ctrlKey && document.activeElement !== element) return;
      event.preventDefault();
      turned += event.deltaY * (event.ctrlKey ? 4 : 1);
      if (Math.abs(turned) < 60) return;
      step(turned < 0 ? 1 : -1, event.offsetX, event.offsetY);
      turned = 0;
    },
    { passive: false },
  );
  const fingers = new Map<number, PointerEvent>();
  let apart = 0;
  const distance = (): number => {
    const [a, b] = [...fingers.values()];
    return a && b ? Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) : 0;
  };
  element.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") return;
    fingers.set(event.pointerId, event);
    apart = distance();
  });
  element.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, event);
    const now = distance();
    if (!apart || !now || (now < 1.5 * apart && now > apart / 1.5)) return;
    const box = element.getBoundingClientRect();
    const [a, b] = [...fingers.values()];
    const middle = [a, b].map((each) => [each?.clientX ?? 0, each?.clientY ?? 0] as const);
    const [x, y] = [0, 1].map((i) => ((middle[0]?.[i] ?? 0) + (middle[1]?.[i] ?? 0)) / 2);
    step(now > apart ? 1 : -1, (x ?? 0) - box.left, (y ?? 0) - box.top);
    fingers.clear();
    apart = 0;
  });
  for (const name of ["pointerup", "pointercancel", "pointerleave"] as const) {
    element.addEventListener(name, (event) => {
      fingers.delete(event.pointerId);
      apart = 0;
    });
  }
}
