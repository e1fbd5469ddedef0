// The stream of changes: opens it, reopens it when it breaks, and reports in plain messages. Runs in a tab or a worker.

import { TOPICS, type Topic } from "@/api/types";

export interface Change {
  topic: Topic;
  id: string | null;
}

export type StreamMessage =
  | { kind: "up"; tenantId: string | null }
  | { kind: "down" }
  | { kind: "change"; change: Change }
  | { kind: "bye" };

export interface StreamParts {
  open: (url: string) => EventSource;
  later: (run: () => void, milliseconds: number) => unknown;
  cancel: (timer: unknown) => void;
  random: () => number;
}

export const realParts: StreamParts = {
  open: (url) => new EventSource(url),
  later: (run, milliseconds) => setTimeout(run, milliseconds),
  cancel: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
  random: Math.random,
};

const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30_000;

/** Starts listening; returns the way to stop. */
export function listen(url: string, tell: (message: StreamMessage) => void, parts: StreamParts = realParts): () => void {
  let source: EventSource | null = null;
  let timer: unknown = null;
  let failures = 0;
  let stopped = false;

  const connect = () => {
    timer = null;
    source = parts.open(url);
    source.addEventListener("hello", (event) => {
      failures = 0;
      tell({ kind: "up", tenantId: stringField(event, "tenant_id") });
    });
    source.addEventListener("change", (event) => {
      const change = readChange(event);
      if (change) tell({ kind: "change", change });
    });
    source.addEventListener("bye", () => {
      stop();
      tell({ kind: "bye" });
    });
    source.addEventListener("error", () => {
      // The browser's own retry gives up on an error status, so reconnecting is ours.
      source?.close();
      if (stopped || timer !== null) return;
      tell({ kind: "down" });
      timer = parts.later(connect, waitAfter(failures, parts.random()));
      failures += 1;
    });
  };
  const stop = () => {
    stopped = true;
    source?.close();
    if (timer !== null) parts.cancel(timer);
  };

  connect();
  return stop;
}

/** Doubles up to half a minute, spread out so that a restarted server is not met by everybody at once. */
export function waitAfter(failures: number, random: number): number {
  const ceiling = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** failures);
  return ceiling / 2 + (ceiling / 2) * random;
}

function readChange(event: Event): Change | null {
  const topic = stringField(event, "topic");
  if (!topic || !(TOPICS as readonly string[]).includes(topic)) return null;
  return { topic: topic as Topic, id: stringField(event, "id") };
}

function stringField(event: Event, name: string): string | null {
  try {
    const data: unknown = JSON.parse(String((event as MessageEvent).data));
    const value = (data as Record<string, unknown> | null)?.[name];
    return typeof value === "string" ? value : null;
  } catch {
    return null;
  }
}
