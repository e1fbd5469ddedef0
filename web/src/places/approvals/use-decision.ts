// Deciding: the screen changes at once, and goes back with an explanation if the server says no.

import { type InfiniteData, useMutation, useQueryClient } from "@tanstack/react-query";
import { refreshTopics } from "@/api/cache";
import { approvals } from "@/api/endpoints";
import { approvalQuery, approvalsQuery } from "@/api/queries";
import type { Approval, Page } from "@/api/types";
import { useMe } from "@/api/viewer";
import { failed, said } from "@/ui/toast";
import { requestName } from "./state";

interface Decision {
  verdict: "approved" | "sent_back";
  note: string;
}

/** The request as it will look once the decision is through. */
export function decided(approval: Approval, decision: Decision, by: { id: string; name: string } | null): Approval {
  return {
    ...approval,
    state: decision.verdict === "approved" ? "executing" : "sent_back",
    note: decision.note || null,
    decided_by: by,
    can_decide: false,
  };
}

export function useDecision(approval: Approval) {
  const me = useMe();
  const cache = useQueryClient();
  const one = approvalQuery(approval.id).queryKey;
  const list = approvalsQuery("open").queryKey;
  return useMutation({
    mutationFn: ({ verdict, note }: Decision) =>
      verdict === "approved" ? approvals.approve(approval, note) : approvals.sendBack(approval, note),
    onMutate: async (decision) => {
      await cache.cancelQueries({ queryKey: ["approvals"] });
      const next = decided(approval, decision, me.user);
      cache.setQueryData(one, next);
      cache.setQueryData<InfiniteData<Page<Approval>, string | undefined>>(list, (old) => replaceIn(old, next));
    },
    onSuccess: (answer, { verdict }) => {
      cache.setQueryData(one, answer);
      said(verdict === "approved" ? `Approved: ${requestName(approval)}` : `Sent back to ${approval.requested_by.name}`);
    },
    onError: (error, { verdict }) => {
      cache.setQueryData(one, approval);
      cache.setQueryData<InfiniteData<Page<Approval>, string | undefined>>(list, (old) => replaceIn(old, approval));
      failed(verdict === "approved" ? `Not approved: ${requestName(approval)}` : `Not sent back: ${requestName(approval)}`, error);
    },
    onSettled: () => refreshTopics("approvals", "jobs", "settings", "audit"),
  });
}

export function replaceIn(
  data: InfiniteData<Page<Approval>, string | undefined> | undefined,
  next: Approval,
): InfiniteData<Page<Approval>, string | undefined> | undefined {
  if (!data) return data;
  return {
    ...data,
    pages: data.pages.map((page) => ({ ...page, items: page.items.map((a) => (a.id === next.id ? next : a)) })),
  };
}
