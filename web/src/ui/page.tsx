// How a page is laid out: a header that says where you are and what you can do, then cards.

import type { ReactNode } from "react";
import { useEffect } from "react";
import { cx } from "@/lib/words";

export function PageHeader({ title, summary, actions }: { title: string; summary?: ReactNode; actions?: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Marketflow`;
  }, [title]);
  return (
    <header className="mb-6 flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
      <div className="min-w-0">
        <h1 className="text-xl font-semibold tracking-tight text-ink">{title}</h1>
        {summary && <div className="mt-0.5 max-w-2xl text-sm text-ink-2">{summary}</div>}
      </div>
      {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </header>
  );
}

export function Page({ children, narrow }: { children: ReactNode; narrow?: boolean }) {
  return (
    <div className="mx-auto w-full max-w-6xl px-4 pt-6 pb-24 sm:px-8 sm:pt-8">
      {/* Narrow pages begin where wide ones do, so that titles stay in place from page to page. */}
      <div className={cx(narrow && "max-w-4xl")}>{children}</div>
    </div>
  );
}

export function Card({ children, className }: { children: ReactNode; className?: string }) {
  return (
    <div className={cx("overflow-hidden rounded-lg border border-line bg-surface shadow-card", className)}>{children}</div>
  );
}

/** A titled card. */
export function Section({
  title,
  summary,
  actions,
  children,
  id,
}: {
  title: string;
  summary?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  id?: string;
}) {
  return (
    <section id={id} aria-label={title} className="mb-6 scroll-mt-6">
      <div className="mb-2.5 flex flex-wrap items-end justify-between gap-x-4 gap-y-2">
        <div className="min-w-0">
          <h2 className="text-base font-semibold text-ink">{title}</h2>
          {summary && <div className="max-w-2xl text-sm text-ink-2">{summary}</div>}
        </div>
        {actions}
      </div>
      <Card>{children}</Card>
    </section>
  );
}

/** A label and its value, in a definition list. */
export function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="flex min-w-0 flex-col gap-0.5">
      <dt className="text-xs text-ink-3">{label}</dt>
      <dd className="min-w-0 text-sm text-ink">{children}</dd>
    </div>
  );
}
