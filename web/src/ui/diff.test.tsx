import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import type { DiffLine } from "@/api/types";
import { Diff, diffObjects, sayChange, sayValue } from "./diff";

afterEach(cleanup);

const euros = (minor: number) => ({ minor, currency: "EUR" });
const line = (before: unknown, after: unknown, unit: DiffLine["unit"] = null): DiffLine => ({ field: "f", label: "F", before, after, unit });

describe("values in plain words", () => {
  it.each([
    [null, null, "nothing"],
    ["", null, "nothing"],
    [euros(150_000), "money", "€1,500"],
    [12_500, "number", "12,500"],
    [30, "percent", "30 %"],
    [true, null, "yes"],
    [["a", "b"], null, "a, b"],
    [[], null, "nothing"],
    [{ a: 1 }, null, '{"a":1}'],
  ] as const)("%o (%s) is %s", (value, unit, text) => {
    expect(sayValue(value, unit)).toBe(text);
  });
});

describe("how much something moved", () => {
  it("for money, with direction and share", () => {
    expect(sayChange(line(euros(100_000), euros(250_000), "money"))).toBe("+€1,500 (+150 %)");
    expect(sayChange(line(euros(100_000), euros(50_000), "money"))).toBe("−€500 (−50 %)");
    expect(sayChange(line(euros(0), euros(50_000), "money"))).toBe("+€500");
  });

  it("for numbers, and says nothing for words or other currencies", () => {
    expect(sayChange(line(318, 0, "number"))).toBe("−318 (−100 %)");
    expect(sayChange(line("a", "b", "text"))).toBeNull();
    expect(sayChange(line(euros(1), { minor: 1, currency: "USD" }, "money"))).toBeNull();
  });
});

describe("what differs between two records", () => {
  it("lists only changed, added and removed fields", () => {
    const lines = diffObjects({ name: "A", same: 1, gone: true }, { name: "B", same: 1, fresh: "x" });
    expect(lines.map((l) => [l.field, l.before, l.after])).toEqual([
      ["name", "A", "B"],
      ["gone", true, null],
      ["fresh", null, "x"],
    ]);
  });

  it("lists fields inside fields one by one, and leaves amounts whole", () => {
    const lines = diffObjects(null, { action: { do: "raise", to: euros(5) } });
    expect(lines.map((l) => [l.label, l.after])).toEqual([
      ["Action do", "raise"],
      ["Action to", euros(5)],
    ]);
  });

  it("copes with nothing, and with bare values", () => {
    expect(diffObjects(null, null)).toEqual([]);
    expect(diffObjects(null, { role: "admin" })).toHaveLength(1);
    expect(diffObjects("a", "b")).toMatchObject([{ field: "value", before: "a", after: "b" }]);
  });
});

describe("the diff on screen", () => {
  it("marks before and after for eyes and for screen readers", () => {
    render(<Diff lines={[{ field: "limit", label: "Spending limit", before: euros(100_000), after: euros(250_000), unit: "money" }]} />);
    expect(screen.getByText("€1,000").closest("del")?.textContent).toBe("Before: €1,000");
    expect(screen.getByText("€2,500").closest("ins")?.textContent).toBe("After: €2,500");
  });

  it("shows what is new as it is, without a nothing before it", () => {
    render(<Diff lines={[line(null, "Spring launch", "text")]} />);
    expect(screen.getByText("Spring launch").closest("ins")).not.toBeNull();
    expect(screen.queryByText("nothing")).toBeNull();
  });
});
