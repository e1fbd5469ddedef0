// The small decisions of the pages that would hurt if they were wrong.

import { describe, expect, it } from "vitest";
import type { Approval, Project, Threshold } from "@/api/types";
import { decided, replaceIn } from "./approvals/use-decision";
import { countByDay } from "./home/activity";
import { sayCron } from "./jobs/cron";
import { exportResult } from "./jobs/job";
import { keyStatus } from "./keys/kinds";
import { withChanged, without } from "./projects/use-projects";
import { consequence } from "./settings/spending-limit";
import { fromText, sayDefault, toText } from "./settings/threshold-values";

describe("changing the spending limit", () => {
  const limit = { minor: 100_000, currency: "EUR" };
  it.each([
    [100_000, 50_000, "none"],
    [90_000, 50_000, "now"],
    [150_000, 50_000, "now"],
    [150_001, 50_000, "asks"],
    [900_000, null, "now"],
    [null, 50_000, "invalid"],
  ] as const)("to %s with threshold %s: %s", (wanted, threshold, effect) => {
    expect(consequence(limit, wanted, threshold)).toBe(effect);
  });
});

describe("thresholds", () => {
  const t = (unit: Threshold["unit"], value: number): Threshold => ({
    id: "x", group: "quality", title: "X", summary: "", unit, direction: "above", default: value, value, currency: unit === "money" ? "EUR" : null,
  });
  it("go to text and back", () => {
    for (const [unit, value] of [["money", 50_000], ["percent", 80], ["count", 10_000], ["score", 85]] as const) {
      expect(fromText(t(unit, value), toText(t(unit, value), value))).toBe(value);
    }
  });
  it("refuse what the server would refuse", () => {
    expect(fromText(t("score", 85), "101")).toBeNull();
    expect(fromText(t("count", 1), "-3")).toBeNull();
    expect(fromText(t("count", 1), "many")).toBeNull();
    expect(fromText(t("count", 1), "10,000")).toBe(10_000);
  });
  it("say their default", () => {
    expect(sayDefault(t("money", 50_000))).toBe("Usually: above €500");
    expect(sayDefault(t("always", 0))).toBe("Usually: always ask");
  });
});

describe("deciding", () => {
  const approval = { id: "apr_1", state: "waiting", can_decide: true, note: null } as Approval;
  it("shows the result at once", () => {
    expect(decided(approval, { verdict: "approved", note: "" }, null)).toMatchObject({ state: "executing", can_decide: false, note: null });
    expect(decided(approval, { verdict: "sent_back", note: "Why so much?" }, null)).toMatchObject({ state: "sent_back", note: "Why so much?" });
  });
  it("puts the request back where it was", () => {
    const data = { pages: [{ items: [approval], next_cursor: null }], pageParams: [undefined] };
    const changed = replaceIn(data, { ...approval, state: "executing" });
    expect(changed?.pages[0]?.items[0]?.state).toBe("executing");
    expect(replaceIn(changed, approval)).toEqual(data);
    expect(replaceIn(undefined, approval)).toBeUndefined();
  });
});

describe("lists of projects", () => {
  const data = {
    pages: [
      { items: [{ id: "a", name: "A" } as Project], next_cursor: "x" },
      { items: [{ id: "b", name: "B" } as Project], next_cursor: null },
    ],
    pageParams: [undefined, "x"],
  };
  it("lose and change one on any page", () => {
    expect(without(data, "b")?.pages[1]?.items).toEqual([]);
    expect(withChanged(data, { id: "a", name: "Z" } as Project)?.pages[0]?.items[0]?.name).toBe("Z");
  });
});

describe("changes per day", () => {
  const now = Date.parse("2025-11-20T12:00:00Z");
  it("counts days as the viewer sees them", () => {
    const days = countByDay(["2025-11-19T23:30:00Z", "2025-11-19T10:00:00Z"], true, now, "Europe/Berlin");
    expect(days).toHaveLength(14);
    expect(days.slice(-2)).toEqual([
      { day: "2025-11-19", count: 1 },
      { day: "2025-11-20", count: 1 },
    ]);
  });
  it("leaves out the days it has not seen completely", () => {
    const days = countByDay(["2025-11-20T10:00:00Z", "2025-11-18T10:00:00Z"], false, now, "UTC");
    expect(days.map((d) => d.day)).toEqual(["2025-11-19", "2025-11-20"]);
  });
});

describe("schedules in words", () => {
  it.each([
    ["*/5 * * * *", "Every 5 minutes"],
    ["15 * * * *", "Every hour at 15 past"],
    ["30 3 * * *", "Every day at 03:30"],
    ["0 10 * * 4", "Every Thursday at 10:00"],
    ["0 10 * * 7", "Every Sunday at 10:00"],
    ["0 6 1 * *", "On day 1 of every month at 06:00"],
    ["0 6 1-7 * 1", "0 6 1-7 * 1"],
  ])("%s", (cron, words) => {
    expect(sayCron(cron)).toBe(words);
  });
});

describe("keys and exports", () => {
  it("know when a key has ended", () => {
    const now = Date.parse("2025-11-20T12:00:00Z");
    expect(keyStatus({ expires_at: null, revoked_at: null }, now)).toBe("active");
    expect(keyStatus({ expires_at: "2025-11-20T11:00:00Z", revoked_at: null }, now)).toBe("expired");
    expect(keyStatus({ expires_at: null, revoked_at: "2025-01-01T00:00:00Z" }, now)).toBe("revoked");
  });
  it("only ever link to this server", () => {
    expect(exportResult({ url: "/blobs/a?x=1", rows: 3, sha256: "ab" })).not.toBeNull();
    expect(exportResult({ url: "https://evil.example/a", rows: 3, sha256: "ab" })).toBeNull();
    expect(exportResult({ url: "//evil.example/a", rows: 3, sha256: "ab" })).toBeNull();
    expect(exportResult(null)).toBeNull();
  });
});
