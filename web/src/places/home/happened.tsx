// What happened lately, in plain words.

import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { auditQuery } from "@/api/queries";
import type { AuditEntry } from "@/api/types";
import { useIsLive } from "@/live/live";
import { actorName } from "@/lib/words";
import { Avatar } from "@/ui/avatar";
import { Badge } from "@/ui/badge";
import { Loaded } from "@/ui/loaded";
import { Section } from "@/ui/page";
import { RowsSkeleton } from "@/ui/skeleton";
import { Ago, Freshness } from "@/ui/time";

const MOST = 8;

export function Happened() {
  const live = useIsLive();
  const query = useInfiniteQuery(auditQuery({}));
  return (
    <Section title="What happened" actions={<Freshness at={query.dataUpdatedAt} live={live} />}>
      <Loaded query={query} subject="what happened" skeleton={<RowsSkeleton rows={6} label="what happened" />}>
        {(data) => <Entries entries={data.pages.flatMap((p) => p.items)} />}
      </Loaded>
    </Section>
  );
}

/** Comings and goings would crowd out what people did; the audit page has them all. */
function newsworthy(entries: AuditEntry[]): AuditEntry[] {
  const deeds = entries.filter((entry) => !entry.action.startsWith("session."));
  return (deeds.length > 0 ? deeds : entries).slice(0, MOST);
}

function Entries({ entries }: { entries: AuditEntry[] }) {
  if (entries.length === 0) {
    return <p className="px-4 py-5 text-sm text-ink-2">Nothing yet. Every change anybody makes is written down here.</p>;
  }
  return (
    <>
      <ul className="divide-y divide-line border-b border-line">
        {newsworthy(entries).map((entry) => (
          <li key={entry.id}>
            <Link
              to="/audit"
              search={{ entry: entry.id }}
              data-focus-inset
              className="flex items-center gap-3 px-4 py-2.5 transition-colors hover:bg-sunken"
            >
              <Avatar name={actorName(entry.actor)} size={24} />
              <span className="min-w-0 flex-1 text-sm text-ink">
                {entry.title}
                {entry.subject.label && <span className="wrap-anywhere">: {entry.subject.label}</span>} <span className="text-ink-3">· {actorName(entry.actor)}</span>
              </span>
              {entry.outcome === "denied" && <Badge tone="bad">Refused</Badge>}
              <span className="text-xs text-ink-3">
                <Ago at={entry.at} />
              </span>
            </Link>
          </li>
        ))}
      </ul>
      <Link to="/audit" data-focus-inset className="block px-4 py-2.5 text-sm font-medium text-accent-text hover:bg-sunken">
        Everything that happened
      </Link>
    </>
  );
}
