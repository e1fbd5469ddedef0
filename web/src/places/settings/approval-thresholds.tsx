// When a person is asked: every threshold, grouped, with its default and a way back to it.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { refreshTopics } from "@/api/cache";
import { settings } from "@/api/endpoints";
import { asProblem } from "@/api/problem";
import { approvalSettingsQuery } from "@/api/queries";
import type { ApprovalSettings, Threshold } from "@/api/types";
import { useWhyNot } from "@/api/viewer";
import { CAN } from "@/lib/permissions";
import { Button } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { Loaded } from "@/ui/loaded";
import { Card, Section } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-view";
import { BlockSkeleton } from "@/ui/skeleton";
import { said } from "@/ui/toast";
import { SaveBar } from "./save-bar";
import { ThresholdRow } from "./threshold-row";
import { fromText, toText } from "./threshold-values";

const GROUPS: { id: Threshold["group"]; title: string; summary: string }[] = [
  { id: "automation", title: "Automation", summary: "Before something big is sent or changed by itself." },
  { id: "performance", title: "Performance", summary: "When numbers move further than usual." },
  { id: "quality", title: "Quality and privacy", summary: "When quality drops, and always for privacy." },
];

export function ApprovalThresholds() {
  const query = useQuery(approvalSettingsQuery);
  return (
    <Loaded
      query={query}
      subject="the approval settings"
      skeleton={
        <Card>
          <BlockSkeleton lines={12} label="the approval settings" />
        </Card>
      }
    >
      {(current) => <ThresholdForm key={current.version} current={current} />}
    </Loaded>
  );
}

export interface Draft {
  asks: boolean;
  text: string;
}

function ThresholdForm({ current }: { current: ApprovalSettings }) {
  const cache = useQueryClient();
  const why = useWhyNot(CAN.manageWorkspace);
  const [drafts, setDrafts] = useState<Record<string, Draft>>(() => draftsOf(current));
  const [hours, setHours] = useState(String(current.expiry_hours));
  const original = draftsOf(current);
  const changed = hours !== String(current.expiry_hours) || JSON.stringify(drafts) !== JSON.stringify(original);
  const values = Object.fromEntries(current.thresholds.map((t) => [t.id, valueOf(t, drafts[t.id])]));
  const expiry = /^\d+$/.test(hours) && Number(hours) > 0 ? Number(hours) : null;
  const wrong = current.thresholds.filter((t) => values[t.id] === undefined).map((t) => t.title);

  const save = useMutation({
    mutationFn: () =>
      settings.saveApprovals(current.version, { thresholds: values as Record<string, number | null>, expiry_hours: expiry ?? 72 }),
    onSuccess: (saved) => {
      cache.setQueryData(approvalSettingsQuery.queryKey, saved);
      said("Saved. It counts for everything asked from now on.");
    },
    onError: () => void cache.invalidateQueries({ queryKey: approvalSettingsQuery.queryKey }),
    onSettled: () => refreshTopics("audit"),
  });
  const problem = save.error ? asProblem(save.error) : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const edit = (id: string, draft: Draft) => setDrafts((old) => ({ ...old, [id]: draft }));
  const blocked =
    why ??
    (wrong.length > 0 ? `Not a usable number: ${wrong.join(", ")}.` : null) ??
    (expiry === null ? "Requests need a number of hours after which they expire." : null);

  return (
    <form onSubmit={submit} noValidate>
      {problem && (
        <div className="mb-4">
          <ProblemNote problem={problem} />
        </div>
      )}
      {why && <p className="mb-4 rounded-lg bg-sunken px-3.5 py-2.5 text-sm text-ink-2">You can look, not change. {why}</p>}
      {GROUPS.map((group) => (
        <Section key={group.id} title={group.title} summary={group.summary}>
          <ul className="divide-y divide-line">
            {current.thresholds
              .filter((t) => t.group === group.id)
              .map((t) => (
                <ThresholdRow
                  key={t.id}
                  threshold={t}
                  draft={drafts[t.id] ?? { asks: true, text: "" }}
                  invalid={values[t.id] === undefined}
                  locked={Boolean(why)}
                  onChange={(draft) => edit(t.id, draft)}
                />
              ))}
          </ul>
        </Section>
      ))}
      <Section title="Expiry" summary="A request nobody decides closes by itself, and nothing happens.">
        <div className="max-w-64 p-4 sm:p-5">
          <Field label="Hours until a request expires" hint={expiry && expiry % 24 === 0 ? `That is ${expiry / 24} days.` : undefined} error={problem?.forField("expiry_hours")}>
            {(ids) => (
              <Input {...ids} inputMode="numeric" value={hours} readOnly={Boolean(why)} onChange={(e) => setHours(e.target.value)} className="figures" />
            )}
          </Field>
        </div>
      </Section>
      <div hidden={!changed} className="sticky bottom-19 z-10 animate-rise overflow-hidden rounded-lg shadow-float md:bottom-4">
        <SaveBar changed={changed}>
          <Button
            kind="quiet"
            onClick={() => {
              setDrafts(original);
              setHours(String(current.expiry_hours));
            }}
          >
            Discard
          </Button>
          <Button type="submit" kind="primary" busy={save.isPending} why={blocked}>
            Save approval settings
          </Button>
        </SaveBar>
      </div>
    </form>
  );
}

function draftsOf(current: ApprovalSettings): Record<string, Draft> {
  return Object.fromEntries(current.thresholds.map((t) => [t.id, { asks: t.value !== null, text: toText(t, t.value ?? t.default) }]));
}

/** Undefined when what was typed is not usable. */
function valueOf(t: Threshold, draft: Draft | undefined): number | null | undefined {
  if (!draft?.asks) return null;
  if (t.unit === "always") return t.default;
  return fromText(t, draft.text) ?? undefined;
}
