// Counts changes per day, and never shows a day it has not seen completely.

import { dayKey } from "@/lib/time";

export interface DayCount {
  day: string;
  count: number;
}

const DAY = 24 * 3600_000;
export const DAYS = 14;

/** The moment to ask from: the start of the first of the last 14 days, rounded so that it can be a cache key. */
export function activitySince(now: number): string {
  return new Date(Math.floor(now / DAY) * DAY - DAYS * DAY).toISOString();
}

/** Newest entries first; `complete` is false when there were more than could be loaded. */
export function countByDay(times: readonly string[], complete: boolean, now: number, zone: string): DayCount[] {
  const counts = new Map<string, number>();
  for (const at of times) {
    const key = dayKey(at, zone);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const oldest = times.at(-1);
  const cutOff = !complete && oldest ? dayKey(oldest, zone) : "";
  return Array.from({ length: DAYS }, (_, i) => dayKey(now - (DAYS - 1 - i) * DAY, zone))
    .filter((day, i, all) => day > cutOff && all.indexOf(day) === i)
    .map((day) => ({ day, count: counts.get(day) ?? 0 }));
}
