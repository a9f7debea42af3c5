// What every view is given: the dumps, the filters, and a way to ask that can be stopped.

import type { Child } from "../dom";
import { h } from "../dom";
import { ask, type Row, type Rows } from "./api";
import { exactly, type Key, selection } from "./filters";
import { href, state } from "./state";

export interface PageData {
  version: string;
  keys: Key[];
  roots: string[];
  layers: string[];
}

/** A part of a view that is asked for by itself, so that a slow one holds nothing up. */
export type Part = (signal: AbortSignal, wait: (why: string) => void) => Promise<Node>;

export class Context {
  constructor(
    readonly data: PageData,
    readonly known: Row[],
    readonly words: URLSearchParams = state(),
  ) {}

  /** The labels that were chosen, else the one loaded last. */
  get dumps(): string[] {
    const chosen = this.words.getAll("dump");
    const last = this.known.at(-1)?.["label"];
    return chosen.length ? chosen : typeof last === "string" ? [last] : [];
  }

  get dump(): string {
    return this.dumps.at(-1) ?? "";
  }

  /** The older dump where two are compared. */
  get old(): string | null {
    return this.dumps.length === 2 ? (this.dumps[0] ?? null) : null;
  }

  get limit(): string {
    return this.words.get("limit") ?? "100";
  }

  /** Words for the API: the selection, and these. */
  asked(words: [string, string][]): URLSearchParams {
    return new URLSearchParams([...words, ...selection(this.data.keys)]);
  }

  /** The address of a view with filters for the keys of a row; null where a key cannot be told. */
  narrowed(row: Row, keys: string[], view: string, dump?: string): string | null {
    const changes: Record<string, string | string[] | null> = { view, limit: null };
    if (dump !== undefined) changes["dump"] = dump;
    const missing: string[] = [];
    for (const key of keys) {
      const value = row[key === "stack" ? "stack_id" : key] ?? null;
      if (value === null) missing.push(`"${key}" IS NULL`);
      else changes[key] = exactly(String(value));
    }
    if (missing.length === keys.length && row["status"] === "rest") return null;
    if (missing.length) {
      const before = this.words.get("where");
      changes["where"] = [...(before ? [`(${before})`] : []), ...missing].join(" AND ");
    }
    return href(changes);
  }
}

export function rows(
  path: string,
  words: URLSearchParams,
): (s: AbortSignal, w: (why: string) => void) => Promise<Rows> {
  return (signal, wait) => ask<Rows>(path, words, signal, wait);
}

export function section(title: string, ...children: Child[]): HTMLElement {
  return h("section", { class: "answer" }, h("h2", {}, title), ...children);
}
