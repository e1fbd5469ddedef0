// Exporting: a job makes the file, its progress shows here, then the download.

import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Download } from "lucide-react";
import { useState } from "react";
import { refreshTopics } from "@/api/cache";
import { audit, type AuditFilter } from "@/api/endpoints";
import { asProblem } from "@/api/problem";
import { jobQuery } from "@/api/queries";
import type { Job } from "@/api/types";
import { useWhyNot } from "@/api/viewer";
import { exportResult } from "@/places/jobs/job";
import { JobBadge, Progress } from "@/places/jobs/state";
import { CAN } from "@/lib/permissions";
import { count } from "@/lib/words";
import { Button, buttonStyle } from "@/ui/button";
import { CopyBox } from "@/ui/copy";
import { Dialog, DialogActions } from "@/ui/dialog";
import { Choices } from "@/ui/field";
import { ProblemNote } from "@/ui/problem-view";

type Format = "csv" | "ndjson";

export function ExportAudit({ filter }: { filter: AuditFilter }) {
  const why = useWhyNot(CAN.exportAudit);
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button why={why} onClick={() => setOpen(true)}>
        <Download className="size-4" aria-hidden="true" />
        Export
      </Button>
      {open && <ExportDialog filter={filter} onClose={() => setOpen(false)} />}
    </>
  );
}

function ExportDialog({ filter, onClose }: { filter: AuditFilter; onClose: () => void }) {
  const [format, setFormat] = useState<Format>("csv");
  const range = { ...(filter.from ? { from: filter.from } : {}), ...(filter.to ? { to: filter.to } : {}) };
  const start = useMutation({
    mutationFn: () => audit.startExport({ format, ...range }),
    onSettled: () => refreshTopics("jobs", "audit"),
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Export the audit log"
      description={range.from || range.to ? "The days chosen on the page, every entry of them." : "Every entry since the workspace was made."}
    >
      {start.data ? (
        <ExportProgress job={start.data} />
      ) : (
        <>
          {start.error && (
            <div className="mb-4">
              <ProblemNote problem={asProblem(start.error)} />
            </div>
          )}
          <Choices
            legend="Format"
            value={format}
            onChange={setFormat}
            options={[
              { value: "csv", title: "CSV", summary: "For spreadsheets. Cells that look like formulas are made harmless." },
              { value: "ndjson", title: "NDJSON", summary: "For programs: one entry per line, exactly as recorded." },
            ]}
          />
          <DialogActions>
            <Button kind="primary" busy={start.isPending} onClick={() => start.mutate()}>
              Prepare the file
            </Button>
            <Button kind="quiet" onClick={onClose}>
              Cancel
            </Button>
          </DialogActions>
        </>
      )}
    </Dialog>
  );
}

function ExportProgress({ job: started }: { job: Job }) {
  const { data } = useQuery({
    ...jobQuery(started.id),
    initialData: started,
    // The change stream brings news at once; this is for when it is not connected.
    refetchInterval: (q) => (q.state.data && ["done", "dead", "cancelled"].includes(q.state.data.state) ? false : 2000),
  });
  const result = exportResult(data.result);
  if (data.state === "done" && result) {
    return (
      <div className="flex flex-col gap-3">
        <p role="status" className="text-sm text-ink">
          Ready: {count(result.rows, "entry", "entries")}. The link works for one hour.
        </p>
        <a href={result.url} download className={buttonStyle({ kind: "primary", className: "self-start" })}>
          <Download className="size-4" aria-hidden="true" />
          Download the file
        </a>
        <div>
          <p className="mb-1 text-xs text-ink-3">SHA-256 of the file, to check that it arrived whole</p>
          <CopyBox text={result.sha256} label="SHA-256 of the file" />
        </div>
      </div>
    );
  }
  if (data.state === "dead" || data.state === "cancelled") {
    return (
      <p role="alert" className="text-sm text-ink">
        The export did not finish. {data.error?.message}{" "}
        <Link to="/jobs/$jobId" params={{ jobId: data.id }} className="font-medium text-accent-text hover:underline">
          See the job
        </Link>
      </p>
    );
  }
  return (
    <div role="status" className="flex min-h-16 flex-col items-start gap-3">
      <JobBadge job={data} />
      <Progress job={data} />
      <p className="text-sm text-ink-2">{data.progress_note ?? "Preparing the file…"} You can close this; the job goes on.</p>
    </div>
  );
}
