// Audit: who did what, when, and what it was before. Searchable, verifiable, exportable.

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { ScrollText, SearchX } from "lucide-react";
import { useMemo } from "react";
import { auditEntryQuery, auditQuery } from "@/api/queries";
import type { AuditFilter } from "@/api/endpoints";
import { useViewerZone } from "@/api/viewer";
import { useIsLive } from "@/live/live";
import { zonedDayStart } from "@/lib/time";
import { useListKeys } from "@/shell/shortcuts";
import { Button } from "@/ui/button";
import { Empty } from "@/ui/empty";
import { Loaded } from "@/ui/loaded";
import { Card, Page, PageHeader } from "@/ui/page";
import { RowsSkeleton } from "@/ui/skeleton";
import { MoreRows } from "@/ui/table";
import { Freshness } from "@/ui/time";
import { AuditDays } from "./audit-days";
import { ExportAudit } from "./export-audit";
import { Filters } from "./filters";
import { VerifyChain } from "./verify-chain";

const route = getRouteApi("/app/audit");

export function Audit() {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/audit" });
  const live = useIsLive();
  const zone = useViewerZone();
  const filter = useMemo(() => filterFrom(search, zone), [search, zone]);
  const query = useInfiniteQuery(auditQuery(filter));
  const entries = useMemo(() => query.data?.pages.flatMap((p) => p.items) ?? [], [query.data]);
  const beyond = Boolean(search.entry) && query.isSuccess && !entries.some((e) => e.id === search.entry);
  const linked = useQuery({ ...auditEntryQuery(search.entry ?? ""), enabled: beyond });
  const set = (next: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  const filtered = Object.keys(filter).length > 0;
  useListKeys(entries.map((e) => e.id), search.entry ?? null, (id) => set({ entry: id }), "entry");

  return (
    <Page>
      <PageHeader
        title="Audit"
        summary="Every change, by whom and when. Entries are chained together, so nobody can alter or remove one unnoticed."
        actions={
          <>
            <Freshness at={query.dataUpdatedAt} live={live} />
            <ExportAudit filter={filter} />
          </>
        }
      />
      <VerifyChain />
      <Filters search={search} onChange={set} />
      {beyond && linked.data && (
        <Card className="mb-4">
          <AuditDays entries={[linked.data]} openId={linked.data.id} onOpen={(entry) => set({ entry })} />
        </Card>
      )}
      <Card>
        <Loaded query={query} subject="the audit log" skeleton={<RowsSkeleton rows={8} label="the audit log" />}>
          {() =>
            entries.length === 0 ? (
              <Empty
                icon={filtered ? <SearchX aria-hidden="true" /> : <ScrollText aria-hidden="true" />}
                title={filtered ? "Nothing matches" : "Nothing has happened yet"}
                action={
                  filtered && (
                    <Button onClick={() => void navigate({ search: {}, replace: true })}>Clear all filters</Button>
                  )
                }
              >
                {filtered
                  ? "Try fewer words, or a longer time."
                  : "From the first change on, everything is written down here: who, what, before and after."}
              </Empty>
            ) : (
              <>
                <AuditDays entries={entries} openId={search.entry} onOpen={(entry) => set({ entry })} />
                <MoreRows query={query} />
              </>
            )
          }
        </Loaded>
      </Card>
    </Page>
  );
}

/** Days in the address are the viewer's days; the server is asked in moments. The last day counts in full. */
function filterFrom(search: ReturnType<typeof route.useSearch>, zone: string): AuditFilter {
  const from = search.from && zonedDayStart(search.from, zone);
  const to = search.to && zonedDayStart(search.to, zone, 1);
  return {
    ...(search.q ? { q: search.q } : {}),
    ...(search.actor ? { actor: search.actor } : {}),
    ...(search.action ? { action: search.action } : {}),
    ...(search.subject ? { subject: search.subject } : {}),
    ...(from ? { from } : {}),
    ...(to ? { to } : {}),
  };
}
