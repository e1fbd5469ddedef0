// What waits for this person to decide; or, for others, what they asked for.

import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronRight, Inbox } from "lucide-react";
import { approvalsQuery } from "@/api/queries";
import type { Approval } from "@/api/types";
import { useMay, useMe } from "@/api/viewer";
import { CAN } from "@/lib/permissions";
import { useIsLive } from "@/live/live";
import { requestName } from "@/places/approvals/state";
import { Avatar } from "@/ui/avatar";
import { Loaded } from "@/ui/loaded";
import { Section } from "@/ui/page";
import { RowsSkeleton } from "@/ui/skeleton";
import { Ago, Countdown, Freshness } from "@/ui/time";

const MOST = 4;

export function Waiting() {
  const me = useMe();
  const reads = useMay(CAN.readApprovals);
  const decides = useMay(CAN.decideApprovals);
  const live = useIsLive();
  const query = useInfiniteQuery({ ...approvalsQuery("open"), enabled: reads });
  if (!reads) return null;
  const title = decides ? "Waiting for you" : "Waiting for a decision";
  return (
    <Section title={title} actions={<Freshness at={query.dataUpdatedAt} live={live} />}>
      <Loaded query={query} subject="what is waiting" skeleton={<RowsSkeleton rows={2} label="what is waiting" />}>
        {(data) => {
          const open = data.pages.flatMap((p) => p.items).filter((a) => a.state === "waiting");
          const shown = decides ? open.filter((a) => a.can_decide) : open;
          if (shown.length === 0) return <NothingWaits own={open.filter((a) => a.requested_by.id === me.user?.id).length} decides={decides} />;
          return (
            <ul className="divide-y divide-line">
              {shown.slice(0, MOST).map((a) => (
                <WaitingRow key={a.id} approval={a} />
              ))}
              {shown.length > MOST && (
                <li>
                  <Link to="/approvals" data-focus-inset className="block px-4 py-2.5 text-sm font-medium text-accent-text hover:bg-sunken">
                    {shown.length - MOST} more
                  </Link>
                </li>
              )}
            </ul>
          );
        }}
      </Loaded>
    </Section>
  );
}

function WaitingRow({ approval }: { approval: Approval }) {
  return (
    <li>
      <Link
        to="/approvals/$approvalId"
        params={{ approvalId: approval.id }}
        data-focus-inset
        className="group flex items-center gap-3 px-4 py-3 transition-colors hover:bg-sunken"
      >
        <Avatar name={approval.requested_by.name} size={28} />
        <span className="min-w-0 flex-1">
          <span className="block text-sm font-medium text-ink">{requestName(approval)}</span>
          <span className="block text-xs text-ink-3">
            {approval.requested_by.name} asked <Ago at={approval.requested_at} />
          </span>
        </span>
        <span className="hidden text-right text-xs text-ink-3 sm:block">
          expires in
          <br />
          <span className="font-medium text-ink-2">
            <Countdown deadline until={approval.expires_at} />
          </span>
        </span>
        <ChevronRight className="size-4 shrink-0 text-ink-3 transition-transform group-hover:translate-x-0.5" aria-hidden="true" />
      </Link>
    </li>
  );
}

function NothingWaits({ own, decides }: { own: number; decides: boolean }) {
  return (
    <div className="flex items-center gap-3.5 px-4 py-5">
      <span className="grid size-9 shrink-0 place-items-center rounded-lg bg-accent-soft text-accent-text">
        <Inbox className="size-4.5" aria-hidden="true" />
      </span>
      <p className="text-sm text-ink-2">
        <span className="font-medium text-ink">{decides ? "Nothing waits for you." : "Nothing is waiting."}</span>{" "}
        {own > 0
          ? "What you asked for yourself is decided by somebody else."
          : "When something is big enough to need a person, it appears here with what would change and why."}
      </p>
    </div>
  );
}
