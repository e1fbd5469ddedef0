// Small marks for states. The word carries the meaning; the colour only helps.

import type { ReactNode } from "react";
import { cx } from "@/lib/words";

export type Tone = "neutral" | "accent" | "spark" | "good" | "warn" | "bad";

const tones: Record<Tone, string> = {
  neutral: "bg-hover text-ink-2",
  accent: "bg-accent-soft text-accent-text",
  spark: "bg-spark-soft text-spark-text",
  good: "bg-good-soft text-good-text",
  warn: "bg-warn-soft text-warn-text",
  bad: "bg-bad-soft text-bad-text",
};

const dots: Record<Tone, string> = {
  neutral: "bg-ink-3",
  accent: "bg-accent",
  spark: "bg-spark",
  good: "bg-good",
  warn: "bg-warn",
  bad: "bg-bad",
};

export function Badge({ tone = "neutral", dot, children }: { tone?: Tone; dot?: boolean; children: ReactNode }) {
  return (
    <span
      className={cx(
        "inline-flex h-5.5 shrink-0 items-center gap-1.5 rounded-full px-2 text-xs font-medium whitespace-nowrap",
        tones[tone],
      )}
    >
      {dot && <Dot tone={tone} />}
      {children}
    </span>
  );
}

export function Dot({ tone, pulse }: { tone: Tone; pulse?: boolean }) {
  return (
    <span aria-hidden="true" className={cx("size-1.5 shrink-0 rounded-full", dots[tone], pulse && "animate-breathe")} />
  );
}

/** A key on the keyboard. */
export function Kbd({ children }: { children: ReactNode }) {
  return (
    <kbd className="inline-grid h-5 min-w-5 place-items-center rounded-sm border pointer-coarse:hidden border-line-strong bg-surface px-1 font-sans text-2xs font-medium text-ink-2 dark:bg-sunken">
      {children}
    </kbd>
  );
}
