// One job: where it stands, what went wrong, what came out.

import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ArrowLeft, CircleAlert, Download } from "lucide-react";
import { jobQuery } from "@/api/queries";
import type { ExportResult, Job } from "@/api/types";
import { useIsLive } from "@/live/live";
import { formatNumber } from "@/lib/words";
import { buttonStyle } from "@/ui/button";
import { CopyButton } from "@/ui/copy";
import { Loaded } from "@/ui/loaded";
import { Card, Fact, Page, PageHeader } from "@/ui/page";
import { BlockSkeleton } from "@/ui/skeleton";
import { Freshness, When } from "@/ui/time";
import { JobActions } from "./job-actions";
import { errorMeaning, JobBadge, Progress } from "./state";

const route = getRouteApi("/app/jobs/$jobId");

export function JobPage() {
  const { jobId } = route.useParams();
  const query = useQuery(jobQuery(jobId));
  const live = useIsLive();
  return (
    <Page narrow>
      <Link to="/jobs" className="mb-3 inline-flex h-8 items-center gap-1.5 text-sm font-medium text-accent-text">
        <ArrowLeft className="size-4" aria-hidden="true" />
        All jobs
      </Link>
      {query.isError && !query.data && <PageHeader title="Job" />}
      <Loaded
        query={query}
        subject="this job"
        skeleton={
          <Card>
            <BlockSkeleton lines={8} label="the job" />
          </Card>
        }
      >
        {(job) => (
          <>
            <PageHeader
              title={job.title}
              summary={<JobBadge job={job} />}
              actions={
                <>
                  <Freshness at={query.dataUpdatedAt} live={live} />
                  <JobActions job={job} large />
                </>
              }
            />
            <JobCard job={job} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

function JobCard({ job }: { job: Job }) {
  const result = exportResult(job.result);
  return (
    <Card>
      {job.state === "running" && (
        <div className="flex flex-wrap items-center gap-3 border-b border-line px-5 py-4">
          <Progress job={job} />
          {job.progress_note && <span className="text-sm text-ink-2">{job.progress_note}</span>}
        </div>
      )}
      {job.error && job.state !== "done" && (
        <div role="note" className="flex gap-2.5 border-b border-line bg-bad-soft px-5 py-4 text-sm">
          <CircleAlert className="mt-0.5 size-4 shrink-0 text-bad-text" aria-hidden="true" />
          <div className="min-w-0">
            <p className="font-medium wrap-anywhere text-ink">{job.error.message}</p>
            <p className="text-ink-2">{errorMeaning(job.error.class)}</p>
          </div>
        </div>
      )}
      {result && (
        <div className="flex flex-wrap items-center gap-3 border-b border-line px-5 py-4">
          <a href={result.url} download className={buttonStyle({ kind: "primary" })}>
            <Download className="size-4" aria-hidden="true" />
            Download {formatNumber(result.rows)} rows
          </a>
          <span className="text-xs text-ink-3">The link works for one hour.</span>
        </div>
      )}
      <dl className="grid grid-cols-1 gap-x-6 gap-y-4 p-5 sm:grid-cols-2 lg:grid-cols-3">
        <Fact label="Asked by">{job.requested_by ?? "Marketflow itself"}</Fact>
        <Fact label="Attempts">
          <span className="figures">
            {job.attempts} of at most {job.max_attempts}
          </span>
        </Fact>
        <Fact label="Kind">
          <code className="font-mono text-xs">{job.kind}</code>
        </Fact>
        <Fact label="Asked for">
          <When at={job.created_at} />
        </Fact>
        <Fact label={job.state === "retrying" || job.state === "queued" ? "Next attempt" : "Due"}>
          <When at={job.run_at} />
        </Fact>
        {job.started_at && (
          <Fact label="Last started">
            <When at={job.started_at} />
          </Fact>
        )}
        {job.finished_at && (
          <Fact label="Finished">
            <When at={job.finished_at} />
          </Fact>
        )}
        <Fact label="Id">
          <Copyable text={job.id} label="Copy job id" />
        </Fact>
        {job.request_id && (
          <Fact label="Request">
            <Copyable text={job.request_id} label="Copy request id" />
          </Fact>
        )}
      </dl>
      {job.result !== null && !result && (
        <pre tabIndex={0} aria-label="Result" className="overflow-x-auto border-t border-line bg-sunken px-5 py-4 font-mono text-xs text-ink-2">
          {JSON.stringify(job.result, null, 2)}
        </pre>
      )}
    </Card>
  );
}

function Copyable({ text, label }: { text: string; label: string }) {
  return (
    <span className="flex items-center gap-1">
      <code className="min-w-0 truncate font-mono text-xs">{text}</code>
      <CopyButton bare text={text} label={label} />
    </span>
  );
}

/** The result of an export, if that is what this is; only ever a link to this server. */
export function exportResult(value: unknown): ExportResult | null {
  if (typeof value !== "object" || value === null) return null;
  const { url, rows, sha256 } = value as Partial<ExportResult>;
  if (typeof url !== "string" || !url.startsWith("/") || url.startsWith("//")) return null;
  return typeof rows === "number" && typeof sha256 === "string" ? { url, rows, sha256 } : null;
}
