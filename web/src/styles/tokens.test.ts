// Contrast of every text and background the app puts together, in both themes.

import { describe, expect, it } from "vitest";
import css from "./tokens.css?raw";

type Theme = Record<string, [number, number, number]>;

function tokens(selector: string): Theme {
  const start = css.indexOf(`${selector} {`);
  const body = css.slice(start, css.indexOf("\n}", start));
  const found: Theme = {};
  for (const [, name, l, c, h] of body.matchAll(/--([\w-]+): oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)/g)) {
    found[name ?? ""] = [Number(l), Number(c), Number(h)];
  }
  return found;
}

function luminance([l, c, h]: [number, number, number]): number {
  const a = c * Math.cos((h * Math.PI) / 180);
  const b = c * Math.sin((h * Math.PI) / 180);
  const l_ = (l + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m_ = (l - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s_ = (l - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const clip = (x: number) => Math.min(1, Math.max(0, x));
  const red = clip(4.0767416621 * l_ - 3.3077115913 * m_ + 0.2309699292 * s_);
  const green = clip(-1.2684380046 * l_ + 2.6097574011 * m_ - 0.3413193965 * s_);
  const blue = clip(-0.0041960863 * l_ - 0.7034186147 * m_ + 1.707614701 * s_);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(theme: Theme, front: string, back: string): number {
  const one = theme[front];
  const two = theme[back];
  if (!one || !two) throw new Error(`no token ${front} or ${back}`);
  const [dark = 0, light = 0] = [luminance(one), luminance(two)].toSorted((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

const light = tokens(":root");
const dark = { ...light, ...tokens('[data-theme="dark"]') };
const themes = { light, dark };

const READ: [string, string[]][] = [
  ["ink", ["paper", "surface", "raised", "sunken", "hover", "accent-soft", "spark-soft", "warn-soft", "bad-soft", "good-soft"]],
  ["ink-2", ["paper", "surface", "raised", "sunken", "hover", "accent-soft", "bad-soft", "warn-soft"]],
  ["ink-3", ["paper", "surface", "raised", "sunken", "hover"]],
  ["accent-text", ["paper", "surface", "raised", "sunken", "accent-soft"]],
  ["spark-text", ["surface", "raised", "spark-soft"]],
  ["good-text", ["surface", "raised", "good-soft"]],
  ["warn-text", ["surface", "raised", "warn-soft", "accent-soft"]],
  ["bad-text", ["surface", "raised", "sunken", "bad-soft"]],
  ["on-accent", ["accent", "accent-hover"]],
  ["on-bad", ["bad", "bad-hover"]],
];
const SEEN: [string, string[]][] = [
  ["ring", ["paper", "surface", "raised", "sunken"]],
  ["accent", ["surface", "paper", "hover"]],
];

describe.each(Object.entries(themes))("%s theme", (_name, theme) => {
  it.each(READ.flatMap(([front, backs]) => backs.map((back) => [front, back] as const)))("%s can be read on %s", (front, back) => {
    expect(contrast(theme, front, back)).toBeGreaterThanOrEqual(4.5);
  });
  it.each(SEEN.flatMap(([front, backs]) => backs.map((back) => [front, back] as const)))("%s can be seen on %s", (front, back) => {
    expect(contrast(theme, front, back)).toBeGreaterThanOrEqual(3);
  });
});

it("every theme colour is reachable as a utility", () => {
  for (const name of Object.keys(light)) expect(css).toContain(`--color-${name}: var(--${name})`);
});
