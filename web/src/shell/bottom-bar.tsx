// The navigation on a phone: the daily pages within reach of a thumb, the rest behind "More".

import { Link } from "@tanstack/react-router";
import { Menu } from "lucide-react";
import type { PageGroup } from "./nav";
import { WaitingCount } from "./sidebar";

const item =
  "relative flex min-w-0 flex-1 flex-col items-center justify-center gap-0.5 text-2xs font-medium text-ink-2 aria-[current=page]:text-accent-text";

export function BottomBar({ groups, onMore }: { groups: PageGroup[]; onMore: () => void }) {
  const pages = groups
    .filter((g) => !g.last)
    .flatMap((g) => g.pages)
    .slice(0, 4);
  return (
    <nav
      aria-label="Main pages"
      className="fixed inset-x-0 bottom-0 z-40 flex border-t border-line bg-paper pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      {pages.map((page) => (
        <Link
          key={page.path}
          to={page.path}
          activeOptions={{ exact: page.path === "/", includeSearch: false }}
          data-focus-inset
          className={`${item} h-15`}
        >
          <page.icon className="size-5" aria-hidden="true" />
          <span className="max-w-full truncate">{page.title}</span>
          {page.path === "/approvals" && <WaitingCount className="absolute top-1 left-1/2 ml-1.5" />}
        </Link>
      ))}
      <button type="button" onClick={onMore} data-focus-inset className={`${item} h-15`}>
        <Menu className="size-5" aria-hidden="true" />
        More
      </button>
    </nav>
  );
}
