// Failures, said plainly: what it was about, why, what to do next, and the request id for whoever helps.

import { CircleAlert, RotateCw } from "lucide-react";
import type { Problem } from "@/api/problem";
import { Button } from "./button";
import { CopyButton } from "./copy";

/** A note above a form or inside a card. */
export function ProblemNote({ problem }: { problem: Problem }) {
  return (
    <div role="alert" className="flex gap-2.5 rounded-lg bg-bad-soft px-3 py-2.5 text-sm">
      <CircleAlert className="mt-0.5 size-4 shrink-0 text-bad-text" aria-hidden="true" />
      <div className="min-w-0">
        <p className="font-medium text-ink">{problem.title}</p>
        <p className="text-ink-2">
          {problem.detail} {problem.remedy}
        </p>
        <RequestId problem={problem} />
      </div>
    </div>
  );
}

/** Takes the place of content that could not be loaded. */
export function ProblemState({ subject, problem, onRetry }: { subject: string; problem: Problem; onRetry?: () => void }) {
  return (
    <div role="alert" className="flex flex-col items-center px-6 py-14 text-center">
      <span className="grid size-10 place-items-center rounded-full bg-bad-soft text-bad-text">
        <CircleAlert className="size-5" aria-hidden="true" />
      </span>
      <h2 className="mt-4 text-lg font-semibold text-ink">Could not load {subject}</h2>
      <p className="mt-1 max-w-md text-sm text-ink-2">
        {problem.detail} {problem.remedy}
      </p>
      <RequestId problem={problem} />
      {onRetry && (
        <Button className="mt-5" onClick={onRetry}>
          <RotateCw className="size-3.5" aria-hidden="true" />
          Try again
        </Button>
      )}
    </div>
  );
}

function RequestId({ problem }: { problem: Problem }) {
  if (!problem.requestId) return null;
  return (
    <p className="mt-1 flex items-center justify-center gap-1 text-xs text-ink-3">
      Request <code className="font-mono">{problem.requestId}</code>
      <CopyButton text={problem.requestId} label="Copy request id" bare />
    </p>
  );
}
