// Where the cells of rows lead: a name to what the named thing consists of, a number to its records.

import * as format from "../format";
import type { Context } from "./context";
import { href } from "./state";
import type { Link } from "./table";

/** Where a click on a name leads: to what the named thing consists of. */
export const DEEPER: Record<string, string> = {
  subsystem: "owners",
  owner: "stacks",
  module: "owners",
  comm: "owners",
  pid: "owners",
  tgid: "owners",
  memcg: "processes",
};
export const COUNTED = /(^|_)(records|pages|bytes|blocks|share)$/;
export const STACK = /^stack(_id)?$/;

/** Links of names alone, where the numbers beside them may be of anything: the rows of SQL. */
export function nameLinks(context: Context): Link {
  const labels = new Set(context.known.map((row) => String(row["label"])));
  return (row, column) => {
    const value = row[column.name] ?? null;
    if (STACK.test(column.name) && typeof row["stack_id"] === "number") {
      return href({ view: "stack", stack: String(row["stack_id"]), limit: null });
    }
    if (column.name === "pfn" && typeof value === "number") {
      return href({ view: "page", place: `pfn:${format.hex(value)}`, limit: null });
    }
    if (typeof value !== "string") return null;
    if (column.name === "owner" || column.name === "subsystem" || column.name === "comm") {
      return context.narrowed(row, [column.name], DEEPER[column.name] ?? "stacks");
    }
    const isDump = (column.name === "label" || column.name === "dump") && labels.has(value);
    return isDump ? href({ view: "owners", dump: value, limit: null }) : null;
  };
}

/** Links of rows that say themselves what they are of: a dump, a page, an owner, a stack, a time. */
export function ownerLinks(context: Context): Link {
  const labels = new Set(context.known.map((row) => String(row["label"])));
  const named = nameLinks(context);
  return (row, column) => {
    if (!COUNTED.test(column.name)) return named(row, column);
    if (!row[column.name]) return null;
    const label = String(row["label"] ?? row["dump"] ?? "");
    const dump = labels.has(label) ? label : context.dump;
    const keys = ["owner", "comm"].filter((key) => typeof row[key] === "string");
    if (typeof row["stack_id"] === "number") keys.push("stack");
    if (keys.length) return context.narrowed(row, keys, "rows", dump);
    return labels.has(label) ? href({ view: "rows", dump, limit: null }) : null;
  };
}
