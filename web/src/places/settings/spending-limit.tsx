// The spending limit. Lowering works at once; a large raise waits for somebody else to approve it.

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Hourglass } from "lucide-react";
import { type FormEvent, useState } from "react";
import { refreshTopics } from "@/api/cache";
import { settings } from "@/api/endpoints";
import { asProblem } from "@/api/problem";
import { approvalSettingsQuery, spendingQuery } from "@/api/queries";
import type { Money, Spending } from "@/api/types";
import { useWhyNot } from "@/api/viewer";
import { formatMoney, moneyInput, parseMoney } from "@/lib/money";
import { CAN } from "@/lib/permissions";
import { Button, buttonStyle } from "@/ui/button";
import { Field, Input } from "@/ui/field";
import { Loaded } from "@/ui/loaded";
import { Section } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-view";
import { BlockSkeleton } from "@/ui/skeleton";
import { When } from "@/ui/time";
import { said } from "@/ui/toast";

export function SpendingLimit() {
  const query = useQuery(spendingQuery);
  return (
    <Section title="Spending limit" summary="Nothing in this workspace ever spends more than this in total.">
      <Loaded query={query} subject="the spending limit" skeleton={<BlockSkeleton lines={5} label="the spending limit" />}>
        {(spending) => <SpendingForm key={spending.version} spending={spending} />}
      </Loaded>
    </Section>
  );
}

/** What pressing the button will do, worked out before it is pressed. */
export function consequence(limit: Money, wanted: number | null, threshold: number | null | undefined): "none" | "now" | "asks" | "invalid" {
  if (wanted === null) return "invalid";
  if (wanted === limit.minor) return "none";
  const rise = wanted - limit.minor;
  return threshold != null && rise > threshold ? "asks" : "now";
}

function smallRaise(threshold: number | null | undefined, currency: string): string {
  if (threshold == null) return "This counts at once.";
  const allowed = formatMoney({ minor: threshold, currency });
  return `A raise this small counts at once, unless the raises since the last approval come to more than ${allowed} together: then another person has to approve it.`;
}

function SpendingForm({ spending }: { spending: Spending }) {
  const cache = useQueryClient();
  const why = useWhyNot(CAN.changeSpending);
  const thresholds = useQuery(approvalSettingsQuery);
  const [amount, setAmount] = useState(moneyInput(spending.limit));
  const [reason, setReason] = useState("");
  const currency = spending.limit.currency;
  const wanted = parseMoney(amount, currency);
  const threshold = thresholds.data?.thresholds.find((t) => t.id === "budget_change")?.value;
  const effect = consequence(spending.limit, wanted, threshold);
  const target: Money = { minor: wanted ?? 0, currency };

  const save = useMutation({
    mutationFn: () => settings.saveSpending(spending.version, { limit: target, ...(reason.trim() ? { reason: reason.trim() } : {}) }),
    onSuccess: (change) => {
      cache.setQueryData(spendingQuery.queryKey, change.spending);
      setReason("");
      if (change.approval) setAmount(moneyInput(change.spending.limit));
      said(change.approval ? "Asked. Somebody else has to approve it now." : `The limit is now ${formatMoney(change.spending.limit)}`);
    },
    onSettled: () => refreshTopics("settings", "approvals", "audit"),
  });
  const problem = save.error ? asProblem(save.error) : null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const pending = spending.pending_approval_id;
  const blocked =
    why ??
    (pending ? "A raise is already waiting for a decision. Withdraw it or wait." : null) ??
    (effect === "invalid" ? "Type an amount, such as 1,250." : null) ??
    (effect === "none" ? "Type a different amount first." : null);

  return (
    <>
      <div className="px-4 pt-4 sm:px-5 sm:pt-5">
        <p className="text-2xl font-semibold tracking-tight text-ink figures">{formatMoney(spending.limit)}</p>
        <p className="text-xs text-ink-3">{spending.updated_at ? <>Changed <When at={spending.updated_at} /></> : "As it was from the start."}</p>
      </div>
      {pending && (
        <div role="status" className="mx-4 mt-4 flex flex-wrap items-center gap-3 rounded-lg bg-spark-soft px-3.5 py-3 text-sm sm:mx-5">
          <Hourglass className="size-4 shrink-0 text-spark-text" aria-hidden="true" />
          <p className="min-w-0 flex-1 text-ink">A raise is waiting for a person to approve it. The limit stays as it is until then.</p>
          <Link to="/approvals/$approvalId" params={{ approvalId: pending }} className={buttonStyle({ kind: "plain", size: "sm" })}>
            See the request
          </Link>
        </div>
      )}
      <form onSubmit={submit} noValidate className="flex flex-col gap-4 p-4 sm:p-5">
        {problem && <ProblemNote problem={problem} />}
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={`New limit in ${currency}`} error={problem?.forField("limit")} hint={effect === "invalid" && amount ? "That is not an amount. Write it like 1,250 or 1250.50." : undefined}>
            {(ids) => (
              <Input
                {...ids}
                inputMode="decimal"
                autoComplete="off"
                value={amount}
                readOnly={Boolean(why) || Boolean(pending)}
                onChange={(e) => setAmount(e.target.value)}
                className="figures"
              />
            )}
          </Field>
          <Field label="Reason" optional hint="The person who decides sees it." error={problem?.forField("reason")}>
            {(ids) => <Input {...ids} value={reason} readOnly={Boolean(why) || Boolean(pending)} onChange={(e) => setReason(e.target.value)} />}
          </Field>
        </div>
        <p className="text-sm text-ink-2" aria-live="polite">
          {effect === "asks" && threshold != null
            ? `This raises the limit by more than ${formatMoney({ minor: threshold, currency })}, so another person has to approve it before it counts.`
            : effect === "now"
              ? wanted !== null && wanted < spending.limit.minor
                ? "Lowering counts at once."
                : smallRaise(threshold, currency)
              : threshold != null
                ? `Raising it by more than ${formatMoney({ minor: threshold, currency })} since the last approval needs another person’s approval. Lowering counts at once.`
                : "Changes count at once: this workspace asks nobody about budget changes."}
        </p>
        <div>
          <Button type="submit" kind="primary" busy={save.isPending} why={blocked}>
            {effect === "asks" ? `Ask to raise it to ${formatMoney(target)}` : effect === "now" ? `Set the limit to ${formatMoney(target)}` : "Change the limit"}
          </Button>
        </div>
      </form>
    </>
  );
}
