// The one door to the server: adds the CSRF token, turns every failure into a Problem.

import createClient from "openapi-fetch";
import type { paths } from "./paths";
import { offline, problemFrom } from "./problem";

let csrfToken: string | null = null;

/** Called whenever the server tells us who we are. */
export function rememberCsrf(token: string | null): void {
  csrfToken = token;
}

export const http = createClient<paths>({
  baseUrl: "",
  credentials: "same-origin",
  // Looked up on every call, so that tests can replace it.
  fetch: (request) => globalThis.fetch(request),
});

http.use({
  onRequest({ request }) {
    if (request.method !== "GET" && csrfToken) request.headers.set("X-CSRF-Token", csrfToken);
    request.headers.set("Accept", "application/json, application/problem+json");
    return request;
  },
});

interface Outcome<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Awaits a call and gives its body, or throws a Problem. */
export async function call<T>(pending: Promise<Outcome<T>>): Promise<T> {
  let outcome: Outcome<T>;
  try {
    outcome = await pending;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw offline();
  }
  if (!outcome.response.ok) throw problemFrom(outcome.error, outcome.response);
  return outcome.data as T;
}

/** The precondition header for something the viewer saw at this version. */
export function ifMatch(version: number): { "If-Match": string } {
  return { "If-Match": `"${version}"` };
}

/** Plain-http pages have no crypto.randomUUID, so the key is built from random bytes. */
export function idempotencyKey(): { "Idempotency-Key": string } {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return { "Idempotency-Key": Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("") };
}
