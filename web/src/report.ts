// The report: what the page shows at once is already there, the rest is drawn as it comes near.

import "tabulator-tables/dist/css/tabulator.css";
import "./base.css";
import "./flame.css";
import "./report.css";
import { addressState, setUpAddress } from "./address";
import { pageData } from "./dom";
import type { FlameData } from "./flame/data";
import { flame } from "./flame/panel";
import type { MapData } from "./map/data";
import { memoryMap } from "./map/panel";
import { setUpSql } from "./sql";
import type { TableData } from "./table/data";
import { table } from "./table/panel";
import { setUpPrint, setUpTheme } from "./theme";
import { timeline, type TimelineData } from "./timeline";

interface ReportData {
  tables: Record<string, TableData>;
  timelines: Record<string, TimelineData>;
  flames: Record<string, FlameData>;
  maps: Record<string, MapData>;
}

const waiting = new Map<Element, () => void>();

function start(place: Element): void {
  const draw = waiting.get(place);
  waiting.delete(place);
  draw?.();
}

const near = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      near.unobserve(target);
      start(target);
    }
  },
  { rootMargin: "600px 0px" },
);

/** Draw a part when it comes near the screen, or before it is printed. */
function later<T>(parts: Record<string, T>, draw: (data: T, place: HTMLElement) => void): void {
  for (const [id, data] of Object.entries(parts)) {
    const place = document.getElementById(id);
    if (!place) continue;
    waiting.set(place, () => draw(data, place));
    near.observe(place);
  }
}

/** Mark the section that is being read in the list of contents. */
function followContents(): void {
  const links = new Map<string, Element>();
  for (const link of document.querySelectorAll<HTMLAnchorElement>(".contents a")) {
    links.set(link.hash.slice(1), link);
  }
  const seen = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        for (const [id, link] of links) link.classList.toggle("here", id === target.id);
      }
    },
    { rootMargin: "-10% 0px -80% 0px" },
  );
  for (const section of document.querySelectorAll("section[id]")) seen.observe(section);
}

let opened: HTMLDetailsElement[] = [];

/** Paper has neither clicks nor scrolling: open what is folded, and start what has waited. */
function prepareForPaper(): void {
  opened = [...document.querySelectorAll<HTMLDetailsElement>("details.part:not([open])")];
  for (const each of opened) each.open = true;
  [...waiting.keys()].forEach(start);
}

const themes = document.getElementById("theme");
if (themes) setUpTheme(themes);
setUpSql();
setUpAddress();
followContents();
const data = pageData<ReportData>("report-data");
if (data) {
  later(data.tables, (each, place) => place.replaceChildren(table(each, addressState(place.id))));
  later(data.timelines, (each, place) =>
    place.replaceChildren(timeline(each, addressState(place.id))),
  );
  later(data.flames, (each, place) => place.replaceChildren(flame(each, addressState(place.id))));
  later(data.maps, (each, place) => place.replaceChildren(memoryMap(each, addressState(place.id))));
  setUpPrint(prepareForPaper);
  addEventListener("afterprint", () => opened.forEach((each) => (each.open = false)));
  // A flame graph takes a moment, and a printer gives none.
  for (const id of Object.keys(data.flames)) {
    const place = document.getElementById(id);
    if (place) addEventListener("load", () => setTimeout(() => start(place), 500));
  }
}
