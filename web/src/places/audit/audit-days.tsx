// Entries by day; one opens in place to show before, after and its link in the chain.

import { ChevronRight } from "lucide-react";
import { useEffect, useRef } from "react";
import type { AuditEntry } from "@/api/types";
import { useViewerZone } from "@/api/viewer";
import { dayName, formatClock, zoneCity } from "@/lib/time";
import { actorName, cx, humanise } from "@/lib/words";
import { Avatar } from "@/ui/avatar";
import { Badge } from "@/ui/badge";
import { CopyButton } from "@/ui/copy";
import { Diff, diffObjects } from "@/ui/diff";
import { useNow } from "@/ui/now";
import { Fact } from "@/ui/page";
import { When } from "@/ui/time";

export function AuditDays({
  entries,
  openId,
  onOpen,
}: {
  entries: AuditEntry[];
  openId: string | undefined;
  onOpen: (id: string | undefined) => void;
}) {
  const zone = useViewerZone();
  const now = useNow();
  const days = Map.groupBy(entries, (e) => dayName(e.at, zone, now));
  return (
    <>
      {[...days].map(([day, items]) => (
        <section key={day} aria-label={day}>
          <h2 className="border-b border-line [section+section>&]:border-t bg-sunken px-5 py-1.5 text-xs font-medium text-ink-3">
            {day} <span className="font-normal">· {zoneCity(zone)} time</span>
          </h2>
          <ul>
            {items.map((e) => (
              <Entry key={e.id} entry={e} zone={zone} open={e.id === openId} onToggle={() => onOpen(e.id === openId ? undefined : e.id)} />
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}

function Entry({ entry, zone, open, onToggle }: { entry: AuditEntry; zone: string; open: boolean; onToggle: () => void }) {
  const row = useRef<HTMLLIElement>(null);
  // Somebody who follows a link to this entry comes to see it, wherever it stands in the list.
  const linked = useRef(open);
  useEffect(() => {
    if (linked.current) row.current?.scrollIntoView({ block: "center" });
  }, []);
  return (
    <li ref={row} data-row={entry.id} className="border-b border-line last:border-0">
      <button
        type="button"
        aria-expanded={open}
        onClick={onToggle}
        data-focus-inset
        className={cx("flex min-h-12 w-full items-center gap-3 px-5 py-2 text-left transition-colors", open ? "bg-accent-soft" : "hover:bg-sunken")}
      >
        <time dateTime={entry.at} className={cx("w-11 shrink-0 text-xs figures", open ? "text-ink-2" : "text-ink-3")}>
          {formatClock(entry.at, zone)}
        </time>
        <Avatar name={actorName(entry.actor)} size={24} />
        <span className="min-w-0 flex-1">
          <span className="block text-sm wrap-anywhere text-ink">
            {entry.title}
            {entry.subject.label && <span className="font-medium">: {entry.subject.label}</span>}
          </span>
          <span className={cx("block text-xs", open ? "text-ink-2" : "text-ink-3")}>
            {actorName(entry.actor)}
          </span>
        </span>
        {entry.outcome === "denied" && <Badge tone="bad">Refused</Badge>}
        <ChevronRight className={cx("size-4 shrink-0 text-ink-3 transition-transform", open && "rotate-90")} aria-hidden="true" />
      </button>
      {open && <EntryDetail entry={entry} />}
    </li>
  );
}

function EntryDetail({ entry }: { entry: AuditEntry }) {
  const lines = diffObjects(entry.before, entry.after);
  return (
    <div className="border-t border-line">
      {lines.length > 0 && <Diff lines={lines} />}
      <dl className="grid grid-cols-1 gap-x-6 gap-y-3 border-t border-line bg-sunken px-5 py-3.5 sm:grid-cols-2 lg:grid-cols-3">
        <Fact label="When">
          <When at={entry.at} />
        </Fact>
        <Fact label="Action">
          <code className="font-mono text-xs">{entry.action}</code>
        </Fact>
        <Fact label={humanise(entry.subject.kind)}>{entry.subject.label ?? entry.subject.id ?? "none"}</Fact>
        <Fact label="Entry number">
          <span className="figures">{entry.seq}</span>
        </Fact>
        <Fact label="Fingerprint">
          <Short text={entry.hash} label="Copy fingerprint" />
        </Fact>
        {entry.request_id && (
          <Fact label="Request">
            <Short text={entry.request_id} label="Copy request id" />
          </Fact>
        )}
      </dl>
    </div>
  );
}

function Short({ text, label }: { text: string; label: string }) {
  return (
    <span className="flex items-center gap-1">
      <code className="min-w-0 truncate font-mono text-xs" title={text}>
        {text.length > 20 ? `${text.slice(0, 16)}…` : text}
      </code>
      <CopyButton bare text={text} label={label} />
    </span>
  );
}
