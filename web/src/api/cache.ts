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

// Set while somebody leaves on purpose: the refusals that follow are no news.
let leaving = false;

/** Says that the session is about to end, or (with false) that it goes on after all. */
export function expectSignOut(expected = true): void {
  leaving = expected;
}

function noticeLostSession(error: unknown, wasSignedIn: boolean): void {
  if (leaving || !wasSignedIn) return;
  if (!(error instanceof Problem) || error.code !== "unauthenticated") return;
  leaving = true;
  onSignedOut();
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
  const before = (query: { queryKey: readonly unknown[] }) => query.queryKey[0] !== meQuery.queryKey[0];
  void queryClient.cancelQueries();
  leaving = false;
  rememberCsrf(me.csrf_token);
  queryClient.setQueryData(meQuery.queryKey, me);
  queryClient.removeQueries({ predicate: before, type: "inactive" });
  // What is on screen right now shows its skeleton, then the new workspace.
  void queryClient.resetQueries({ predicate: before });
  remember("yes");
}

/** To be called once nothing on screen needs to know who is looking. */
export function forgetViewer(): void {
  queryClient.clear();
  rememberCsrf(null);
  remember("no");
}

/** Whether somebody is probably signed in here; asking the server needlessly would only log a refusal. */
export function mayBeSignedIn(): boolean {
  try {
    return localStorage.getItem("marketflow.signed-in") === "yes";
  } catch {
    return true;
  }
}

// Also a hint for the waiting picture before the first paint.
function remember(signedIn: "yes" | "no"): void {
  try {
    localStorage.setItem("marketflow.signed-in", signedIn);
  } catch {
    // Storage may be blocked; the hint is not needed.
  }
}
