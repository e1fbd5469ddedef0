import { describe, expect, it } from "vitest";
import { formatMoney, minorDigits, moneyInput, parseMoney } from "./money";

describe("showing money", () => {
  it.each([
    [{ minor: 100_000, currency: "EUR" }, "€1,000"],
    [{ minor: 100_050, currency: "EUR" }, "€1,000.50"],
    [{ minor: 5, currency: "EUR" }, "€0.05"],
    [{ minor: 0, currency: "EUR" }, "€0"],
    [{ minor: 1234, currency: "JPY" }, "JP¥1,234"],
    [{ minor: 1234, currency: "KWD" }, "KWD 1.234"],
  ])("%o is %s", (money, text) => {
    expect(formatMoney(money).replace(/\u00a0/g, " ")).toBe(text);
  });

  it("survives a currency the browser does not know", () => {
    expect(formatMoney({ minor: 150, currency: "???" })).toBe("1.50 ???");
  });

  it("knows how many decimals a currency has", () => {
    expect([minorDigits("EUR"), minorDigits("JPY"), minorDigits("KWD")]).toEqual([2, 0, 3]);
  });
});

describe("reading money", () => {
  it.each([
    ["1250", 125_000],
    ["1250.5", 125_050],
    ["1,250", 125_000],
    ["1.250", 125_000],
    ["1,250.50", 125_050],
    ["1.250,50", 125_050],
    ["€ 1 250", 125_000],
    ["12,5", 1250],
    ["0", 0],
    ["", null],
    ["abc", null],
    ["-5", null],
    ["1.2345", null],
    ["99999999999999999999", null],
  ])("%s is %s cents", (typed, minor) => {
    expect(parseMoney(typed, "EUR")).toBe(minor);
  });

  it("gives back what its own input shows", () => {
    for (const minor of [0, 1, 99, 100, 125_050, 123_456_789]) {
      expect(parseMoney(moneyInput({ minor, currency: "EUR" }), "EUR")).toBe(minor);
    }
  });

  it("reads currencies without decimals", () => {
    expect(parseMoney("1,250", "JPY")).toBe(1250);
    expect(parseMoney("12.5", "JPY")).toBeNull();
  });
});
