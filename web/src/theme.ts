// Light, dark, or as the system has it; drawings are told when the colours change.

import { choice, drawForPaper } from "./dom";

type Theme = "auto" | "light" | "dark";
const KEY = "pageowner-theme";

function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : "auto";
  } catch {
    return "auto"; // storage may be closed to pages opened from disk
  }
}

function apply(theme: Theme): void {
  if (theme === "auto") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // The choice then holds for this page alone.
  }
  document.dispatchEvent(new Event("themechange"));
}

export function onThemeChange(redraw: () => void): void {
  document.addEventListener("themechange", redraw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
}

export function setUpTheme(place: HTMLElement): void {
  const initial = stored();
  apply(initial);
  const options = [
    ["auto", "Auto"],
    ["light", "Light"],
    ["dark", "Dark"],
  ] as const;
  place.append(choice<Theme>("Theme", options, initial, apply));
}

/** Print in the light theme: `prepare` makes what is not there yet, then every part is drawn. */
export function setUpPrint(prepare: () => void): void {
  const { dataset } = document.documentElement;
  let before: string | undefined;
  let printing = false;
  addEventListener("beforeprint", () => {
    if (!printing) before = dataset["theme"];
    printing = true;
    dataset["theme"] = "light";
    prepare();
    document.dispatchEvent(new Event("themechange"));
    drawForPaper();
  });
  addEventListener("afterprint", () => {
    printing = false;
    if (before === undefined) delete dataset["theme"];
    else dataset["theme"] = before;
    document.dispatchEvent(new Event("themechange"));
  });
}
