// A page with nothing on it yet teaches what will stand there and offers the first step.

import type { ReactNode } from "react";

export function Empty({
  icon,
  title,
  children,
  action,
  alone,
}: {
  icon: ReactNode;
  title: string;
  children: ReactNode;
  action?: ReactNode;
  /** The only thing on the page, so its title is the page's. */
  alone?: boolean;
}) {
  const Title = alone ? "h1" : "h2";
  return (
    <div className="flex flex-col items-center px-6 py-14 text-center">
      <span className="grid size-11 place-items-center rounded-xl border border-line bg-surface text-accent-text shadow-card dark:bg-raised [&_svg]:size-5">
        {icon}
      </span>
      <Title className="mt-4 text-lg font-semibold tracking-tight text-ink">{title}</Title>
      <div className="mt-1 max-w-md text-sm text-pretty text-ink-2">{children}</div>
      {action && <div className="mt-5 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}
