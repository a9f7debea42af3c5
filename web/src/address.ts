// The state of a page in its address, `#place?part.name=value&…`: a link shows what its sender saw.

/** What one part of a page keeps: its view, by name. */
export interface ViewState {
  get(name: string): string | null;
  /** Change some values, null for a default; a `step` is one that Back undoes. */
  set(changes: Record<string, string | null>, step?: boolean): void;
  /** Call `apply` when the values have changed otherwise: by Back, or by a link within the page. */
  onChange(apply: () => void): void;
}

/** The state of a part that lives in no address. */
export function noState(): ViewState {
  const values = new Map<string, string | null>();
  return {
    get: (name) => values.get(name) ?? null,
    set: (changes) => Object.entries(changes).forEach(([name, value]) => values.set(name, value)),
    onChange: () => undefined,
  };
}

const listeners: (() => void)[] = [];

function read(): [string, URLSearchParams] {
  const [place = "", ...query] = location.hash.slice(1).split("?");
  return [place, new URLSearchParams(query.join("?"))];
}

function write(place: string, values: URLSearchParams, step: boolean): void {
  const query = values.size ? `?${values}` : "";
  const hash = `#${place}${query}`;
  if (hash === (location.hash || "#")) return;
  if (step) history.pushState(null, "", hash);
  else history.replaceState(null, "", hash);
}

/** The state of the part of that id, kept in the address. */
export function addressState(part: string): ViewState {
  return {
    get: (name) => read()[1].get(`${part}.${name}`),
    set: (changes, step = false) => {
      const [place, values] = read();
      for (const [name, value] of Object.entries(changes)) {
        if (value === null) values.delete(`${part}.${name}`);
        else values.set(`${part}.${name}`, value);
      }
      write(place, values, step);
    },
    onChange: (apply) => void listeners.push(apply),
  };
}

function tell(): void {
  for (const listener of listeners) listener();
}

/** At once: what is drawn on the way there would move the end of a smooth way. */
function scrollTo(place: string): void {
  document.getElementById(place)?.scrollIntoView({ behavior: "instant" });
}

/** Go to a place of the page with these values put to the state, as `part.name=value&…`. */
export function goTo(place: string, query = ""): void {
  const values = read()[1];
  new URLSearchParams(query).forEach((value, name) => values.set(name, value));
  write(place, values, true);
  if (query) tell();
  scrollTo(place);
}

/** Follow links within the page without losing its state, and Back; `data-state` is put to it. */
export function setUpAddress(): void {
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a");
    const href = link ? link.getAttribute("href") : null;
    if (!link || !href?.startsWith("#") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    goTo(href.slice(1), link.dataset["state"]);
  });
  addEventListener("popstate", tell);
  // No element is called `flame?…`, so the browser does not scroll there itself.
  const [place, values] = read();
  if (place && values.size) scrollTo(place);
}
