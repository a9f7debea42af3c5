// Values as text. Names are chosen by users: what cannot be seen is spelled out.

import * as format from "../format";
import type { Value } from "./api";

const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** As pageowner_sql/output/plain.py spells it. */
export function printable(text: string): string {
  return text.replace(UNSEEN, (found) => {
    const code = (found.codePointAt(0) ?? 0).toString(16);
    if (code.length <= 2) return `\\x${code.padStart(2, "0")}`;
    return code.length <= 4 ? `\\u${code.padStart(4, "0")}` : `\\U${code.padStart(8, "0")}`;
  });
}

export function lines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

export function isNumber(kind: string | null, value: Value): value is number {
  return typeof value === "number" && kind !== "text";
}

export function written(value: Value, kind: string | null): string {
  if (value === null) return "\u2013";
  if (value === "") return "''";
  if (typeof value === "number") {
    return (
      (kind && format.NUMBERS[kind]?.(value)) ||
      (Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4))))
    );
  }
  return typeof value === "string" ? printable(value) : printable(JSON.stringify(value));
}
