import { describe, expect, it } from "vitest";
import { shouldRetry } from "./cache";
import { asProblem, offline, problemFrom } from "./problem";

const answer = (status: number, headers: Record<string, string> = {}) => new Response(null, { status, headers });

describe("problems", () => {
  it("carry everything the server said", () => {
    const problem = problemFrom(
      {
        type: "urn:marketflow:problem:invalid",
        title: "Not valid",
        status: 422,
        code: "invalid",
        detail: "Two values need another look.",
        remedy: "Mend them.",
        request_id: "req_1",
        errors: [{ field: "email", message: "is not an email address", remedy: "write it like a@b.c" }, "nonsense"],
      },
      answer(422),
    );
    expect(problem).toMatchObject({ code: "invalid", status: 422, requestId: "req_1", remedy: "Mend them." });
    expect(problem.forField("email")).toBe("Is not an email address. Write it like a@b.c.");
    expect(problem.forField("name")).toBeNull();
  });

  it("finds the problem of a nested field", () => {
    const problem = problemFrom({ errors: [{ field: "limit.minor", message: "is too large" }] }, answer(422));
    expect(problem.forField("limit")).toBe("Is too large.");
  });

  it("still say something when the server says nothing", () => {
    const problem = problemFrom(undefined, answer(502, { "x-request-id": "req_2" }));
    expect(problem).toMatchObject({ code: "internal", status: 502, requestId: "req_2" });
    expect(problem.detail).toContain("502");
    expect(problem.remedy).toContain("Try again");
    expect(problemFrom("<html>", answer(404)).code).toBe("not_found");
  });

  it("read how long to wait", () => {
    expect(problemFrom({}, answer(429, { "retry-after": "7" })).retryAfter).toBe(7);
    expect(problemFrom({}, answer(429, { "retry-after": "soon" })).retryAfter).toBeUndefined();
  });

  it("wrap whatever else goes wrong", () => {
    expect(asProblem(new Error("boom")).detail).toBe("boom");
    expect(asProblem(offline()).code).toBe("offline");
  });
});

describe("trying again", () => {
  it("only what may pass by itself, and not for ever", () => {
    expect(shouldRetry(0, offline())).toBe(true);
    expect(shouldRetry(2, offline())).toBe(false);
    expect(shouldRetry(0, problemFrom({}, answer(503)))).toBe(true);
    expect(shouldRetry(0, problemFrom({}, answer(422)))).toBe(false);
    expect(shouldRetry(0, problemFrom({}, answer(500)))).toBe(false);
    expect(shouldRetry(0, new Error("bug"))).toBe(false);
  });
});
