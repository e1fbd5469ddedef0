// The inbox of decisions: what waits on the left, the open one on the right. J and K walk, A and S decide.

import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useMatchRoute, useNavigate } from "@tanstack/react-router";
import { CheckCheck, History } from "lucide-react";
import { useMemo } from "react";
import { approvalsQuery } from "@/api/queries";
import type { Approval } from "@/api/types";
import { useMay } from "@/api/viewer";
import { useIsLive } from "@/live/live";
import { CAN } from "@/lib/permissions";
import { oneOf } from "@/lib/search";
import { cx } from "@/lib/words";
import { useListKeys } from "@/shell/shortcuts";
import { Avatar } from "@/ui/avatar";
import { buttonStyle } from "@/ui/button";
import { Empty } from "@/ui/empty";
import { Loaded } from "@/ui/loaded";
import { Card, Page, PageHeader } from "@/ui/page";
import { RowsSkeleton } from "@/ui/skeleton";
import { MoreRows } from "@/ui/table";
import { LinkTabs } from "@/ui/tabs";
import { Ago, Countdown, Freshness } from "@/ui/time";
import { ApprovalDetail } from "./detail";
import { ApprovalBadge, requestName } from "./state";

const route = getRouteApi("/app/approvals");

export function Approvals() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const live = useIsLive();
  const match = useMatchRoute()({ to: "/approvals/$approvalId" });
  const openId = match ? match.approvalId : null;
  const state = oneOf(["decided"] as const, search.state) ?? "open";
  const query = useInfiniteQuery(approvalsQuery(state));
  const items = useMemo(() => query.data?.pages.flatMap((p) => p.items) ?? [], [query.data]);
  const open = (id: string) => void navigate({ to: "/approvals/$approvalId", params: { approvalId: id }, search: (old) => old, replace: openId !== null });
  useListKeys(items.map((a) => a.id), openId, open, "request");

  return (
    <Page>
      <PageHeader
        title="Approvals"
        summary={
          <span className={cx(openId && "max-lg:hidden")}>
            What is big enough to need a person. Nobody decides what they asked for themselves.
          </span>
        }
        actions={<Freshness at={query.dataUpdatedAt} live={live} />}
      />
      <div className={cx(openId && "max-lg:hidden")}>
        <LinkTabs
          label="Requests"
          name="state"
          value={search.state}
          tabs={[
            { value: undefined, title: "Open", count: state === "open" ? items.length : undefined },
            { value: "decided", title: "Decided" },
          ]}
        />
      </div>
      <Loaded
        query={query}
        subject="requests"
        skeleton={
          <Card>
            <RowsSkeleton rows={4} label="requests" />
          </Card>
        }
      >
        {() =>
          items.length === 0 && !openId ? (
            <Card>{state === "open" ? <NothingOpen /> : <NothingDecided />}</Card>
          ) : (
            <div className="grid items-start gap-5 lg:grid-cols-[21rem_minmax(0,1fr)]">
              <div className={cx("min-w-0", openId && "hidden lg:block")}>
                <Card>
                  <ul aria-label="Requests" className="divide-y divide-line">
                    {items.map((a) => (
                      <ApprovalRow key={a.id} approval={a} open={a.id === openId} />
                    ))}
                    {items.length === 0 && <li className="px-4 py-5 text-sm text-ink-3">Nothing else here.</li>}
                  </ul>
                  <MoreRows query={query} />
                </Card>
              </div>
              <div className={cx("min-w-0", !openId && "hidden lg:block")}>
                {openId ? <ApprovalDetail key={openId} id={openId} /> : <PickOne first={items[0]} />}
              </div>
            </div>
          )
        }
      </Loaded>
    </Page>
  );
}

function ApprovalRow({ approval, open }: { approval: Approval; open: boolean }) {
  const waiting = approval.state === "waiting";
  return (
    <li data-row={approval.id}>
      <Link
        to="/approvals/$approvalId"
        params={{ approvalId: approval.id }}
        search={(old: Record<string, unknown>) => old}
        aria-current={open ? "true" : undefined}
        data-focus-inset
        className={cx("flex gap-3 px-4 py-3 transition-colors", open ? "bg-accent-soft" : "hover:bg-sunken")}
      >
        <Avatar name={approval.requested_by.name} size={28} />
        <span className="min-w-0 flex-1">
          <span className="block text-sm font-medium text-ink">{requestName(approval)}</span>
          <span className={cx("mt-0.5 block text-xs", open ? "text-ink-2" : "text-ink-3")}>
            {approval.requested_by.name} · <Ago at={approval.requested_at} />
          </span>
          <span className="mt-2 flex items-center justify-between gap-2 text-xs text-ink-2">
            <ApprovalBadge state={approval.state} />
            {waiting && (
              <span>
                <Countdown deadline until={approval.expires_at} /> left
              </span>
            )}
          </span>
        </span>
      </Link>
    </li>
  );
}

function PickOne({ first }: { first: Approval | undefined }) {
  return (
    <Card className="border-dashed shadow-none">
      <Empty
        icon={<CheckCheck aria-hidden="true" />}
        title="Pick a request"
        action={
          first && (
            <Link
              to="/approvals/$approvalId"
              params={{ approvalId: first.id }}
              search={(old: Record<string, unknown>) => old}
              className={buttonStyle({ kind: "plain" })}
            >
              Open the first one
            </Link>
          )
        }
      >
        You see what would change, why a person is asked, and decide. With the keyboard: J and K walk through the list.
      </Empty>
    </Card>
  );
}

function NothingOpen() {
  const sets = useMay(CAN.manageWorkspace);
  return (
    <Empty
      icon={<CheckCheck aria-hidden="true" />}
      title="Nothing waits for a decision"
      action={
        <>
          <Link to="/settings" search={{ tab: "spending" }} className={buttonStyle({ kind: "plain" })}>
            Try it: raise the spending limit
          </Link>
          {sets && (
            <Link to="/settings" search={{ tab: "approvals" }} className={buttonStyle({ kind: "quiet" })}>
              Change when a person is asked
            </Link>
          )}
        </>
      }
    >
      When somebody asks for something big, such as raising the spending limit or erasing data, it waits here. You see before and after, the
      limit that was crossed, and how long there is left.
    </Empty>
  );
}

function NothingDecided() {
  return (
    <Empty icon={<History aria-hidden="true" />} title="Nothing was decided yet">
      Every decision stays here with who made it, when, and the note they left.
    </Empty>
  );
}
