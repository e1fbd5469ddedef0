// What to look for; all of it stands in the address.

import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { membersQuery } from "@/api/queries";
import { useMay, useViewerZone } from "@/api/viewer";
import { CAN } from "@/lib/permissions";
import { dayKey } from "@/lib/time";
import { Button } from "@/ui/button";
import { Input, Select } from "@/ui/field";
import { useNow } from "@/ui/now";
import { SearchField } from "@/ui/search-field";

interface AuditSearch {
  q?: string;
  actor?: string;
  action?: string;
  subject?: string;
  from?: string;
  to?: string;
}
type Next = { [K in keyof AuditSearch]?: string | undefined };

/** The first words of what the log calls things; the server matches from the start. */
const ACTIONS = [
  ["project.", "Projects"],
  ["approval.", "Approvals"],
  ["spending.", "Spending"],
  ["member.", "Members"],
  ["invitation.", "Invitations"],
  ["key.", "Keys"],
  ["approval_settings.", "When a person is asked"],
  ["job.", "Jobs"],
  ["erasure.", "Erasing"],
  ["tenant.", "Workspace"],
  ["session.", "Sign-ins"],
  ["password.", "Passwords"],
  ["profile.", "Profiles"],
  ["request.denied", "Refusals"],
  ["audit.", "Audit"],
] as const;

export function Filters({ search, onChange }: { search: AuditSearch; onChange: (next: Next) => void }) {
  const zone = useViewerZone();
  const today = dayKey(useNow(), zone);
  const members = useQuery({ ...membersQuery, enabled: useMay(CAN.readTeam) });
  const any = Boolean(search.q || search.actor || search.action || search.subject || search.from || search.to);
  return (
    <div role="search" aria-label="Filter the audit log" className="flex flex-wrap items-start gap-2">
      <SearchField label="Search what happened" value={search.q ?? ""} onChange={(q) => onChange({ q: q || undefined })} />
      <div className="mb-4 w-[calc(50%-0.25rem)] sm:w-40">
        <Select aria-label="Who" value={search.actor ?? ""} onChange={(e) => onChange({ actor: e.target.value || undefined })}>
          <option value="">Anybody</option>
          {members.data?.items.map((m) => (
            <option key={m.id} value={m.id}>
              {m.name}
            </option>
          ))}
        </Select>
      </div>
      <div className="mb-4 w-[calc(50%-0.25rem)] sm:w-40">
        <Select aria-label="What" value={search.action ?? ""} onChange={(e) => onChange({ action: e.target.value || undefined })}>
          <option value="">Anything</option>
          {ACTIONS.map(([value, title]) => (
            <option key={value} value={value}>
              {title}
            </option>
          ))}
        </Select>
      </div>
      <div className="mb-4 flex w-full items-center gap-2 sm:w-auto">
        <Input type="date" aria-label="From day" max={today} value={search.from ?? ""} onChange={(e) => onChange({ from: e.target.value || undefined })} className={`min-w-0 sm:w-36 ${search.from ? "" : "text-ink-3"}`} />
        <span className="text-sm text-ink-3">to</span>
        <Input type="date" aria-label="To day" max={today} value={search.to ?? ""} onChange={(e) => onChange({ to: e.target.value || undefined })} className={`min-w-0 sm:w-36 ${search.to ? "" : "text-ink-3"}`} />
      </div>
      {any && (
        <Button
          kind="quiet"
          className="mt-0.5 mb-4"
          onClick={() => onChange({ q: undefined, actor: undefined, action: undefined, subject: undefined, from: undefined, to: undefined })}
        >
          <X className="size-3.5" aria-hidden="true" />
          Clear
        </Button>
      )}
    </div>
  );
}
