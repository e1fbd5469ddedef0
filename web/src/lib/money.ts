// Money comes as whole minor units; this is the only place that turns it into text and back.

import type { Money } from "@/api/types";

const digitsCache = new Map<string, number>();

/** How many decimals a currency has: 2 for EUR, 0 for JPY, 3 for KWD. */
export function minorDigits(currency: string): number {
  const known = digitsCache.get(currency);
  if (known !== undefined) return known;
  let digits = 2;
  try {
    const options = new Intl.NumberFormat("en-GB", { style: "currency", currency }).resolvedOptions();
    digits = options.maximumFractionDigits ?? 2;
  } catch {
    digits = 2;
  }
  digitsCache.set(currency, digits);
  return digits;
}

/** "€1,250" for whole amounts, "€1,250.50" otherwise, so figures stay short and exact. */
export function formatMoney(money: Money): string {
  const digits = minorDigits(money.currency);
  const whole = money.minor % 10 ** digits === 0;
  const shown = whole ? 0 : digits;
  try {
    return new Intl.NumberFormat("en-GB", {
      style: "currency",
      currency: money.currency,
      minimumFractionDigits: shown,
      maximumFractionDigits: shown,
    }).format(money.minor / 10 ** digits);
  } catch {
    return `${(money.minor / 10 ** digits).toFixed(shown)} ${money.currency}`;
  }
}

/** The amount alone, for an input field: "1250" or "1250.50". */
export function moneyInput(money: Money): string {
  const digits = minorDigits(money.currency);
  const scale = 10 ** digits;
  return money.minor % scale === 0 ? String(money.minor / scale) : (money.minor / scale).toFixed(digits);
}

/** Reads what a person typed ("1,250.50", "1.250,50", "€ 1 250") into minor units, or null. */
export function parseMoney(text: string, currency: string): number | null {
  const digits = minorDigits(currency);
  const cleaned = text.replace(/[^\d.,-]/g, "");
  if (!/^\d/.test(cleaned) || cleaned.includes("-")) return null;
  const lastSeparator = Math.max(cleaned.lastIndexOf("."), cleaned.lastIndexOf(","));
  const tail = lastSeparator < 0 ? "" : cleaned.slice(lastSeparator + 1);
  // "1,250" is a thousand two hundred and fifty; "1,25" is one and a quarter.
  const isDecimal = lastSeparator >= 0 && tail.length !== 3 && tail.length <= digits;
  const isGrouping = lastSeparator < 0 || tail.length === 3;
  if (!isDecimal && !isGrouping) return null;
  const head = (isDecimal ? cleaned.slice(0, lastSeparator) : cleaned).replace(/[.,]/g, "");
  const fraction = isDecimal ? tail.padEnd(digits, "0") : "0".repeat(digits);
  const minor = Number(head + fraction);
  return Number.isSafeInteger(minor) ? minor : null;
}

export function isMoney(value: unknown): value is Money {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as Money).minor === "number" &&
    typeof (value as Money).currency === "string"
  );
}
