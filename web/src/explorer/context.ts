// What every view is given: the dumps, the filters, and a way to ask that can be stopped.

import type { Child } from "../dom";
import { h } from "../dom";
import { ask, type Row, type Rows, type Wait } from "./api";
import { exactly, type Key, selection } from "./filters";
import { href, state } from "./state";

export interface PageData {
  version: string;
  keys: Key[];
  roots: string[];
  layers: string[];
}

/** A part of a view that is asked for by itself, so that a slow one holds nothing up. */
export type Part = (signal: AbortSignal, wait: Wait) => Promise<Node>;

/** What there is to look at: the dumps, and the words for samples, evenly among all. */
export interface Known {
  dumps: Row[];
  samples: string[];
}

/** The sample of a row of samples/times, as a dump is named. */
export function sampleWord(row: Row): string {
  return `@${String(row["taken_at"]).replace(" ", "T")}`;
}

export class Context {
  readonly known: Row[];
  readonly samples: string[];

  constructor(
    readonly data: PageData,
    found: Known,
    readonly words: URLSearchParams = state(),
  ) {
    this.known = found.dumps;
    this.samples = found.samples;
  }

  /** The labels that were chosen, else the dump loaded last, else the last sample. */
  get dumps(): string[] {
    const chosen = this.words.getAll("dump");
    const last = this.known.at(-1)?.["label"] ?? this.samples.at(-1);
    return chosen.length ? chosen : typeof last === "string" ? [last] : [];
  }

  /** Words of the API for the samples among them, which stacks and SQL may be of. */
  get sampled(): [string, string][] {
    const labels = new Set(this.known.map((row) => String(row["label"])));
    return this.dumps
      .filter((word) => word.startsWith("@") && !labels.has(word))
      .map((word) => ["sample", word]);
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
): (s: AbortSignal, w: Wait) => Promise<Rows> {
  return (signal, wait) => ask<Rows>(path, words, signal, wait);
}

export function section(title: string, ...children: Child[]): HTMLElement {
  return h("section", { class: "answer" }, h("h2", {}, title), ...children);
}
