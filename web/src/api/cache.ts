// The one query cache, and what a lost session or a change of workspace does to it.

import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { rememberCsrf } from "./client";
import { Problem } from "./problem";
import { keysForTopic, meQuery } from "./queries";
import type { Me, Topic } from "./types";

let onSignedOut: () => void = () => {};

/** What to do when the server no longer knows us. Set once by the router. */
export function whenSignedOut(action: () => void): void {
  onSignedOut = action;
}

function noticeLostSession(error: unknown, wasSignedIn: boolean): void {
  if (error instanceof Problem && error.code === "unauthenticated" && wasSignedIn) onSignedOut();
}

const isSignedIn = () => queryClient.getQueryData(meQuery.queryKey) !== undefined;

export const queryClient: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError: (error) => noticeLostSession(error, isSignedIn()) }),
  mutationCache: new MutationCache({ onError: (error) => noticeLostSession(error, isSignedIn()) }),
  defaultOptions: {
    queries: { staleTime: 30_000, retry: shouldRetry, retryDelay: (attempt) => Math.min(1000 * 2 ** attempt, 8000) },
  },
});

/** Only what may pass by itself is tried again: a lost connection, an overloaded or restarting server. */
export function shouldRetry(failures: number, error: unknown): boolean {
  if (!(error instanceof Problem)) return false;
  return failures < 2 && (error.status === 0 || error.status === 503 || error.status === 502);
}

export function refreshTopics(...topics: Topic[]): Promise<void> {
  const keys = new Set(topics.flatMap(keysForTopic));
  return queryClient.invalidateQueries({ predicate: (q) => keys.has(String(q.queryKey[0])) });
}

/** Starts clean as somebody: after signing in, and after changing the workspace. */
export function becomeViewer(me: Me): void {
  queryClient.clear();
  rememberCsrf(me.csrf_token);
  queryClient.setQueryData(meQuery.queryKey, me);
  remember("yes");
}

export function forgetViewer(): void {
  queryClient.clear();
  rememberCsrf(null);
  remember("no");
}

// Only a hint for the waiting picture before the first paint.
function remember(signedIn: "yes" | "no"): void {
  try {
    localStorage.setItem("marketflow.signed-in", signedIn);
  } catch {
    // Storage may be blocked; the hint is not needed.
  }
}
