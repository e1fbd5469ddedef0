// What the machine is doing right now.

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { jobSummaryQuery, jobsQuery } from "@/api/queries";
import type { Job, JobSummary } from "@/api/types";
import { useMay } from "@/api/viewer";
import { CAN } from "@/lib/permissions";
import { Progress } from "@/places/jobs/state";
import { Dot, type Tone } from "@/ui/badge";
import { Loaded } from "@/ui/loaded";
import { Section } from "@/ui/page";
import { BlockSkeleton } from "@/ui/skeleton";

export function Running() {
  const reads = useMay(CAN.readJobs);
  const summary = useQuery({ ...jobSummaryQuery, enabled: reads });
  const running = useInfiniteQuery({ ...jobsQuery({ state: "running" }), enabled: reads });
  if (!reads) return null;
  const jobs = running.data?.pages.flatMap((p) => p.items).slice(0, 3) ?? [];
  return (
    <Section title="In the background">
      <Loaded query={summary} subject="background work" skeleton={<BlockSkeleton lines={3} label="background work" />}>
        {(counts) => (
          <>
            <Counts counts={counts} />
            {jobs.length > 0 && (
              <ul className="divide-y divide-line border-t border-line">
                {jobs.map((job) => (
                  <RunningJob key={job.id} job={job} />
                ))}
              </ul>
            )}
          </>
        )}
      </Loaded>
    </Section>
  );
}

function Counts({ counts }: { counts: JobSummary }) {
  const rows: { title: string; n: number; tone: Tone; state: string }[] = [
    { title: "Running", n: counts.running, tone: "accent", state: "running" },
    { title: "Queued", n: counts.queued, tone: "neutral", state: "queued" },
    { title: "Retrying", n: counts.retrying, tone: "warn", state: "retrying" },
    { title: "Failed", n: counts.dead, tone: "bad", state: "dead" },
  ];
  const quiet = rows.every((r) => r.n === 0);
  if (quiet) return <p className="px-4 py-3.5 text-sm text-ink-2">All quiet. Nothing is running and nothing has failed.</p>;
  return (
    <ul className="grid grid-cols-2">
      {rows.map((r, i) => (
        <li key={r.state} className={`${i % 2 ? "border-l" : ""} ${i > 1 ? "border-t" : ""} border-line`}>
          <Link to="/jobs" search={{ state: r.state }} data-focus-inset className="flex flex-col px-4 py-2.5 hover:bg-sunken">
            <span className="flex items-center gap-1.5 text-xs text-ink-3">
              <Dot tone={r.n > 0 ? r.tone : "neutral"} />
              {r.title}
            </span>
            <span className={`text-lg font-semibold figures ${r.n > 0 ? "text-ink" : "text-ink-3"}`}>{r.n}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function RunningJob({ job }: { job: Job }) {
  return (
    <li>
      <Link to="/jobs/$jobId" params={{ jobId: job.id }} data-focus-inset className="flex flex-col gap-1.5 px-4 py-2.5 hover:bg-sunken">
        <span className="text-sm text-ink">{job.title}</span>
        <Progress job={job} />
      </Link>
    </li>
  );
}
