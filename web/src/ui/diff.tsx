// Before and after, side by side, in the units people think in.

import { ArrowRight } from "lucide-react";
import type { DiffLine } from "@/api/types";
import { formatMoney, isMoney } from "@/lib/money";
import { formatNumber, humanise } from "@/lib/words";

/** One value as a person would say it. */
export function sayValue(value: unknown, unit: DiffLine["unit"]): string {
  if (value === null || value === undefined || value === "") return "nothing";
  if (isMoney(value)) return formatMoney(value);
  if (typeof value === "number") return unit === "percent" ? `${formatNumber(value)} %` : formatNumber(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.length === 0 ? "nothing" : value.map((v) => sayValue(v, null)).join(", ");
  return JSON.stringify(value);
}

/** How much a figure moved: "+€700 (+140 %)", or null when that says nothing. */
export function sayChange(line: DiffLine): string | null {
  const { before, after } = line;
  if (isMoney(before) && isMoney(after) && before.currency === after.currency) {
    const delta = after.minor - before.minor;
    return `${delta < 0 ? "−" : "+"}${formatMoney({ minor: Math.abs(delta), currency: after.currency })}${ratio(before.minor, delta)}`;
  }
  if (typeof before === "number" && typeof after === "number") {
    const delta = after - before;
    return `${delta < 0 ? "−" : "+"}${formatNumber(Math.abs(delta))}${ratio(before, delta)}`;
  }
  return null;
}

/** The fields in which two recorded objects differ. */
export function diffObjects(before: unknown, after: unknown): DiffLine[] {
  const a = flat(asRecord(before));
  const b = flat(asRecord(after));
  const fields = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return fields
    .filter((f) => JSON.stringify(a[f]) !== JSON.stringify(b[f]))
    .map((field) => ({ field, label: humanise(field), before: a[field] ?? null, after: b[field] ?? null, unit: null }));
}

/** Fields inside fields stand on their own: `{action: {to: …}}` reads as "Action to". Amounts stay whole. */
function flat(record: Record<string, unknown>, path = ""): Record<string, unknown> {
  const lines: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(record)) {
    if (isRecord(value) && !isMoney(value)) Object.assign(lines, flat(value, `${path}${field}.`));
    else lines[path + field] = value;
  }
  return lines;
}

export function Diff({ lines }: { lines: DiffLine[] }) {
  if (lines.length === 0) return <p className="px-5 py-4 text-sm text-ink-3">No field was changed.</p>;
  return (
    <dl className="divide-y divide-line">
      {lines.map((line) => (
        <DiffRow key={line.field} line={line} />
      ))}
    </dl>
  );
}

function DiffRow({ line }: { line: DiffLine }) {
  const change = sayChange(line);
  return (
    <div className="flex flex-col gap-1.5 px-5 py-3 sm:flex-row sm:items-baseline sm:gap-4">
      <dt className="shrink-0 text-sm text-ink-3 sm:w-40">{line.label}</dt>
      <dd className="flex min-w-0 flex-wrap items-center gap-2 text-sm figures">
        {line.before !== null && line.before !== undefined && (
          <>
            <del className="rounded-sm bg-bad-soft px-1.5 py-0.5 wrap-anywhere text-bad-text no-underline">
              <span className="sr-only">Before: </span>
              {sayValue(line.before, line.unit)}
            </del>
            <ArrowRight className="size-3.5 shrink-0 text-ink-3" aria-hidden="true" />
          </>
        )}
        <ins className="rounded-sm bg-good-soft px-1.5 py-0.5 font-medium wrap-anywhere text-good-text no-underline">
          <span className="sr-only">After: </span>
          {sayValue(line.after, line.unit)}
        </ins>
        {change && <span className="text-xs text-ink-3">{change}</span>}
      </dd>
    </div>
  );
}

function ratio(before: number, delta: number): string {
  if (before === 0) return "";
  return ` (${delta < 0 ? "−" : "+"}${formatNumber(Math.round((Math.abs(delta) / Math.abs(before)) * 100))} %)`;
}

function asRecord(value: unknown): Record<string, unknown> {
  if (isRecord(value)) return value;
  return value === null || value === undefined ? {} : { value };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
