import { describe, expect, it } from "vitest";
import { IDLE, isForPage, type KeyLike, pressKey } from "./chords";

const prefixes = new Set(["g"]);
const bound = (chord: string) => ["g p", "g a", "j", "?"].includes(chord);
const press = (keys: [string, number][]) => {
  let state = IDLE;
  const fired: (string | null)[] = [];
  for (const [key, at] of keys) {
    const result = pressKey(state, key, at, prefixes, bound);
    state = result.state;
    fired.push(result.fired);
  }
  return fired;
};

describe("chords", () => {
  it("fires single keys and sequences", () => {
    expect(press([["j", 0]])).toEqual(["j"]);
    expect(press([["g", 0], ["p", 300]])).toEqual([null, "g p"]);
    expect(press([["g", 0], ["P", 300]])).toEqual([null, "g p"]);
    expect(press([["?", 0]])).toEqual(["?"]);
  });

  it("forgets a prefix that was left alone", () => {
    expect(press([["g", 0], ["j", 2000]])).toEqual([null, "j"]);
  });

  it("does not fire a single key as the second half of an unknown sequence", () => {
    expect(press([["g", 0], ["j", 100], ["j", 200]])).toEqual([null, null, "j"]);
  });

  it("is quiet for unbound keys", () => {
    expect(press([["x", 0]])).toEqual([null]);
  });
});

describe("whose key it is", () => {
  const key = (over: Partial<KeyLike>): KeyLike => ({
    key: "j",
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    defaultPrevented: false,
    target: document.body,
    ...over,
  });
  const within = (html: string, selector: string) => {
    document.body.innerHTML = html;
    return document.querySelector(selector);
  };

  it("never takes the browser's keys", () => {
    expect(isForPage(key({ ctrlKey: true }))).toBe(false);
    expect(isForPage(key({ metaKey: true }))).toBe(false);
    expect(isForPage(key({ altKey: true }))).toBe(false);
    expect(isForPage(key({}))).toBe(true);
  });

  it("never takes keys from somebody typing or choosing", () => {
    expect(isForPage(key({ target: within("<input>", "input") }))).toBe(false);
    expect(isForPage(key({ target: within("<textarea></textarea>", "textarea") }))).toBe(false);
    expect(isForPage(key({ target: within("<select></select>", "select") }))).toBe(false);
    expect(isForPage(key({ target: within('<div role="dialog"><button>x</button></div>', "button") }))).toBe(false);
    expect(isForPage(key({ target: within('<input type="checkbox">', "input") }))).toBe(true);
    expect(isForPage(key({ target: within("<button>x</button>", "button") }))).toBe(true);
  });
});
