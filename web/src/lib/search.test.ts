import { describe, expect, it } from "vitest";
import { oneOf, parseSearch, safeNext, stringifySearch, texts } from "./search";

describe("addresses", () => {
  it("stay readable and come back the same", () => {
    expect(stringifySearch({ q: "123", state: "dead", empty: "", none: undefined })).toBe("?q=123&state=dead");
    expect(parseSearch("?q=123&state=dead")).toEqual({ q: "123", state: "dead" });
    expect(stringifySearch({})).toBe("");
    const odd = { q: 'a&b="c" ü +' };
    expect(parseSearch(stringifySearch(odd))).toEqual(odd);
  });

  it("keep only what a page knows", () => {
    expect(texts("q")({ q: "x", evil: "y", n: 1 })).toEqual({ q: "x" });
    expect(texts("q")({ q: 5 })).toEqual({});
    expect(oneOf(["a", "b"], "c")).toBeUndefined();
    expect(oneOf(["a", "b"], "b")).toBe("b");
  });
});

describe("where to go after signing in", () => {
  it.each([
    ["/jobs?state=dead", "/jobs?state=dead"],
    [undefined, "/"],
    ["https://evil.example", "/"],
    ["//evil.example", "/"],
    ["/\\evil.example", "/"],
    ["javascript:alert(1)", "/"],
  ])("%s leads to %s", (next, path) => {
    expect(safeNext(next)).toBe(path);
  });
});
