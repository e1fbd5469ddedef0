// Requests and answers of the stand-in server: problems, sessions, CSRF, paging, the change stream.

import { randomBytes } from "node:crypto";
import { id, permissionsOf, state } from "./state.mjs";

export class Refusal extends Error {
  constructor(status, code, detail, remedy, errors) {
    super(detail);
    Object.assign(this, { status, code, detail, remedy, errors });
  }
}
export const refuse = (status, code, detail, remedy, errors) => {
  throw new Refusal(status, code, detail, remedy, errors);
};
export const invalid = (field, message, remedy) => refuse(422, "invalid", "Some values need another look.", undefined, [{ field, message, remedy }]);
export const notFound = (what) => refuse(404, "not_found", `There is no such ${what} in this workspace.`, "It may have been removed. Reload the list.");

export function send(res, status, body, headers = {}) {
  res.writeHead(status, { "Content-Type": status >= 400 ? "application/problem+json" : "application/json", "Cache-Control": "no-store", "X-Request-Id": res.requestId, ...headers });
  res.end(body === undefined ? undefined : JSON.stringify(body));
}

export function sendRefusal(res, error) {
  const known = error instanceof Refusal;
  if (!known) console.error(error);
  const { status, code, detail, remedy, errors } = known ? error : { status: 500, code: "internal", detail: "The stand-in server made a mistake." };
  const title = { 401: "Not signed in", 403: "Not allowed", 404: "Not found", 409: "Not possible right now", 410: "This link no longer works", 412: "Changed by someone else", 422: "Not valid", 428: "Version missing" }[status] ?? "Not possible";
  send(res, status, { type: `urn:marketflow:problem:${code}`, title, status, code, detail, remedy, errors, request_id: res.requestId });
}

export async function readBody(req) {
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  if (!text) return {};
  try {
    return JSON.parse(text);
  } catch {
    return refuse(400, "malformed", "The body is not JSON.");
  }
}

export function sessionOf(req) {
  const token = /mf_session=([^;]+)/.exec(req.headers.cookie ?? "")?.[1];
  return token ? state.sessions.get(token) : undefined;
}

export function startSession(req, res, user, tenant) {
  const token = randomBytes(16).toString("hex");
  const session = {
    id: id("ses"), token, userId: user.id, tenantId: tenant.id, csrf: randomBytes(12).toString("hex"), kind: "cookie",
    created_at: new Date().toISOString(), last_seen_at: new Date().toISOString(), user_agent: req.headers["user-agent"] ?? "", network: "127.0.0.0/24",
  };
  state.sessions.set(token, session);
  res.setHeader("Set-Cookie", `mf_session=${token}; Path=/; HttpOnly; SameSite=Lax`);
  return session;
}

export function endSession(session, bye = true) {
  state.sessions.delete(session.token);
  for (const stream of state.streams) if (stream.session === session && bye) stream.res.write("event: bye\ndata: {}\n\n");
}

export function meOf(session) {
  const user = state.users.find((u) => u.id === session.userId);
  const tenant = state.tenants.find((x) => x.id === session.tenantId);
  const member = tenant.members.find((m) => m.id === user.id);
  return {
    user: { id: user.id, name: user.name, email: user.email, time_zone: user.time_zone },
    tenant: { id: tenant.id, name: tenant.name, time_zone: tenant.time_zone, currency: tenant.currency },
    role: member.role, permissions: permissionsOf(member.role),
    tenants: state.tenants.flatMap((x) => x.members.filter((m) => m.id === user.id && m.status === "active").map((m) => ({ id: x.id, name: x.name, role: m.role }))),
    csrf_token: session.csrf, actor: "user", session_id: session.id,
  };
}

export function context(req) {
  const session = sessionOf(req);
  if (!session) refuse(401, "unauthenticated", "You are not signed in.", "Sign in and try again.");
  if (req.method !== "GET" && req.headers["x-csrf-token"] !== session.csrf) refuse(403, "csrf", "The request did not come from this app.", "Reload the page and try again.");
  session.last_seen_at = new Date().toISOString();
  const me = meOf(session);
  const tenant = state.tenants.find((x) => x.id === session.tenantId);
  return {
    session, me, tenant, user: state.users.find((u) => u.id === session.userId),
    need: (permission) => me.permissions.includes(permission) || refuse(403, "forbidden", `Your role does not include ${permission}.`, "Ask an admin of this workspace."),
  };
}

export function checkVersion(req, version) {
  const given = req.headers["if-match"];
  if (!given) refuse(428, "precondition_required", "Say which version you saw.", "Send If-Match with the ETag you got.");
  if (given !== `"${version}"`) refuse(412, "stale", "Somebody changed this since you opened it.", "Look at the new version, then try again.");
}

export function page(list, query) {
  const limit = Math.min(Number(query.get("limit") ?? 50), 200);
  const start = Number(query.get("cursor") ?? 0);
  const items = list.slice(start, start + limit);
  return { items, next_cursor: start + limit < list.length ? String(start + limit) : null };
}

export function announce(tenant, ...topics) {
  for (const topic of [...topics, "audit"]) {
    for (const stream of state.streams) {
      if (stream.session.tenantId === tenant.id) stream.res.write(`event: change\ndata: ${JSON.stringify({ topic, id: null, at: new Date().toISOString() })}\n\n`);
    }
  }
}

export function openStream(req, res) {
  const { session } = context(req);
  res.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no" });
  const stream = { session, res };
  state.streams.add(stream);
  res.write(`event: hello\ndata: ${JSON.stringify({ tenant_id: session.tenantId, at: new Date().toISOString() })}\n\n`);
  const beat = setInterval(() => res.write(": beat\n\n"), 15_000);
  req.on("close", () => {
    clearInterval(beat);
    state.streams.delete(stream);
  });
}
