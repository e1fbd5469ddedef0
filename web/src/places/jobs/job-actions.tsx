// Retry what failed, stop what runs.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { RotateCw, Square } from "lucide-react";
import { refreshTopics } from "@/api/cache";
import { jobs } from "@/api/endpoints";
import { jobQuery } from "@/api/queries";
import type { Job } from "@/api/types";
import { useWhyNot } from "@/api/viewer";
import { CAN } from "@/lib/permissions";
import { Button } from "@/ui/button";
import { failed, said } from "@/ui/toast";

export function JobActions({ job, large }: { job: Job; large?: boolean }) {
  const cache = useQueryClient();
  const why = useWhyNot(CAN.manageJobs);
  const act = useMutation({
    mutationFn: (what: "retry" | "cancel") => jobs[what](job.id),
    onSuccess: (next, what) => {
      cache.setQueryData(jobQuery(job.id).queryKey, next);
      said(what === "retry" ? `Trying again: ${job.title}` : `Stopping: ${job.title}`);
    },
    onError: (error, what) => failed(what === "retry" ? `Could not retry ${job.title}` : `Could not stop ${job.title}`, error),
    onSettled: () => refreshTopics("jobs", "audit"),
  });
  const size = large ? "md" : "sm";
  if (job.state === "dead" || job.state === "cancelled") {
    return (
      <Button size={size} why={why} busy={act.isPending} onClick={() => act.mutate("retry")} aria-label={`Retry ${job.title}`}>
        <RotateCw className="size-3.5" aria-hidden="true" />
        Retry
      </Button>
    );
  }
  if (job.state === "done") return null;
  return (
    <Button
      size={size}
      why={why ?? (job.cancel_requested ? "It is already stopping." : null)}
      busy={act.isPending}
      onClick={() => act.mutate("cancel")}
      aria-label={`Cancel ${job.title}`}
    >
      <Square className="size-3" aria-hidden="true" />
      Cancel
    </Button>
  );
}
