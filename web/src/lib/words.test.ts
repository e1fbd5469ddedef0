import { describe, expect, it } from "vitest";
import { strengthOf } from "./password";
import { actorName, count, deviceName, humanise, initials } from "./words";

describe("words", () => {
  it("count, shorten and name things", () => {
    expect(count(1, "entry", "entries")).toBe("1 entry");
    expect(count(1200, "entry", "entries")).toBe("1,200 entries");
    expect(initials("Demo Site Admin")).toBe("DA");
    expect(initials("  ")).toBe("?");
    expect(actorName({ kind: "system", name: "audit.export" })).toBe("Marketflow");
    expect(actorName({ kind: "key", name: "Website" })).toBe("Website (key)");
    expect(humanise("spending.raise_limit")).toBe("Spending raise limit");
  });

  it("name devices", () => {
    expect(deviceName("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36")).toBe("Chrome on Linux");
    expect(deviceName("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1")).toBe("Safari on iPhone");
    expect(deviceName("")).toBe("Unknown browser");
  });
});

describe("password hints", () => {
  it.each([
    ["", 0, ""],
    ["short", 0, "Too short"],
    ["password1234", 1, "Easy to guess"],
    ["aaaaaaaaaaaaaaa", 1, "Easy to guess"],
    ["orchid kettle", 2, "Good"],
    ["orchid kettle window moss", 3, "Strong"],
  ])("%s", (password, score, label) => {
    expect(strengthOf(password)).toMatchObject({ score, label });
  });
});
