// The one way a page shows what it asked the server for: skeleton, problem, or content (kept while refreshing).

import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { asProblem } from "@/api/problem";
import { ProblemNote, ProblemState } from "./problem-view";

export function Loaded<T>({
  query,
  subject,
  skeleton,
  children,
}: {
  query: Pick<UseQueryResult<T>, "data" | "error" | "isError" | "refetch">;
  /** Named in the problem: "Could not load {subject}". */
  subject: string;
  skeleton: ReactNode;
  children: (data: T) => ReactNode;
}) {
  if (query.data !== undefined) {
    return (
      <>
        {query.isError && (
          <div className="p-3">
            <ProblemNote problem={asProblem(query.error)} />
          </div>
        )}
        {children(query.data)}
      </>
    );
  }
  if (query.isError) {
    return <ProblemState subject={subject} problem={asProblem(query.error)} onRetry={() => void query.refetch()} />;
  }
  return skeleton;
}
