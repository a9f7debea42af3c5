// The filter bar: every key, several values, `*`, negation, times and SQL; it holds for all views.

import { h } from "../dom";
import { ask, type Rows } from "./api";
import { go, href, state } from "./state";
import { printable } from "./text";
import { timeRange } from "./timerange";

export interface Key {
  name: string;
  number: boolean;
}

const OTHERS = ["since", "until", "where"] as const;
const NOT = "not_";

export function filterNames(keys: Key[]): Set<string> {
  return new Set([...keys.flatMap(({ name }) => [name, NOT + name]), ...OTHERS]);
}

/** The words of the address that select records. */
export function selection(keys: Key[]): URLSearchParams {
  const names = filterNames(keys);
  return new URLSearchParams([...state()].filter(([name]) => names.has(name)));
}

/** A value as a filter takes it: a star is a star. */
export function exactly(value: string): string {
  return value.replaceAll("*", "\\*");
}

function chip(name: string, value: string): HTMLElement {
  const words = state();
  const rest = words.getAll(name);
  rest.splice(rest.indexOf(value), 1);
  const negated = name.startsWith(NOT);
  const key = name.replace(NOT, "").replaceAll("_", " ");
  const text = `${key} ${negated ? "\u2260" : "="} ${printable(value)}`;
  const remove = h(
    "a",
    { href: href({ [name]: rest }), role: "button", "aria-label": `Remove filter ${text}` },
    "\u00d7",
  );
  return h("li", { class: "chip" }, h("span", { title: printable(value) }, text), remove);
}

export function filterBar(keys: Key[], dump: string | null): HTMLElement {
  const key = h("select", { "aria-label": "Key to filter by" });
  for (const { name } of keys) {
    key.append(h("option", { value: name }, name.replaceAll("_", " ")));
  }
  for (const name of OTHERS) key.append(h("option", { value: name }, name));
  key.value = "owner";
  const relation = h("select", { "aria-label": "Relation" });
  relation.append(h("option", { value: "" }, "is"), h("option", { value: NOT }, "is not"));
  const list = h("datalist", { id: "filter-values" });
  const value = h("input", {
    type: "search",
    name: "value",
    list: "filter-values",
    autocomplete: "off",
    "aria-label": "Value, * for any text",
    placeholder: "value, * for any text",
  });
  const isOther = (): boolean => (OTHERS as readonly string[]).includes(key.value);
  let asking = new AbortController();
  const offer = async (): Promise<void> => {
    asking.abort();
    asking = new AbortController();
    list.replaceChildren();
    relation.disabled = isOther();
    value.placeholder =
      { since: "90s, boot+90s or a date", until: "90s, boot+90s or a date" }[key.value] ??
      (key.value === "where" ? "pages > 1" : "value, * for any text");
    if (isOther() || key.value === "stack" || key.value === "function_stack") return;
    const words = new URLSearchParams({ by: key.value, limit: "200" });
    if (dump !== null) words.set("dump", dump);
    try {
      const answer = await ask<Rows>("top", words, asking.signal);
      list.replaceChildren(
        ...answer.rows.flatMap((row) => {
          const found = row[key.value] ?? null;
          return found === null ? [] : [h("option", { value: exactly(String(found)) })];
        }),
      );
    } catch {
      // A dump that lacks the key has no values to offer.
    }
  };
  let offered = "";
  const once = (): void => {
    if (offered === key.value) return;
    offered = key.value;
    void offer();
  };
  key.addEventListener("change", once);
  value.addEventListener("focus", once);
  const form = h(
    "form",
    { class: "filter-form" },
    key,
    relation,
    value,
    list,
    h("button", { type: "submit", class: "button" }, "Add filter"),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!value.value) return;
    const name = isOther() ? key.value : relation.value + key.value;
    const given = isOther() ? [] : state().getAll(name);
    go(href({ [name]: [...given, value.value], limit: null }));
  });
  const chosen = [...selection(keys)].map(([name, each]) => chip(name, each));
  const clear = h(
    "a",
    { href: href(Object.fromEntries([...filterNames(keys)].map((name) => [name, null]))) },
    "Clear all",
  );
  return h(
    "section",
    { class: "filter-bar", "aria-label": "Filters" },
    h("ul", { class: "chips" }, ...chosen, chosen.length > 1 ? h("li", {}, clear) : null),
    form,
    dump === null ? null : timeRange(dump),
  );
}
