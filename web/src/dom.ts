// The only way this code makes elements: text stays text, whatever it holds.

export type Child = Node | string | null;

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

export function svg(tag: string, attributes: Record<string, string | number> = {}): SVGElement {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, `${value}`);
  return element;
}

/** The page's data: one inert JSON block, or undefined where the page has none of that name. */
export function pageData<T>(id: string): T | undefined {
  const text = document.getElementById(id)?.textContent;
  return text ? (JSON.parse(text) as T) : undefined;
}

export type Rgb = readonly [number, number, number];

/** A colour token of the theme in force, resolved by the browser. */
export function token(name: string): Rgb {
  const probe = document.body.appendChild(h("i", { hidden: "" }));
  probe.style.color = `var(${name})`;
  const [r = 0, g = 0, b = 0] =
    getComputedStyle(probe)
      .color.match(/[\d.]+/g)
      ?.map(Number) ?? [];
  probe.remove();
  return [r, g, b];
}

/** A colour `part` of the way from one to the other. */
export function mix(from: Rgb, to: Rgb, part: number): string {
  const [r, g, b] = from.map((value, i) => Math.round(value + ((to[i] ?? 0) - value) * part));
  return `rgb(${r},${g},${b})`;
}

let choices = 0;

/** A row of buttons of which one is pressed; arrow keys move as in any radio group. */
export function choice<T extends string>(
  label: string,
  options: readonly (readonly [T, string])[],
  initial: T,
  onChange: (value: T) => void,
): HTMLElement {
  const group = `choice-${(choices += 1)}`;
  const field = h("fieldset", { class: "choice" }, h("legend", {}, label));
  for (const [value, title] of options) {
    const input = h("input", { type: "radio", name: group, value });
    input.checked = value === initial;
    input.addEventListener("change", () => onChange(value));
    field.append(h("label", {}, input, h("span", {}, title)));
  }
  return field;
}

export function toggle(
  label: string,
  initial: boolean,
  onChange: (on: boolean) => void,
  help = "",
): HTMLElement {
  const input = h("input", { type: "checkbox" });
  input.checked = initial;
  input.addEventListener("change", () => onChange(input.checked));
  return h(
    "label",
    { class: "toggle", ...(help ? { title: help } : {}) },
    input,
    h("span", {}, label),
  );
}

/** Copy text; pages opened from disk may lack the clipboard API, so the old way stands by. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = h("textarea", { class: "offscreen", "aria-hidden": "true" });
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

export function copyButton(label: string, text: () => string): HTMLButtonElement {
  const button = h("button", { type: "button", class: "button" }, label);
  button.addEventListener("click", () => {
    void copyText(text()).then(() => {
      button.textContent = "Copied";
      setTimeout(() => (button.textContent = label), 1500);
    });
  });
  return button;
}

const paper: (() => void)[] = [];

/** Call `draw` before the page is printed. */
export function onPrint(draw: () => void): void {
  paper.push(draw);
}

/** Have all parts draw themselves as paper needs them. */
export function drawForPaper(): void {
  for (const draw of paper) draw();
}

/** Call `draw` once the element has a width, and again whenever that changes. */
export function onWidth(element: HTMLElement, draw: (width: number) => void): void {
  let drawn = 0;
  const check = (): void => {
    const width = element.clientWidth;
    if (!width || Math.abs(width - drawn) < 2) return;
    drawn = width;
    draw(width);
  };
  new ResizeObserver(check).observe(element);
  // A printer waits for no observer.
  onPrint(check);
}
