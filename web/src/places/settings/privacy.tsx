// Erasing what is kept about a person or a project. Cannot be undone, so somebody else has to agree.

import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Eraser, ShieldCheck } from "lucide-react";
import { useState } from "react";
import { refreshTopics } from "@/api/cache";
import { settings } from "@/api/endpoints";
import { erasuresQuery, membersQuery, projectsQuery } from "@/api/queries";
import type { Erasure, ErasureState, NewErasure } from "@/api/types";
import { formatNumber } from "@/lib/words";
import { Badge, type Tone } from "@/ui/badge";
import { Button } from "@/ui/button";
import { FormDialog } from "@/ui/dialog";
import { Empty } from "@/ui/empty";
import { Field, Select, TextArea } from "@/ui/field";
import { Loaded } from "@/ui/loaded";
import { Section } from "@/ui/page";
import { RowsSkeleton } from "@/ui/skeleton";
import { When } from "@/ui/time";
import { said } from "@/ui/toast";

const STATES: Record<ErasureState, { text: string; tone: Tone }> = {
  waiting: { text: "Waits for approval", tone: "spark" },
  executing: { text: "Erasing", tone: "accent" },
  done: { text: "Erased", tone: "good" },
  rejected: { text: "Not approved", tone: "neutral" },
  failed: { text: "Failed", tone: "bad" },
};

export function Privacy() {
  const query = useQuery(erasuresQuery);
  const [asking, setAsking] = useState(false);
  const ask = (
    <Button onClick={() => setAsking(true)}>
      <Eraser className="size-4" aria-hidden="true" />
      Ask to erase…
    </Button>
  );
  return (
    <Section title="Erasure" summary="Removes what is kept about a person or a project, for good, with proof of what was removed." actions={ask}>
      <Loaded query={query} subject="erasure requests" skeleton={<RowsSkeleton rows={3} label="erasure requests" />}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={<ShieldCheck aria-hidden="true" />} title="Nothing was asked to be erased">
              When somebody wants their data gone, ask for it here. A second person approves, it is removed everywhere, and you get a list of
              what was removed to show them.
            </Empty>
          ) : (
            <ul className="divide-y divide-line">
              {items.map((e) => (
                <ErasureRow key={e.id} erasure={e} />
              ))}
            </ul>
          )
        }
      </Loaded>
      <AskToErase open={asking} onClose={() => setAsking(false)} />
    </Section>
  );
}

function ErasureRow({ erasure }: { erasure: Erasure }) {
  const state = STATES[erasure.state];
  return (
    <li className="px-4 py-3.5 sm:px-5">
      <div className="flex flex-wrap items-start justify-between gap-x-4 gap-y-1">
        <div className="min-w-0">
          <p className="text-sm font-medium text-ink">{erasure.subject_label}</p>
          <p className="text-sm text-ink-2">{erasure.reason}</p>
          <p className="text-xs text-ink-3">
            Asked <When at={erasure.requested_at} />
            {erasure.finished_at && (
              <>
                {" "}
                · finished <When at={erasure.finished_at} />
              </>
            )}
          </p>
        </div>
        <div className="flex items-center gap-3">
          {erasure.approval_id && erasure.state === "waiting" && (
            <Link to="/approvals/$approvalId" params={{ approvalId: erasure.approval_id }} className="inline-flex min-h-6 items-center text-sm font-medium text-accent-text hover:underline">
              See the request
            </Link>
          )}
          <Badge tone={state.tone} dot>
            {state.text}
          </Badge>
        </div>
      </div>
      {erasure.proof && (
        <details className="mt-2">
          <summary className="inline-flex min-h-6 items-center text-sm font-medium text-accent-text">
            Proof: {formatNumber(erasure.proof.reduce((sum, p) => sum + p.rows, 0))} records removed
          </summary>
          <table aria-label={`What was removed about ${erasure.subject_label}`} className="mt-2 w-full max-w-sm text-sm">
            <tbody>
              {erasure.proof.map((p) => (
                <tr key={p.table} className="border-b border-line last:border-0">
                  <th scope="row" className="py-1 text-left font-normal text-ink-2">
                    {p.table}
                  </th>
                  <td className="py-1 text-right text-ink figures">{formatNumber(p.rows)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
    </li>
  );
}

function AskToErase({ open, onClose }: { open: boolean; onClose: () => void }) {
  const cache = useQueryClient();
  const members = useQuery({ ...membersQuery, enabled: open });
  const projects = useInfiniteQuery({ ...projectsQuery({}), enabled: open });
  const [subject, setSubject] = useState("");
  const [reason, setReason] = useState("");
  const people = members.data?.items.filter((m) => !m.is_me) ?? [];
  const places = projects.data?.pages.flatMap((p) => p.items) ?? [];
  const send = async () => {
    const [kind = "", id = ""] = subject.split(":");
    const erasure = await settings.requestErasure({
      subject_kind: kind as NewErasure["subject_kind"],
      subject_id: id,
      reason: reason.trim(),
    });
    setSubject("");
    setReason("");
    onClose();
    said(erasure.state === "waiting" ? "Asked. Somebody else has to approve it now." : "Erasing has started");
    await refreshTopics("privacy", "approvals", "audit");
    await cache.invalidateQueries({ queryKey: membersQuery.queryKey });
  };
  return (
    <FormDialog
      open={open}
      onOpenChange={onClose}
      title="Ask to erase"
      description="This cannot be undone once it is approved. You will not be able to approve it yourself."
      submit="Ask for approval"
      danger
      why={!subject ? "Choose who or what to erase first." : !reason.trim() ? "Say why, for the record." : null}
      onSubmit={send}
    >
      {(problem) => (
        <>
          <Field label="Who or what" error={problem?.forField("subject_id") ?? problem?.forField("subject_kind")}>
            {(ids) => (
              <Select {...ids} value={subject} onChange={(e) => setSubject(e.target.value)}>
                <option value="">Choose…</option>
                <optgroup label="People">
                  {people.map((m) => (
                    <option key={m.id} value={`member:${m.id}`}>
                      {m.name} ({m.email})
                    </option>
                  ))}
                </optgroup>
                <optgroup label="Projects">
                  {places.map((p) => (
                    <option key={p.id} value={`project:${p.id}`}>
                      {p.name}
                    </option>
                  ))}
                </optgroup>
              </Select>
            )}
          </Field>
          <Field label="Reason" hint="Kept in the audit log, for example “Asked for by email on 3 May”." error={problem?.forField("reason")}>
            {(ids) => <TextArea {...ids} value={reason} onChange={(e) => setReason(e.target.value)} />}
          </Field>
        </>
      )}
    </FormDialog>
  );
}
