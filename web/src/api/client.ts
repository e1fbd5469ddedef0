// The one door to the server: adds the CSRF token, turns every failure into a Problem.

import createClient from "openapi-fetch";
import { offline, Problem, problemFrom } from "./problem";
import type { paths } from "./schema";

let csrfToken: string | null = null;

/** Called whenever the server tells us who we are. */
export function rememberCsrf(token: string | null): void {
  csrfToken = token;
}

export const http = createClient<paths>({
  baseUrl: "",
  credentials: "same-origin",
  // Looked up on every call, so that tests can replace it.
  fetch: (request) => firstAnswer(request) ?? globalThis.fetch(request),
});

declare global {
  /** A question the page asked before the app was there, see public/first.js. */
  var firstAnswer: { path: string; answer: Promise<Response> } | undefined;
}

/** The answer to the page's first question, for whoever asks the same; once, because it gets old. */
function firstAnswer(request: Request): Promise<Response> | undefined {
  const early = globalThis.firstAnswer;
  if (!early || request.method !== "GET" || !request.url.endsWith(early.path)) return undefined;
  globalThis.firstAnswer = undefined;
  return early.answer;
}

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

// Keys of creations whose answer never came: trying the same again must not create it twice.
const unanswered = new Map<string, string>();

/** Sends a creation under a key that stays the same until the server has answered it. */
export async function createOnce<T>(
  what: string,
  body: unknown,
  send: (header: { "Idempotency-Key": string }) => Promise<T>,
): Promise<T> {
  const intent = `${what} ${JSON.stringify(body)}`;
  const key = unanswered.get(intent) ?? randomKey();
  unanswered.set(intent, key);
  try {
    const answer = await send({ "Idempotency-Key": key });
    unanswered.delete(intent);
    return answer;
  } catch (error) {
    const answered = error instanceof Problem && error.status > 0 && error.status < 500;
    if (answered) unanswered.delete(intent);
    throw error;
  }
}

// Plain-http pages have no crypto.randomUUID, so the key is made from random bytes.
function randomKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}
