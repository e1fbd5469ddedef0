import { describe, expect, it, vi } from "vitest";
import { keysForTopic } from "@/api/queries";
import { TOPICS } from "@/api/types";
import { gatherTopics } from "./live";
import { listen, type StreamMessage, waitAfter } from "./stream";

class FakeSource extends EventTarget {
  closed = false;
  close() {
    this.closed = true;
  }
  say(type: string, data: unknown) {
    this.dispatchEvent(new MessageEvent(type, { data: typeof data === "string" ? data : JSON.stringify(data) }));
  }
}

function setUp() {
  const sources: FakeSource[] = [];
  const timers: { run: () => void; wait: number }[] = [];
  const heard: StreamMessage[] = [];
  const stop = listen("/changes", (m) => heard.push(m), {
    open: () => {
      const source = new FakeSource();
      sources.push(source);
      return source as unknown as EventSource;
    },
    later: (run, wait) => timers.push({ run, wait }),
    cancel: () => timers.pop(),
    random: () => 1,
  });
  const source = () => sources.at(-1) as FakeSource;
  return { sources, timers, heard, stop, source };
}

describe("the stream of changes", () => {
  it("reports the workspace and the changes in it", () => {
    const { heard, source } = setUp();
    source().say("hello", { tenant_id: "ten_1", at: "x" });
    source().say("change", { topic: "jobs", id: "job_1" });
    source().say("change", { topic: "unheard-of", id: null });
    source().say("change", "not json");
    expect(heard).toEqual([
      { kind: "up", tenantId: "ten_1" },
      { kind: "change", change: { topic: "jobs", id: "job_1" } },
    ]);
  });

  it("comes back after a break, waiting longer each time, and from the start after success", () => {
    const { sources, timers, heard, source } = setUp();
    source().say("error", "");
    expect(heard.at(-1)).toEqual({ kind: "down" });
    expect(timers.map((t) => t.wait)).toEqual([1000]);
    timers[0]?.run();
    source().say("error", "");
    timers[1]?.run();
    expect(timers.map((t) => t.wait)).toEqual([1000, 2000]);
    source().say("hello", { tenant_id: "ten_1" });
    source().say("error", "");
    expect(timers.at(-1)?.wait).toBe(1000);
    expect(sources).toHaveLength(3);
    expect(sources[0]?.closed).toBe(true);
  });

  it("asks once, however many errors a broken connection reports", () => {
    const { timers, source } = setUp();
    source().say("error", "");
    source().say("error", "");
    expect(timers).toHaveLength(1);
  });

  it("stays away when the session is over or the page leaves", () => {
    const first = setUp();
    first.source().say("bye", {});
    first.source().say("error", "");
    expect(first.heard).toEqual([{ kind: "bye" }]);
    expect(first.timers).toHaveLength(0);
    const second = setUp();
    second.stop();
    second.source().say("error", "");
    expect(second.timers).toHaveLength(0);
  });

  it("never waits longer than half a minute, nor everybody equally long", () => {
    expect(waitAfter(20, 1)).toBe(30_000);
    expect(waitAfter(20, 0)).toBe(15_000);
  });
});

describe("what a change refreshes", () => {
  it("is at least its own topic", () => {
    for (const topic of TOPICS) expect(keysForTopic(topic)).toContain(topic);
  });

  it("includes what shows the same thing elsewhere", () => {
    expect(keysForTopic("approvals")).toEqual(["approvals", "settings", "privacy"]);
    expect(keysForTopic("users")).toContain("me");
    expect(keysForTopic("jobs")).toEqual(["jobs"]);
  });

  it("gathers a burst into one refresh", () => {
    vi.useFakeTimers();
    const flushed: string[][] = [];
    const gatherer = gatherTopics((topics) => flushed.push(topics));
    gatherer.add("jobs");
    gatherer.add("audit");
    gatherer.add("jobs");
    vi.advanceTimersByTime(100);
    gatherer.add("keys");
    vi.advanceTimersByTime(100);
    expect(flushed).toEqual([["jobs", "audit"], ["keys"]]);
    vi.useRealTimers();
  });
});
