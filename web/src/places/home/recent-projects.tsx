// The projects touched last.

import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FolderPlus } from "lucide-react";
import { projectsQuery } from "@/api/queries";
import { useMay } from "@/api/viewer";
import { CAN } from "@/lib/permissions";
import { buttonStyle } from "@/ui/button";
import { Loaded } from "@/ui/loaded";
import { Section } from "@/ui/page";
import { RowsSkeleton } from "@/ui/skeleton";
import { Ago } from "@/ui/time";

export function RecentProjects() {
  const reads = useMay(CAN.readProjects);
  const writes = useMay(CAN.writeProjects);
  const query = useInfiniteQuery({ ...projectsQuery({}), enabled: reads });
  if (!reads) return null;
  return (
    <Section
      title="Projects"
      actions={
        writes && (
          <Link to="/projects" search={{ new: "1" }} className={buttonStyle({ kind: "plain", size: "sm" })}>
            <FolderPlus className="size-3.5" aria-hidden="true" />
            New project
          </Link>
        )
      }
    >
      <Loaded query={query} subject="projects" skeleton={<RowsSkeleton rows={3} label="projects" />}>
        {(data) => {
          const recent = data.pages
            .flatMap((p) => p.items)
            .toSorted((a, b) => b.updated_at.localeCompare(a.updated_at))
            .slice(0, 4);
          if (recent.length === 0) {
            return (
              <p className="px-4 py-5 text-sm text-ink-2">
                <span className="font-medium text-ink">No projects yet.</span> A project keeps together what belongs together: one launch, one
                client, one season.
              </p>
            );
          }
          return (
            <ul className="divide-y divide-line">
              {recent.map((p) => (
                <li key={p.id}>
                  <Link to="/projects" search={{ project: p.id }} data-focus-inset className="flex items-center gap-3 px-4 py-3 hover:bg-sunken">
                    <span className="min-w-0 flex-1">
                      <span className="block truncate text-sm font-medium text-ink">{p.name}</span>
                      {p.description && <span className="block truncate text-xs text-ink-3">{p.description}</span>}
                    </span>
                    <span className="shrink-0 text-xs text-ink-3">
                      <Ago at={p.updated_at} />
                    </span>
                  </Link>
                </li>
              ))}
            </ul>
          );
        }}
      </Loaded>
    </Section>
  );
}
