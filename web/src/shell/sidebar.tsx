// The sidebar: workspace, search, pages in their groups, the person at the bottom.

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Search } from "lucide-react";
import { approvalCountQuery } from "@/api/queries";
import { useMay } from "@/api/viewer";
import { CAN } from "@/lib/permissions";
import { cx } from "@/lib/words";
import { Kbd } from "@/ui/badge";
import type { PageEntry, PageGroup } from "./nav";
import type { Overlay } from "./shell";
import { TenantMenu } from "./tenant-menu";
import { UserMenu } from "./user-menu";

interface SidebarProps {
  groups: PageGroup[];
  onOpen: (overlay: Overlay) => void;
  /** Called when a page was chosen, so that a drawer can close. */
  onNavigate?: () => void;
}

export function Sidebar({ groups, onOpen, onNavigate }: SidebarProps) {
  const top = groups.filter((g) => !g.last);
  const bottom = groups.filter((g) => g.last);
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-1 p-3">
      <TenantMenu onNewWorkspace={() => onOpen("workspace")} />
      <button
        type="button"
        onClick={() => onOpen("palette")}
        className="mt-2 flex h-8 items-center gap-2 rounded-md border border-line-strong bg-surface px-2.5 text-sm text-ink-3 shadow-card transition-colors hover:text-ink-2 dark:bg-sunken"
      >
        <Search className="size-3.5" aria-hidden="true" />
        Search
        <span className="ml-auto flex gap-0.5" aria-hidden="true">
          <Kbd>{isMac() ? "⌘" : "Ctrl"}</Kbd>
          <Kbd>K</Kbd>
        </span>
      </button>
      <nav aria-label="Pages" className="no-scrollbar mt-3 flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto px-0.5 py-0.5">
        {top.map((g) => (
          <Group key={g.title ?? "home"} group={g} {...(onNavigate ? { onNavigate } : {})} />
        ))}
        <div className="flex-1" />
        {bottom.map((g) => (
          <Group key={g.title ?? "last"} group={g} {...(onNavigate ? { onNavigate } : {})} />
        ))}
      </nav>
      <div className="mt-2 border-t border-line pt-2">
        <UserMenu onHelp={() => onOpen("help")} />
      </div>
    </div>
  );
}

function Group({ group, onNavigate }: { group: PageGroup; onNavigate?: () => void }) {
  return (
    <div>
      {group.title && <p className="px-2 pb-1 text-2xs font-medium tracking-wide text-ink-3">{group.title}</p>}
      <ul className="flex flex-col gap-px">
        {group.pages.map((page) => (
          <li key={page.path}>
            <PageLink page={page} {...(onNavigate ? { onNavigate } : {})} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function PageLink({ page, onNavigate }: { page: PageEntry; onNavigate?: () => void }) {
  const Icon = page.icon;
  return (
    <Link
      to={page.path}
      activeOptions={{ exact: page.path === "/", includeSearch: false }}
      onClick={() => onNavigate?.()}
      data-focus-inset
      className="group flex h-8 items-center gap-2.5 rounded-md px-2 text-sm font-medium"
      activeProps={{ className: "bg-surface text-ink shadow-card dark:bg-raised" }}
      inactiveProps={{ className: "text-ink-2 hover:bg-hover hover:text-ink" }}
    >
      <Icon className="size-4 shrink-0 text-ink-3 group-aria-[current=page]:text-accent-text" aria-hidden="true" />
      {page.title}
      {page.path === "/approvals" && <WaitingCount className="ml-auto" />}
    </Link>
  );
}

/** How many requests wait for this person to decide. */
export function WaitingCount({ className }: { className?: string }) {
  const allowed = useMay([CAN.readApprovals, CAN.decideApprovals]);
  const { data } = useQuery({ ...approvalCountQuery, enabled: allowed });
  const n = data?.mine_to_decide ?? 0;
  if (n === 0) return null;
  return (
    <span
      className={cx(
        "grid h-5 min-w-5 place-items-center rounded-full bg-spark px-1.5 text-2xs font-semibold text-[oklch(0.25_0.05_55)] figures",
        className,
      )}
    >
      {n > 99 ? "99+" : n}
      <span className="sr-only"> waiting for you</span>
    </span>
  );
}

function isMac(): boolean {
  return /Mac|iPhone|iPad/.test(navigator.userAgent);
}
