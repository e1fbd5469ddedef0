import { describe, expect, it } from "vitest";
import { searchZones } from "./zone-picker";

const now = Date.parse("2025-11-20T12:00:00Z");
const zones = ["America/New_York", "Asia/Kathmandu", "Europe/Berlin", "Europe/London", "UTC"];

describe("finding a time zone", () => {
  it.each([
    ["berl", ["Europe/Berlin"]],
    ["new york", ["America/New_York"]],
    ["europe lon", ["Europe/London"]],
    ["+05:45", ["Asia/Kathmandu"]],
    ["atlantis", []],
    ["", zones],
  ])("%s", (typed, found) => {
    expect(searchZones(zones, typed, now)).toEqual(found);
  });
});
