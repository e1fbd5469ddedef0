// How a job's state is said.

import type { Job, JobState } from "@/api/types";
import { Badge, type Tone } from "@/ui/badge";

export const JOB_STATES: { value: JobState; title: string; tone: Tone }[] = [
  { value: "queued", title: "Queued", tone: "neutral" },
  { value: "running", title: "Running", tone: "accent" },
  { value: "retrying", title: "Retrying", tone: "warn" },
  { value: "done", title: "Done", tone: "good" },
  { value: "dead", title: "Failed", tone: "bad" },
  { value: "cancelled", title: "Cancelled", tone: "neutral" },
];

export function JobBadge({ job }: { job: Job }) {
  const said = JOB_STATES.find((s) => s.value === job.state);
  const stopping = job.cancel_requested && (job.state === "running" || job.state === "retrying" || job.state === "queued");
  return (
    <Badge tone={stopping ? "warn" : (said?.tone ?? "neutral")} dot>
      {stopping ? "Stopping" : (said?.title ?? job.state)}
    </Badge>
  );
}

export function Progress({ job }: { job: Job }) {
  if (job.state !== "running" || job.progress === null) return null;
  const percent = Math.round(Math.min(1, Math.max(0, job.progress)) * 100);
  return (
    <div className="flex items-center gap-2.5">
      <div
        role="progressbar"
        aria-label={`Progress of ${job.title}`}
        aria-valuenow={percent}
        aria-valuemin={0}
        aria-valuemax={100}
        className="h-1.5 w-24 overflow-hidden rounded-full bg-hover"
      >
        <div className="h-full rounded-full bg-accent transition-[width] duration-300" style={{ width: `${percent}%` }} />
      </div>
      <span className="text-xs whitespace-nowrap text-ink-3 figures">{percent} %</span>
    </div>
  );
}

/** What an error class means for the person reading it. */
export function errorMeaning(errorClass: string): string {
  if (errorClass === "transient") return "This usually passes by itself, so it is tried again.";
  if (errorClass === "throttled") return "The other side asked to slow down, so it is tried again later.";
  if (errorClass === "permanent") return "Trying again will not help until the cause is mended.";
  if (errorClass === "lost") return "The server stopped in the middle of it.";
  return "";
}
