import { describe, expect, it } from "vitest";
import { ago, dayKey, dayName, formatDateTime, span, zonedDayStart, zoneCity, zoneOffset } from "./time";

const now = Date.parse("2025-11-20T16:00:00Z");
const before = (seconds: number) => now - seconds * 1000;

describe("how long ago", () => {
  it.each([
    [0, "just now"],
    [12, "12 s ago"],
    [61, "1 min ago"],
    [3600 * 3, "3 h ago"],
    [86_400, "yesterday"],
    [86_400 * 3, "3 days ago"],
    [86_400 * 9, "11 Nov"],
    [86_400 * 400, "16 Oct 2024"],
  ])("%s seconds before is %s", (seconds, text) => {
    expect(ago(before(seconds), now, "Europe/Berlin")).toBe(text);
  });

  it("does not speak of the future when clocks differ a little", () => {
    expect(ago(now + 5000, now, "UTC")).toBe("just now");
  });
});

describe("how long until", () => {
  it.each([
    [45_000, "45 s"],
    [20 * 60_000, "20 min"],
    [3_600_000 * 3 + 20 * 60_000, "3 h 20 min"],
    [86_400_000 * 2 + 3_600_000 * 4, "2 d 4 h"],
    [86_400_000 * 2, "2 d"],
    [-5, "0 s"],
  ])("%s ms is %s", (left, text) => {
    expect(span(left)).toBe(text);
  });
});

describe("zones", () => {
  it("shows a moment in the viewer's zone", () => {
    expect(formatDateTime("2025-11-20T16:00:00Z", "Europe/Berlin", now)).toBe("Thu 20 Nov, 17:00");
    expect(formatDateTime("2025-11-20T23:30:00Z", "Asia/Kathmandu", now)).toBe("Fri 21 Nov, 05:15");
  });

  it("falls back to UTC for a zone the browser does not know", () => {
    expect(formatDateTime("2025-11-20T16:00:00Z", "Mars/Base", now)).toBe("Thu 20 Nov, 16:00");
  });

  it("names days as the viewer counts them", () => {
    expect(dayName("2025-11-20T23:30:00Z", "Europe/Berlin", Date.parse("2025-11-21T08:00:00Z"))).toBe("Today");
    expect(dayName("2025-11-19T12:00:00Z", "UTC", now)).toBe("Yesterday");
    expect(dayKey("2025-11-20T23:30:00Z", "Europe/Berlin")).toBe("2025-11-21");
  });

  it("gives offsets and short names", () => {
    expect(zoneOffset("Europe/Berlin", now)).toBe("+01:00");
    expect(zoneOffset("UTC", now)).toBe("+00:00");
    expect(zoneCity("America/Argentina/Buenos_Aires")).toBe("Buenos Aires");
  });

  it("finds where a day begins, also when the clocks change", () => {
    expect(zonedDayStart("2025-11-20", "Europe/Berlin")).toBe("2025-11-19T23:00:00.000Z");
    expect(zonedDayStart("2025-03-30", "Europe/Berlin")).toBe("2025-03-29T23:00:00.000Z");
    expect(zonedDayStart("2025-03-30", "Europe/Berlin", 1)).toBe("2025-03-30T22:00:00.000Z");
    expect(zonedDayStart("2025-11-20", "America/New_York")).toBe("2025-11-20T05:00:00.000Z");
    expect(zonedDayStart("yesterday", "UTC")).toBeNull();
    expect(zonedDayStart("2025-99-99", "UTC")).toBeNull();
  });
});
