// Team: who is here, who is invited, and what each role may do.

import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { SearchX, UserPlus } from "lucide-react";
import { useMemo } from "react";
import { invitationsQuery, membersQuery } from "@/api/queries";
import type { Member } from "@/api/types";
import { useMay, useWhyNot } from "@/api/viewer";
import { useIsLive } from "@/live/live";
import { CAN } from "@/lib/permissions";
import { useShortcut } from "@/shell/shortcuts";
import { Avatar } from "@/ui/avatar";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Empty } from "@/ui/empty";
import { Loaded } from "@/ui/loaded";
import { Card, Page, PageHeader } from "@/ui/page";
import { SearchField } from "@/ui/search-field";
import { RowsSkeleton } from "@/ui/skeleton";
import { type Column, DataTable } from "@/ui/table";
import { LinkTabs } from "@/ui/tabs";
import { Ago, Freshness } from "@/ui/time";
import { Invitations } from "./invitations";
import { InvitePerson } from "./invite-person";
import { MemberMenu } from "./member-menu";
import { RoleMatrixTable } from "./role-matrix";
import { RolePicker } from "./role-picker";

const route = getRouteApi("/app/team");

export function Team() {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/team" });
  const why = useWhyNot(CAN.manageTeam);
  const live = useIsLive();
  const members = useQuery(membersQuery);
  // Invitations carry links that let people in; only who manages the team may see them.
  const manages = useMay(CAN.manageTeam);
  const invitations = useQuery({ ...invitationsQuery, enabled: manages });
  const pending = invitations.data?.items.filter((i) => i.state === "pending").length;
  const set = (next: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  useShortcut("n", "Invite someone", "Team", () => set({ new: "1" }), why === null);
  const tab = search.tab === "roles" || (search.tab === "invitations" && manages) ? search.tab : undefined;

  return (
    <Page>
      <PageHeader
        title="Team"
        summary="Who works here, and what each of them may do."
        actions={
          <>
            <Freshness at={members.dataUpdatedAt} live={live} />
            <Button kind="primary" why={why} onClick={() => set({ new: "1" })}>
              <UserPlus className="size-4" aria-hidden="true" />
              Invite someone
            </Button>
          </>
        }
      />
      <LinkTabs
        label="Team"
        name="tab"
        value={tab}
        tabs={[
          { value: undefined, title: "People", count: members.data?.items.length },
          ...(manages ? [{ value: "invitations", title: "Invitations", count: pending }] : []),
          { value: "roles", title: "Roles" },
        ]}
      />
      {tab === "roles" ? (
        <RoleMatrixTable />
      ) : tab === "invitations" ? (
        <Invitations onInvite={() => set({ new: "1" })} />
      ) : (
        <People q={search.q} sort={search.sort} onChange={set} />
      )}
      <InvitePerson open={search.new === "1" && why === null} onClose={() => set({ new: undefined })} />
    </Page>
  );
}

function People({
  q,
  sort,
  onChange,
}: {
  q: string | undefined;
  sort: string | undefined;
  onChange: (next: { q?: string | undefined; sort?: string | undefined }) => void;
}) {
  const query = useQuery(membersQuery);
  const manages = useMay(CAN.manageTeam);
  const columns = useMemo(() => columnsFor(manages), [manages]);
  return (
    <>
      <SearchField label="Search people" value={q ?? ""} onChange={(text) => onChange({ q: text || undefined })} />
      <Card>
        <Loaded query={query} subject="the team" skeleton={<RowsSkeleton rows={4} label="the team" />}>
          {({ items }) => {
            const rows = items.filter((m) => matches(m, q));
            if (rows.length === 0) {
              return (
                <Empty
                  icon={<SearchX aria-hidden="true" />}
                  title={`Nobody matches “${q ?? ""}”`}
                  action={<Button onClick={() => onChange({ q: undefined })}>Clear the search</Button>}
                >
                  Names and email addresses are searched.{manages && " Somebody invited but not here yet is under Invitations."}
                </Empty>
              );
            }
            return <DataTable label="People" columns={columns} rows={rows} sort={sort} onSort={(next) => onChange({ sort: next })} />;
          }}
        </Loaded>
      </Card>
    </>
  );
}

function matches(m: Member, q: string | undefined): boolean {
  return !q || `${m.name} ${m.email}`.toLowerCase().includes(q.toLowerCase());
}

function columnsFor(manages: boolean): Column<Member>[] {
  const columns: Column<Member>[] = [
    {
      id: "name",
      header: "Person",
      sortBy: (m) => m.name.toLowerCase(),
      className: "w-full",
      cell: (m) => (
        <div className="flex min-w-0 items-center gap-3">
          <span className="hidden sm:block">
            <Avatar name={m.name} size={30} />
          </span>
          <div className="min-w-0">
            <p className="flex flex-wrap items-center gap-x-2 gap-y-0.5 font-medium text-ink">
              {m.name}
              {m.is_me && <Badge>You</Badge>}
              {m.status === "suspended" && <Badge tone="warn">Suspended</Badge>}
            </p>
            <p className="text-xs wrap-anywhere text-ink-3">{m.email}</p>
          </div>
        </div>
      ),
    },
    { id: "role", header: "Role", sortBy: (m) => m.role, cell: (m) => <RolePicker member={m} /> },
    {
      id: "seen",
      header: "Last seen",
      sortBy: (m) => m.last_seen_at ?? "",
      cell: (m) => <span className="text-ink-2">{m.last_seen_at ? <Ago at={m.last_seen_at} /> : "Never"}</span>,
      align: "right",
      from: "md",
    },
  ];
  if (manages) {
    columns.push({ id: "menu", header: "Actions", quiet: true, cell: (m) => <MemberMenu member={m} />, align: "right", className: "w-12 pl-0" });
  }
  return columns;
}
