// Threshold values between the server (whole numbers) and the fields people type into.

import type { Threshold } from "@/api/types";
import { formatMoney, moneyInput, parseMoney } from "@/lib/money";
import { formatNumber } from "@/lib/words";

/** A threshold's value as text for its field. */
export function toText(t: Threshold, value: number): string {
  return t.unit === "money" && t.currency ? moneyInput({ minor: value, currency: t.currency }) : String(value);
}

/** What was typed, as the server counts it; null when it is not a usable value. */
export function fromText(t: Threshold, text: string): number | null {
  if (t.unit === "money" && t.currency) return parseMoney(text, t.currency);
  const cleaned = text.replace(/[\s,%]/g, "");
  if (!/^\d+$/.test(cleaned)) return null;
  const n = Number(cleaned);
  if (!Number.isSafeInteger(n)) return null;
  return t.unit === "score" && n > 100 ? null : n;
}

/** "€500", "10,000", "50 %", "85 of 100". */
export function sayThreshold(t: Threshold, value: number): string {
  if (t.unit === "money" && t.currency) return formatMoney({ minor: value, currency: t.currency });
  if (t.unit === "percent") return `${formatNumber(value)} %`;
  if (t.unit === "score") return `${value} of 100`;
  if (t.unit === "always") return "always";
  return formatNumber(value);
}

export function sayDefault(t: Threshold): string {
  if (t.unit === "always") return "Usually: always ask";
  return `Usually: ${t.direction} ${sayThreshold(t, t.default)}`;
}
