// Keys: what may speak to the API, when it last did, and the way to end it.

import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { KeyRound } from "lucide-react";
import { useMemo } from "react";
import { keysQuery } from "@/api/queries";
import type { ApiKey, KeyKind } from "@/api/types";
import { useMay } from "@/api/viewer";
import { useIsLive } from "@/live/live";
import { CAN } from "@/lib/permissions";
import { useShortcut } from "@/shell/shortcuts";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Empty } from "@/ui/empty";
import { Loaded } from "@/ui/loaded";
import { useNow } from "@/ui/now";
import { Card, Page, PageHeader } from "@/ui/page";
import { RowsSkeleton } from "@/ui/skeleton";
import { type Column, DataTable } from "@/ui/table";
import { LinkTabs } from "@/ui/tabs";
import { Ago, Countdown, Freshness } from "@/ui/time";
import { KINDS, keyStatus } from "./kinds";
import { NewKey } from "./new-key";
import { RevokeKey } from "./revoke-key";

const route = getRouteApi("/app/keys");

export function Keys() {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/keys" });
  const live = useIsLive();
  const manages = useMay(CAN.manageKeys);
  const query = useQuery(keysQuery);
  const now = useNow();
  const ended = search.show === "ended";
  const set = (next: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  useShortcut("n", "New key", "Keys", () => set({ new: "1" }));
  const columns = useMemo(() => columnsFor(ended), [ended]);

  return (
    <Page>
      <PageHeader
        title="Keys"
        summary={manages ? "What may speak to Marketflow without a person signing in." : "Your personal tokens. Keys of the workspace are made by admins."}
        actions={
          <>
            <Freshness at={query.dataUpdatedAt} live={live} />
            <Button kind="primary" onClick={() => set({ new: "1" })}>
              <KeyRound className="size-4" aria-hidden="true" />
              New key
            </Button>
          </>
        }
      />
      <KindCards />
      <LinkTabs
        label="Keys"
        name="show"
        value={ended ? "ended" : undefined}
        tabs={[
          { value: undefined, title: "Active" },
          { value: "ended", title: "Revoked and expired" },
        ]}
      />
      <Card>
        <Loaded query={query} subject="keys" skeleton={<RowsSkeleton rows={3} label="keys" />}>
          {({ items }) => {
            const rows = items.filter((k) => (keyStatus(k, now) === "active") !== ended);
            if (rows.length > 0) return <DataTable label={ended ? "Ended keys" : "Keys"} columns={columns} rows={rows} />;
            return ended ? (
              <Empty icon={<KeyRound aria-hidden="true" />} title="No key has ended yet">
                Revoked and expired keys stay listed here, so you can see what once had access.
              </Empty>
            ) : (
              <Empty
                icon={<KeyRound aria-hidden="true" />}
                title="No keys yet"
                action={
                  <Button kind="primary" onClick={() => set({ new: "1" })}>
                    Make the first key
                  </Button>
                }
              >
                Make one for each place that uses it. When a place is gone, revoke its key and nothing else breaks.
              </Empty>
            );
          }}
        </Loaded>
      </Card>
      <NewKey open={search.new === "1"} onClose={() => set({ new: undefined })} />
    </Page>
  );
}

function KindCards() {
  return (
    <dl className="mb-6 grid gap-3 sm:grid-cols-3">
      {(Object.keys(KINDS) as KeyKind[]).map((kind) => {
        const { icon: Icon, title, short, summary } = KINDS[kind];
        return (
          <div key={kind} className="rounded-lg border border-line bg-sunken px-4 py-3">
            <dt className="flex items-center gap-2 text-sm font-medium text-ink">
              <Icon className="size-4 text-accent-text" aria-hidden="true" />
              {title}
            </dt>
            <dd className="mt-0.5 text-xs text-ink-2">
              <span className="font-medium">{short}.</span> <span className="text-ink-3">{summary}</span>
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function columnsFor(ended: boolean): Column<ApiKey>[] {
  return [
    {
      id: "name",
      header: "Key",
      className: "w-full",
      cell: (k) => (
        <div className="min-w-0">
          <p className="font-medium wrap-anywhere text-ink">{k.name}</p>
          <p className="text-xs text-ink-3">
            <code className="font-mono">{k.hint}</code>
            {k.owner_name && <> · {k.mine ? "yours" : k.owner_name}</>}
            {k.allowed_origins.length > 0 && <> · {k.allowed_origins.join(", ")}</>}
          </p>
        </div>
      ),
    },
    { id: "kind", header: "Kind", from: "sm", cell: (k) => <span className="whitespace-nowrap text-ink-2">{KINDS[k.kind].title}</span> },
    {
      id: "may",
      header: "May",
      from: "lg",
      cell: (k) => <span className="whitespace-nowrap text-ink-2 figures" title={k.permissions.join(", ")}>{sayPermissions(k)}</span>,
    },
    {
      id: "used",
      header: "Last used",
      align: "right",
      from: "sm",
      cell: (k) => <span className="text-ink-2">{k.last_used_at ? <Ago at={k.last_used_at} /> : "Never"}</span>,
    },
    {
      id: "ends",
      header: ended ? "Ended" : "Ends in",
      align: "right",
      from: "md",
      cell: (k) => <Ends apiKey={k} />,
    },
    { id: "revoke", header: "Actions", quiet: true, align: "right", className: "pl-0", cell: (k) => (ended ? null : <RevokeKey apiKey={k} />) },
  ];
}

function Ends({ apiKey }: { apiKey: ApiKey }) {
  if (apiKey.revoked_at) {
    return (
      <span className="inline-flex items-center gap-2">
        <Badge tone="bad">Revoked</Badge> <Ago at={apiKey.revoked_at} />
      </span>
    );
  }
  if (!apiKey.expires_at) return <span className="text-ink-3">never</span>;
  return <Countdown until={apiKey.expires_at} ended="expired" />;
}

function sayPermissions(key: ApiKey): string {
  if (key.kind === "write") return "Send signals";
  if (key.permissions.length === 0) return "Nothing";
  return key.permissions.length === 1 ? "1 permission" : `${key.permissions.length} permissions`;
}
