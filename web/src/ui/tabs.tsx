// Tabs that are links: the open one is in the address, so it can be shared and reloaded.

import { Link } from "@tanstack/react-router";
import { Badge } from "./badge";

export interface Tab {
  value: string | undefined;
  title: string;
  count?: number | undefined;
}

/** Sets `?{name}=` to the chosen tab; undefined is the default tab and leaves the address clean. */
export function LinkTabs({ label, name, value, tabs }: { label: string; name: string; value: string | undefined; tabs: Tab[] }) {
  return (
    <nav aria-label={label} className="no-scrollbar mb-5 flex gap-1 overflow-x-auto border-b border-line">
      {tabs.map((tab) => {
        const open = tab.value === value;
        return (
          <Link
            key={tab.title}
            to="."
            search={(old: Record<string, unknown>) => ({ ...old, [name]: tab.value })}
            replace
            aria-current={open ? "page" : undefined}
            data-focus-inset
            className={`-mb-px flex h-9 items-center gap-1.5 border-b-2 px-2.5 text-sm font-medium whitespace-nowrap ${
              open ? "border-accent text-ink" : "border-transparent text-ink-2 hover:text-ink"
            }`}
          >
            {tab.title}
            {tab.count !== undefined && tab.count > 0 && <Badge>{tab.count}</Badge>}
          </Link>
        );
      })}
    </nav>
  );
}
