// The state of the page is its address: `?dump=…&view=…&owner=…`, the words that the API takes.

import type { ViewState } from "../address";

export type Words = Record<string, string | readonly string[] | null>;

const listeners: (() => void)[] = [];

export function state(): URLSearchParams {
  return new URLSearchParams(location.search);
}

/** The address with some words changed; null takes a word out. */
export function href(changes: Words, from: URLSearchParams = state()): string {
  const words = new URLSearchParams(from);
  for (const [name, value] of Object.entries(changes)) {
    words.delete(name);
    const values = value === null ? [] : typeof value === "string" ? [value] : value;
    for (const each of values) words.append(name, each);
  }
  return `?${words}`;
}

/** Go to an address within the page; a `step` is one that Back undoes. */
export function go(address: string, step = true): void {
  if (step) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
  listeners.forEach((listener) => listener());
}

export function onState(render: () => void): void {
  listeners.push(render);
}

/** Follow links within the page without loading it, and Back. */
export function setUpState(): void {
  addEventListener("popstate", () => listeners.forEach((listener) => listener()));
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a");
    const address = link ? link.getAttribute("href") : null;
    if (!address?.startsWith("?") || event.button || event.ctrlKey || event.metaKey) return;
    if (event.shiftKey || (link && link.hasAttribute("download"))) return;
    event.preventDefault();
    go(address);
    scrollTo(0, 0);
  });
}

/** The state of a drawing, kept in the address as `part.name`; it draws itself when it changes. */
export function partState(part: string): ViewState {
  return {
    get: (name) => state().get(`${part}.${name}`),
    set: (changes, step = false) => {
      const named = Object.entries(changes).map(([name, value]) => [`${part}.${name}`, value]);
      const address = href(Object.fromEntries(named) as Words);
      if (address === location.search) return;
      if (step) history.pushState(null, "", address);
      else history.replaceState(null, "", address);
    },
    onChange: () => undefined,
  };
}
