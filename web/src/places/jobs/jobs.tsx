// Jobs: what the server does in the background, what failed and why, and what is planned.

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { ListChecks } from "lucide-react";
import { useMemo, useState } from "react";
import { jobsQuery, jobSummaryQuery } from "@/api/queries";
import type { Job, JobState, JobSummary } from "@/api/types";
import { useIsLive } from "@/live/live";
import { oneOf } from "@/lib/search";
import { span } from "@/lib/time";
import { useListKeys, useShortcut } from "@/shell/shortcuts";
import { Dot } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Empty } from "@/ui/empty";
import { Loaded } from "@/ui/loaded";
import { Card, Page, PageHeader } from "@/ui/page";
import { Bone, RowsSkeleton } from "@/ui/skeleton";
import { type Column, DataTable, MoreRows } from "@/ui/table";
import { LinkTabs } from "@/ui/tabs";
import { Ago, Countdown, Freshness } from "@/ui/time";
import { JobActions } from "./job-actions";
import { Schedules } from "./schedules";
import { JOB_STATES, JobBadge, Progress } from "./state";

const route = getRouteApi("/app/jobs");
const STATES = JOB_STATES.map((s) => s.value);

export function Jobs() {
  const search = route.useSearch();
  const live = useIsLive();
  const summary = useQuery(jobSummaryQuery);
  const planned = search.tab === "schedules";
  return (
    <Page>
      <PageHeader
        title="Jobs"
        summary="What runs in the background. Failed work is tried again by itself; what keeps failing waits here for you."
        actions={<Freshness at={summary.dataUpdatedAt} live={live} />}
      />
      <LinkTabs
        label="Jobs"
        name="tab"
        value={planned ? "schedules" : undefined}
        tabs={[
          { value: undefined, title: "Jobs" },
          { value: "schedules", title: "Schedules" },
        ]}
      />
      {planned ? <Schedules /> : <JobList state={oneOf(STATES, search.state)} kind={search.kind} />}
    </Page>
  );
}

function JobList({ state, kind }: { state: JobState | undefined; kind: string | undefined }) {
  const navigate = useNavigate({ from: "/jobs" });
  const go = useNavigate();
  const query = useInfiniteQuery(jobsQuery({ ...(state ? { state } : {}), ...(kind ? { kind } : {}) }));
  const rows = useMemo(() => query.data?.pages.flatMap((p) => p.items) ?? [], [query.data]);
  const [selected, setSelected] = useState<string | null>(null);
  useListKeys(rows.map((r) => r.id), selected, setSelected, "job");
  useShortcut("o", "Open the marked job", "Jobs", () => selected && void go({ to: "/jobs/$jobId", params: { jobId: selected } }), selected !== null);
  return (
    <>
      <Summary state={state} />
      <Card>
        <Loaded query={query} subject="jobs" skeleton={<RowsSkeleton rows={6} label="jobs" />}>
          {() =>
            rows.length === 0 ? (
              <Empty
                icon={<ListChecks aria-hidden="true" />}
                title={state ? `Nothing is ${JOB_STATES.find((s) => s.value === state)?.title.toLowerCase()}` : "Nothing has run yet"}
                action={
                  (state || kind) && <Button onClick={() => void navigate({ search: {}, replace: true })}>Show all jobs</Button>
                }
              >
                Sending mail, exports, approved changes and nightly checks run as jobs. Each is kept until it is done, even if the server stops.
              </Empty>
            ) : (
              <>
                <DataTable label="Jobs" columns={COLUMNS} rows={rows} selectedId={selected} />
                <MoreRows query={query} />
              </>
            )
          }
        </Loaded>
      </Card>
    </>
  );
}

const COLUMNS: Column<Job>[] = [
  {
    id: "title",
    header: "Job",
    className: "w-full",
    cell: (j) => (
      <div className="min-w-0">
        <Link to="/jobs/$jobId" params={{ jobId: j.id }} className="inline-flex min-h-6 items-center font-medium text-ink hover:underline">
          {j.title}
        </Link>
        {j.error && j.state !== "done" ? (
          <p className="line-clamp-2 text-xs text-bad-text">{j.error.message}</p>
        ) : (
          <p className="text-xs text-ink-3">{j.requested_by ?? "Marketflow"}</p>
        )}
      </div>
    ),
  },
  {
    id: "state",
    header: "State",
    cell: (j) => (
      <div className="flex flex-col items-start gap-1.5">
        <JobBadge job={j} />
        <Progress job={j} />
      </div>
    ),
  },
  { id: "attempts", header: "Attempts", align: "right", from: "lg", cell: (j) => (j.attempts > 1 ? `${j.attempts} of ${j.max_attempts}` : j.attempts) },
  { id: "when", header: "When", align: "right", from: "sm", cell: (j) => <JobTime job={j} /> },
  { id: "actions", header: "Actions", quiet: true, align: "right", className: "pl-0", from: "sm", cell: (j) => <JobActions job={j} /> },
];

function JobTime({ job }: { job: Job }) {
  if (job.state === "retrying") {
    return (
      <span className="whitespace-nowrap text-ink-2">
        again in <Countdown until={job.run_at} ended="a moment" />
      </span>
    );
  }
  return (
    <span className="text-ink-2">
      <Ago at={job.finished_at ?? job.started_at ?? job.created_at} />
    </span>
  );
}

/** Counts that are also the filter. */
function Summary({ state }: { state: JobState | undefined }) {
  const query = useQuery(jobSummaryQuery);
  const counts: { value: JobState; n: (s: JobSummary) => number }[] = [
    { value: "running", n: (s) => s.running },
    { value: "queued", n: (s) => s.queued },
    { value: "retrying", n: (s) => s.retrying },
    { value: "dead", n: (s) => s.dead },
  ];
  return (
    <nav aria-label="Jobs by state" className="mb-5 grid grid-cols-2 gap-2 sm:grid-cols-4">
      {counts.map(({ value, n }) => {
        const said = JOB_STATES.find((s) => s.value === value);
        const on = state === value;
        return (
          <Link
            key={value}
            to="/jobs"
            search={on ? {} : { state: value }}
            replace
            aria-current={on ? "true" : undefined}
            className={`rounded-lg border px-4 py-2.5 transition-colors ${on ? "border-accent bg-accent-soft" : "border-line bg-surface shadow-card hover:bg-sunken"}`}
          >
            <span className="flex items-center gap-1.5 text-xs text-ink-2">
              <Dot tone={said?.tone ?? "neutral"} />
              {said?.title}
            </span>
            <span className="flex h-7 items-baseline gap-2 text-xl font-semibold tracking-tight text-ink figures">
              {query.data ? n(query.data) : <Bone className="mt-1.5 h-4 w-6" />}
              {value === "queued" && (query.data?.oldest_due_seconds ?? 0) > 60 && (
                <span className="text-xs font-normal text-warn-text">oldest {span((query.data?.oldest_due_seconds ?? 0) * 1000)}</span>
              )}
            </span>
          </Link>
        );
      })}
    </nav>
  );
}
