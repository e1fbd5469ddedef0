// Every page that exists: where it stands in the navigation, which permission opens it, which key leads to it.

import {
  CheckCheck,
  FolderKanban,
  House,
  KeyRound,
  ListChecks,
  type LucideIcon,
  ScrollText,
  Settings,
  Users,
} from "lucide-react";
import { CAN } from "@/lib/permissions";
import type { Permission } from "@/api/types";

export type PagePath = "/" | "/projects" | "/approvals" | "/jobs" | "/team" | "/keys" | "/audit" | "/settings";

export interface PageEntry {
  path: PagePath;
  title: string;
  icon: LucideIcon;
  key: string;
  /** Any one of these opens the page; none means everybody may. */
  needs: readonly Permission[];
  /** Other words people look for it by. */
  also: string;
}

export interface PageGroup {
  title: string | null;
  pages: PageEntry[];
  /** Stands at the bottom of the sidebar. */
  last?: boolean;
}

export const GROUPS: PageGroup[] = [
  {
    title: null,
    pages: [{ path: "/", title: "Home", icon: House, key: "h", needs: [], also: "start overview dashboard" }],
  },
  {
    title: "Create",
    pages: [
      { path: "/projects", title: "Projects", icon: FolderKanban, key: "p", needs: [CAN.readProjects], also: "folders" },
    ],
  },
  {
    title: "Decide",
    pages: [
      {
        path: "/approvals",
        title: "Approvals",
        icon: CheckCheck,
        key: "a",
        needs: [CAN.readApprovals, CAN.decideApprovals],
        also: "inbox approve review decide",
      },
    ],
  },
  {
    title: "Automate",
    pages: [{ path: "/jobs", title: "Jobs", icon: ListChecks, key: "j", needs: [CAN.readJobs], also: "queue schedules cron runs" }],
  },
  {
    title: "Settings",
    last: true,
    pages: [
      { path: "/team", title: "Team", icon: Users, key: "t", needs: [CAN.readTeam], also: "people members roles" },
      { path: "/keys", title: "Keys", icon: KeyRound, key: "k", needs: [CAN.manageKeys, CAN.ownKeys], also: "api tokens secrets" },
      { path: "/audit", title: "Audit", icon: ScrollText, key: "u", needs: [CAN.readAudit], also: "history log trail who did what" },
      {
        path: "/settings",
        title: "Settings",
        icon: Settings,
        key: "s",
        needs: [],
        also: "workspace spending limit thresholds privacy profile password sessions",
      },
    ],
  },
];

/** The groups with the pages a person may open; groups left with nothing are dropped. */
export function groupsFor(may: (needs: readonly Permission[]) => boolean): PageGroup[] {
  return GROUPS.map((g) => ({ ...g, pages: g.pages.filter((p) => p.needs.length === 0 || may(p.needs)) })).filter(
    (g) => g.pages.length > 0,
  );
}

export function pageAt(pathname: string): PageEntry | undefined {
  const first = `/${pathname.split("/")[1] ?? ""}`;
  return GROUPS.flatMap((g) => g.pages).find((p) => p.path === first);
}
