// Projects: find, make, rename in place, archive with a way back.

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { FolderKanban, FolderPlus, SearchX } from "lucide-react";
import { useMemo } from "react";
import { membersQuery, projectsQuery } from "@/api/queries";
import type { Project } from "@/api/types";
import { useMay, useWhyNot } from "@/api/viewer";
import { useIsLive } from "@/live/live";
import { CAN } from "@/lib/permissions";
import { useListKeys, useShortcut } from "@/shell/shortcuts";
import { Button } from "@/ui/button";
import { Empty } from "@/ui/empty";
import { Loaded } from "@/ui/loaded";
import { Card, Page, PageHeader } from "@/ui/page";
import { SearchField } from "@/ui/search-field";
import { RowsSkeleton } from "@/ui/skeleton";
import { type Column, DataTable, MoreRows } from "@/ui/table";
import { LinkTabs } from "@/ui/tabs";
import { Ago, Freshness } from "@/ui/time";
import { EditProject } from "./edit-project";
import { NewProject } from "./new-project";
import { ProjectMenu } from "./project-menu";
import { ProjectName } from "./project-name";

const route = getRouteApi("/app/projects");

export function Projects() {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/projects" });
  const live = useIsLive();
  const why = useWhyNot(CAN.writeProjects);
  const archived = search.show === "archived";
  const query = useInfiniteQuery(projectsQuery({ ...(search.q ? { q: search.q } : {}), ...(archived ? { archived: true } : {}) }));
  const rows = useMemo(() => query.data?.pages.flatMap((p) => p.items) ?? [], [query.data]);
  const columns = useMemo(() => columnsFor(archived), [archived]);
  const set = (next: Partial<typeof search>, replace = true) => void navigate({ search: (old) => ({ ...old, ...next }), replace });
  useShortcut("n", "New project", "Projects", () => set({ new: "1" }), why === null);
  useListKeys(rows.map((r) => r.id), search.project ?? null, (id) => set({ project: id }), "project");

  return (
    <Page>
      <PageHeader
        title="Projects"
        summary="A project keeps together what belongs together: one launch, one client, one season."
        actions={
          <>
            <Freshness at={query.dataUpdatedAt} live={live} />
            <Button kind="primary" why={why} onClick={() => set({ new: "1" })}>
              <FolderPlus className="size-4" aria-hidden="true" />
              New project
            </Button>
          </>
        }
      />
      <LinkTabs
        label="Projects"
        name="show"
        value={archived ? "archived" : undefined}
        tabs={[
          { value: undefined, title: "Active" },
          { value: "archived", title: "Archived" },
        ]}
      />
      <SearchField label="Search projects" value={search.q ?? ""} onChange={(q) => set({ q: q || undefined })} />
      <Card>
        <Loaded query={query} subject="projects" skeleton={<RowsSkeleton rows={5} label="projects" />}>
          {() =>
            rows.length === 0 ? (
              <NoProjects searched={search.q} archived={archived} why={why} onNew={() => set({ new: "1" })} onClear={() => set({ q: undefined })} />
            ) : (
              <>
                <DataTable
                  label={archived ? "Archived projects" : "Projects"}
                  columns={columns}
                  rows={rows}
                  sort={search.sort}
                  {...(query.hasNextPage ? {} : { onSort: (sort: string | undefined) => set({ sort }) })}
                  selectedId={search.project ?? null}
                />
                <MoreRows query={query} />
              </>
            )
          }
        </Loaded>
      </Card>
      <NewProject open={search.new === "1" && why === null} onClose={() => set({ new: undefined })} />
      {search.project && <EditProject id={search.project} onClose={() => set({ project: undefined })} />}
    </Page>
  );
}

/** Who made it, by name where the viewer may know names. */
function Creator({ id }: { id: string | null }) {
  const members = useQuery({ ...membersQuery, enabled: useMay(CAN.readTeam) });
  const named = members.data?.items.find((m) => m.id === id)?.name;
  const name = id === null ? "Marketflow" : id.startsWith("key_") ? "A key" : (named ?? (members.isPending ? "" : "Somebody who left"));
  return <span className="inline-block min-w-36 whitespace-nowrap text-ink-2">{name}</span>;
}

function columnsFor(archived: boolean): Column<Project>[] {
  return [
    { id: "name", header: "Project", cell: (p) => <ProjectName project={p} />, sortBy: (p) => p.name.toLowerCase(), className: "w-full" },
    { id: "by", header: "Created by", cell: (p) => <Creator id={p.created_by} />, from: "md" },
    {
      id: "changed",
      header: archived ? "Archived" : "Changed",
      cell: (p) => (
        <span className="text-ink-2">
          <Ago at={(archived ? p.archived_at : null) ?? p.updated_at} />
        </span>
      ),
      sortBy: (p) => p.updated_at,
      align: "right",
      from: "sm",
    },
    { id: "menu", header: "Actions", quiet: true, cell: (p) => <ProjectMenu project={p} />, align: "right", className: "w-12 pl-0" },
  ];
}

function NoProjects({
  searched,
  archived,
  why,
  onNew,
  onClear,
}: {
  searched: string | undefined;
  archived: boolean;
  why: string | null;
  onNew: () => void;
  onClear: () => void;
}) {
  if (searched) {
    return (
      <Empty icon={<SearchX aria-hidden="true" />} title={`Nothing matches “${searched}”`} action={<Button onClick={onClear}>Clear the search</Button>}>
        Names and descriptions are searched. Archived projects have their own tab.
      </Empty>
    );
  }
  if (archived) {
    return (
      <Empty icon={<FolderKanban aria-hidden="true" />} title="Nothing is archived">
        Archiving puts a finished project out of sight. Nothing in it is lost, and it can always be restored.
      </Empty>
    );
  }
  return (
    <Empty
      icon={<FolderKanban aria-hidden="true" />}
      title="Start your first project"
      action={
        <Button kind="primary" why={why} onClick={onNew}>
          <FolderPlus className="size-4" aria-hidden="true" />
          New project
        </Button>
      }
    >
      For example “Spring launch”, “Newsletter” or the name of a client. You can rename it at any time.
    </Empty>
  );
}
