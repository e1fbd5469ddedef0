import { afterEach, describe, expect, it, vi } from "vitest";
import { rememberCsrf } from "./client";
import { approvals, auth, projects } from "./endpoints";
import { Problem } from "./problem";

const json = (status: number, body: unknown) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", "x-request-id": "req_9" } });

function serve(answer: () => Response | Promise<Response>) {
  const seen: Request[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    seen.push(request);
    return answer();
  });
  return seen;
}

afterEach(() => {
  vi.unstubAllGlobals();
  rememberCsrf(null);
});

describe("the door to the server", () => {
  it("sends the CSRF token with changes, and only with changes", async () => {
    rememberCsrf("token-1");
    const seen = serve(() => json(200, { items: [], next_cursor: null }));
    await projects.list({});
    await projects.create({ name: "A" });
    expect(seen.map((r) => r.headers.get("x-csrf-token"))).toEqual([null, "token-1"]);
  });

  it("gives every creation a key of its own and every edit its version", async () => {
    const seen = serve(() => json(200, {}));
    await projects.create({ name: "A" });
    await projects.create({ name: "A" });
    await projects.update("prj_1", 7, { name: "B" });
    const keys = seen.slice(0, 2).map((r) => r.headers.get("idempotency-key"));
    expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(keys[0]).not.toBe(keys[1]);
    expect(seen[2]?.headers.get("if-match")).toBe('"7"');
  });

  it("creates once, also when the answer was lost on the way", async () => {
    let lost = true;
    const seen = serve(() => {
      if (!lost) return json(200, {});
      lost = false;
      throw new TypeError("Failed to fetch");
    });
    await expect(projects.create({ name: "Once" })).rejects.toMatchObject({ code: "offline" });
    await projects.create({ name: "Once" });
    await projects.create({ name: "Once" });
    const [first, second, third] = seen.map((r) => r.headers.get("idempotency-key"));
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it("takes the answer the page asked for early, once, and only for that question", async () => {
    const seen = serve(() => json(200, { setup_needed: false }));
    globalThis.firstAnswer = { path: "/api/v1/instance", answer: Promise.resolve(json(200, { setup_needed: true })) };
    await projects.list({});
    expect(await auth.instance()).toEqual({ setup_needed: true });
    expect(await auth.instance()).toEqual({ setup_needed: false });
    expect(seen.map((r) => new URL(r.url).pathname)).toEqual(["/api/v1/projects", "/api/v1/instance"]);
  });

  it("does not repeat a refusal", async () => {
    const seen = serve(() => json(409, { code: "conflict" }));
    await projects.create({ name: "No" }).catch(() => null);
    await projects.create({ name: "No" }).catch(() => null);
    expect(seen[0]?.headers.get("idempotency-key")).not.toBe(seen[1]?.headers.get("idempotency-key"));
  });

  it("binds a decision to what was on the screen", async () => {
    const seen = serve(() => json(200, {}));
    await approvals.approve({ id: "apr_1", content_hash: "abc" } as never, "");
    expect(await seen[0]?.json()).toEqual({ content_hash: "abc" });
  });

  it("turns refusals into problems", async () => {
    serve(() => json(409, { code: "conflict", title: "No", detail: "The last admin stays." }));
    const error = await auth.signOut().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(Problem);
    expect(error).toMatchObject({ code: "conflict", requestId: "req_9" });
  });

  it("turns a lost connection into a problem", async () => {
    serve(() => Promise.reject(new TypeError("Failed to fetch")));
    await expect(auth.signOut()).rejects.toMatchObject({ code: "offline" });
  });

  it("accepts an answer without a body", async () => {
    serve(() => new Response(null, { status: 204 }));
    await expect(auth.signOut()).resolves.toBeUndefined();
  });
});
