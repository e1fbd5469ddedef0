// Live updates in a tab: a shared connection, else one of its own, else asking every 15 seconds.

import { useEffect, useSyncExternalStore } from "react";
import { queryClient } from "@/api/cache";
import { keysForTopic, meQuery } from "@/api/queries";
import type { Topic } from "@/api/types";
import { listen, type StreamMessage } from "./stream";
import type { TabMessage } from "./worker";

const URL_PATH = "/api/v1/changes";
const GATHER = 40;
const POLL_EVERY = 15_000;

let connected = false;
const listeners = new Set<() => void>();

function setConnected(value: boolean): void {
  if (connected === value) return;
  connected = value;
  for (const each of listeners) each();
}

/** Whether changes arrive by themselves right now. */
export function useIsLive(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => connected,
  );
}

/** Keeps everything on screen current while the app is open. */
export function useLiveUpdates(who: string, tenantId: string, onElsewhere: () => void): void {
  useEffect(() => {
    const gatherer = gatherTopics(refresh);
    const onMessage = (message: StreamMessage) => {
      if (message.kind === "change") return gatherer.add(message.change.topic);
      setConnected(message.kind === "up");
      if (message.kind === "bye") void queryClient.invalidateQueries({ queryKey: meQuery.queryKey });
      if (message.kind !== "up") return;
      if (message.tenantId && message.tenantId !== tenantId) return onElsewhere();
      // Anything may have changed while we were away, and between the first answers and this connection.
      void queryClient.invalidateQueries();
    };
    const stop = connect(who, onMessage);
    const poll = setInterval(() => {
      if (!connected && document.visibilityState === "visible") void queryClient.invalidateQueries();
    }, POLL_EVERY);
    return () => {
      stop();
      clearInterval(poll);
      gatherer.stop();
      setConnected(false);
    };
  }, [who, tenantId, onElsewhere]);
}

function refresh(topics: Topic[]): void {
  const keys = new Set(topics.flatMap(keysForTopic));
  void queryClient.invalidateQueries({ predicate: (q) => keys.has(String(q.queryKey[0])) });
}

/** One change often announces several topics; they are answered together. */
export function gatherTopics(flush: (topics: Topic[]) => void): { add: (topic: Topic) => void; stop: () => void } {
  const waiting = new Set<Topic>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    add(topic) {
      waiting.add(topic);
      timer ??= setTimeout(() => {
        timer = undefined;
        const topics = [...waiting];
        waiting.clear();
        flush(topics);
      }, GATHER);
    },
    stop: () => clearTimeout(timer),
  };
}

function connect(who: string, tell: (message: StreamMessage) => void): () => void {
  if (typeof EventSource === "undefined") return () => {};
  if (typeof SharedWorker === "undefined") return listen(URL_PATH, tell);
  return connectShared(who, tell);
}

function connectShared(who: string, tell: (message: StreamMessage) => void): () => void {
  let stopOwn: (() => void) | null = null;
  let worker: SharedWorker;
  try {
    worker = new SharedWorker(new URL("./worker.ts", import.meta.url), { type: "module", name: "marketflow-changes" });
  } catch {
    return listen(URL_PATH, tell);
  }
  const say = (message: TabMessage) => worker.port.postMessage(message);
  worker.addEventListener("error", () => {
    stopOwn ??= listen(URL_PATH, tell);
  });
  worker.port.addEventListener("message", ({ data }: MessageEvent<StreamMessage>) => tell(data));
  worker.port.start();
  say({ say: "join", url: URL_PATH, who });
  const leave = () => say({ say: "leave" });
  // A page kept for the back button comes back to life with its port intact.
  const rejoin = (event: PageTransitionEvent) => event.persisted && say({ say: "join", url: URL_PATH, who });
  window.addEventListener("pagehide", leave);
  window.addEventListener("pageshow", rejoin);
  return () => {
    window.removeEventListener("pagehide", leave);
    window.removeEventListener("pageshow", rejoin);
    leave();
    stopOwn?.();
  };
}
