// One request: what would change, why a person is asked, and the decision.

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { approvalQuery } from "@/api/queries";
import type { Approval, Reason } from "@/api/types";
import { useMe } from "@/api/viewer";
import { listRoles } from "@/lib/permissions";
import { Diff } from "@/ui/diff";
import { Loaded } from "@/ui/loaded";
import { Card, Fact } from "@/ui/page";
import { BlockSkeleton } from "@/ui/skeleton";
import { Countdown, When } from "@/ui/time";
import { Decide } from "./decide";
import { ApprovalBadge, isErased, requestName } from "./state";
import { Withdraw } from "./withdraw";

export function ApprovalDetail({ id }: { id: string }) {
  const query = useQuery(approvalQuery(id));
  return (
    <div className="flex flex-col gap-4">
      <Link
        to="/approvals"
        search={(old: Record<string, unknown>) => old}
        className="inline-flex h-8 items-center gap-1.5 self-start text-sm font-medium text-accent-text lg:hidden"
      >
        <ArrowLeft className="size-4" aria-hidden="true" />
        All requests
      </Link>
      <Loaded
        query={query}
        subject="this request"
        skeleton={
          <Card>
            <BlockSkeleton lines={9} label="the request" />
          </Card>
        }
      >
        {(approval) => <Shown approval={approval} />}
      </Loaded>
    </div>
  );
}

function Shown({ approval }: { approval: Approval }) {
  const me = useMe();
  const mine = approval.requested_by.id === me.user?.id;
  return (
    <article aria-label={requestName(approval)}>
      <Card>
        <div className="px-5 pt-5 pb-4">
          <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-2">
            <h2 className="min-w-0 text-lg font-semibold tracking-tight text-ink">{requestName(approval)}</h2>
            <ApprovalBadge state={approval.state} />
          </div>
          <dl className="mt-4 grid grid-cols-2 gap-x-6 gap-y-3 sm:grid-cols-3">
            <Fact label="Asked by">{mine ? "You" : approval.requested_by.name}</Fact>
            <Fact label="Asked">
              <When at={approval.requested_at} />
            </Fact>
            {approval.state === "waiting" ? (
              <Fact label="Expires in">
                <Countdown deadline until={approval.expires_at} />
                <span className="block text-xs text-ink-3">
                  <When at={approval.expires_at} />
                </span>
              </Fact>
            ) : (
              approval.decided_at && (
                <Fact label={approval.decided_by ? `Decided by ${approval.decided_by.name}` : "Closed"}>
                  <When at={approval.decided_at} />
                </Fact>
              )
            )}
            <Fact label="About">{approval.subject.label}</Fact>
            <Fact label="May be decided by">{listRoles(approval.required_roles)}</Fact>
          </dl>
        </div>
        <Heading>What would change</Heading>
        {isErased(approval) ? <p className="px-5 py-4 text-sm text-ink-3">What this was about has been erased, here too.</p> : <Diff lines={approval.diff} />}
        <Heading>Why a person is asked</Heading>
        <Reasons reasons={approval.reasons} />
        {(approval.note || approval.outcome) && (
          <>
            <Heading>How it ended</Heading>
            <div className="flex flex-col gap-2 px-5 py-4 text-sm text-ink">
              {approval.outcome && <p>{approval.outcome}</p>}
              {approval.note && (
                <blockquote className="border-l-2 border-line-strong pl-3 text-ink-2">
                  “{approval.note}” <span className="text-ink-3">{approval.decided_by?.name}</span>
                </blockquote>
              )}
            </div>
          </>
        )}
        {approval.job_id && (
          <p className="border-t border-line px-5 py-3 text-sm">
            <Link to="/jobs/$jobId" params={{ jobId: approval.job_id }} className="font-medium text-accent-text hover:underline">
              See the job that does it
            </Link>
          </p>
        )}
        {approval.state === "waiting" && <Decide approval={approval} />}
        {approval.state === "waiting" && mine && <Withdraw approval={approval} />}
      </Card>
    </article>
  );
}

function Heading({ children }: { children: string }) {
  return <h3 className="border-y border-line bg-sunken px-5 py-1.5 text-xs font-medium text-ink-3">{children}</h3>;
}

function Reasons({ reasons }: { reasons: Reason[] }) {
  return (
    <ul className="divide-y divide-line">
      {reasons.map((r) => (
        <li key={r.threshold} className="flex flex-col gap-1 px-5 py-3 sm:flex-row sm:gap-4">
          <span className="shrink-0 text-sm font-medium text-ink sm:w-40">{r.title}</span>
          <span className="min-w-0 text-sm text-ink-2 figures">
            <span className="font-medium text-ink">{r.actual}</span>
            <span className="block text-xs text-ink-3">Limit: {r.limit}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}
