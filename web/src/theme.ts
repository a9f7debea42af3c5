// Light, dark, or as the system has it; drawings are told when the colours change.

import { choice } from "./dom";

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
