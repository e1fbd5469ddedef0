// Taking back one's own request.

import { useMutation } from "@tanstack/react-query";
import { refreshTopics } from "@/api/cache";
import { approvals } from "@/api/endpoints";
import type { Approval } from "@/api/types";
import { Button } from "@/ui/button";
import { failed, said } from "@/ui/toast";
import { requestName } from "./state";

export function Withdraw({ approval }: { approval: Approval }) {
  const withdraw = useMutation({
    mutationFn: () => approvals.withdraw(approval.id),
    onSuccess: () => said("Withdrawn. Nothing was changed."),
    onError: (error) => failed(`Could not withdraw: ${requestName(approval)}`, error),
    onSettled: () => refreshTopics("approvals", "settings", "audit"),
  });
  return (
    <div className="flex items-center justify-between gap-4 border-t border-line px-5 py-3">
      <p className="text-sm text-ink-2">Changed your mind?</p>
      <Button onClick={() => withdraw.mutate()} busy={withdraw.isPending}>
        Withdraw the request
      </Button>
    </div>
  );
}
