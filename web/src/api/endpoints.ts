// One function per server call. Pages use these through queries.ts or in mutations, never fetch directly.

import { call, createOnce, http, ifMatch, rememberCsrf } from "./client";
import type * as T from "./types";

const path = (id: string) => ({ params: { path: { id } } });
/** One thing, as the viewer saw it: the server refuses when it has moved on since. */
const seen = (id: string, version: number) => ({ params: { path: { id }, header: ifMatch(version) } });
const seenSettings = (version: number) => ({ params: { header: ifMatch(version) } });
const once = (header: { "Idempotency-Key": string }) => ({ params: { header } });
const all = { params: { query: { limit: 200 } } };

async function signedInAs(pending: Promise<T.Me>): Promise<T.Me> {
  const me = await pending;
  rememberCsrf(me.csrf_token);
  return me;
}

export const auth = {
  instance: () => call(http.GET("/api/v1/instance")),
  setup: (body: T.SetupBody) => signedInAs(call(http.POST("/api/v1/setup", { body }))),
  signIn: (email: string, password: string) =>
    signedInAs(call(http.POST("/api/v1/auth/login", { body: { email, password, session: "cookie" } })).then((a) => a.me)),
  signOut: () => call(http.POST("/api/v1/auth/logout")),
  signOutEverywhere: () => call(http.POST("/api/v1/auth/logout-everywhere")),
  forgot: (email: string) => call(http.POST("/api/v1/auth/password/forgot", { body: { email } })),
  reset: (token: string, password: string) =>
    call(http.POST("/api/v1/auth/password/reset", { body: { token, password } })),
  invitation: (token: string) => call(http.POST("/api/v1/auth/invitation/preview", { body: { token } })),
  acceptInvitation: (body: { token: string; name?: string; password: string }) =>
    signedInAs(
      call(http.POST("/api/v1/auth/invitation/accept", { body: { ...body, session: "cookie" } })).then((a) => a.me),
    ),
};

export const me = {
  get: () => signedInAs(call(http.GET("/api/v1/me"))),
  update: (body: { name?: string; time_zone?: string }) => signedInAs(call(http.PATCH("/api/v1/me", { body }))),
  changePassword: (current_password: string, new_password: string) =>
    call(http.POST("/api/v1/me/password", { body: { current_password, new_password } })),
  switchTenant: (tenant_id: string) => signedInAs(call(http.POST("/api/v1/me/tenant", { body: { tenant_id } }))),
  sessions: () => call(http.GET("/api/v1/me/sessions")),
  endSession: (id: string) => call(http.DELETE("/api/v1/me/sessions/{id}", path(id))),
};

export const tenants = {
  create: (body: { name: string; time_zone: string; currency?: string }) =>
    createOnce("/api/v1/tenants", body, (key) => call(http.POST("/api/v1/tenants", { ...once(key), body }))),
  get: (id: string) => call(http.GET("/api/v1/tenants/{id}", path(id))),
  update: (tenant: T.Tenant, body: { name?: string; time_zone?: string; currency?: string }) =>
    call(http.PATCH("/api/v1/tenants/{id}", { ...seen(tenant.id, tenant.version), body })),
};

export const team = {
  members: () => call(http.GET("/api/v1/users", all)),
  update: (member: T.Member, body: { role?: T.Role; status?: T.Member["status"] }) =>
    call(http.PATCH("/api/v1/users/{id}", { ...seen(member.id, member.version), body })),
  remove: (member: T.Member) =>
    call(http.DELETE("/api/v1/users/{id}", seen(member.id, member.version))),
  resetLink: (id: string) => call(http.POST("/api/v1/users/{id}/reset-link", path(id))),
  invitations: () => call(http.GET("/api/v1/invitations", all)),
  invite: (body: { email: string; role: T.Role }) =>
    createOnce("/api/v1/invitations", body, (key) => call(http.POST("/api/v1/invitations", { ...once(key), body }))),
  revokeInvitation: (id: string) => call(http.DELETE("/api/v1/invitations/{id}", path(id))),
  renewInvitation: (id: string) => call(http.POST("/api/v1/invitations/{id}/renew", path(id))),
  roles: () => call(http.GET("/api/v1/roles")),
};

export const keys = {
  list: () => call(http.GET("/api/v1/keys", all)),
  create: (body: T.NewKey) => createOnce("/api/v1/keys", body, (key) => call(http.POST("/api/v1/keys", { ...once(key), body }))),
  revoke: (id: string) => call(http.DELETE("/api/v1/keys/{id}", path(id))),
};

export const projects = {
  list: (query: { q?: string; archived?: boolean }, cursor?: string) =>
    call(http.GET("/api/v1/projects", { params: { query: { ...query, limit: 100, ...(cursor ? { cursor } : {}) } } })),
  create: (body: { name: string; description?: string }) =>
    createOnce("/api/v1/projects", body, (key) => call(http.POST("/api/v1/projects", { ...once(key), body }))),
  get: (id: string) => call(http.GET("/api/v1/projects/{id}", path(id))),
  update: (id: string, version: number, body: { name?: string; description?: string }) =>
    call(http.PATCH("/api/v1/projects/{id}", { ...seen(id, version), body })),
  archive: (id: string, version: number) =>
    call(http.DELETE("/api/v1/projects/{id}", seen(id, version))),
  restore: (id: string) => call(http.POST("/api/v1/projects/{id}/restore", path(id))),
};

export const approvals = {
  list: (state: "open" | "decided" | "all", cursor?: string) =>
    call(http.GET("/api/v1/approvals", { params: { query: { state, limit: 50, ...(cursor ? { cursor } : {}) } } })),
  count: () => call(http.GET("/api/v1/approvals/count")),
  get: (id: string) => call(http.GET("/api/v1/approvals/{id}", path(id))),
  approve: (a: T.Approval, note: string) =>
    call(
      http.POST("/api/v1/approvals/{id}/approve", {
        ...path(a.id),
        body: { content_hash: a.content_hash, ...(note ? { note } : {}) },
      }),
    ),
  sendBack: (a: T.Approval, note: string) =>
    call(http.POST("/api/v1/approvals/{id}/send-back", { ...path(a.id), body: { content_hash: a.content_hash, note } })),
  withdraw: (id: string) => call(http.POST("/api/v1/approvals/{id}/withdraw", path(id))),
};

export const settings = {
  approvals: () => call(http.GET("/api/v1/settings/approvals")),
  saveApprovals: (version: number, body: { thresholds: Record<string, number | null>; expiry_hours: number }) =>
    call(http.PUT("/api/v1/settings/approvals", { ...seenSettings(version), body })),
  spending: () => call(http.GET("/api/v1/settings/spending")),
  saveSpending: (version: number, body: { limit: T.Money; reason?: string }) =>
    call(http.PUT("/api/v1/settings/spending", { ...seenSettings(version), body })),
  erasures: () => call(http.GET("/api/v1/privacy/erasures", all)),
  requestErasure: (body: T.NewErasure) =>
    createOnce("/api/v1/privacy/erasures", body, (key) => call(http.POST("/api/v1/privacy/erasures", { ...once(key), body }))),
};

export const jobs = {
  list: (query: { state?: T.JobState; kind?: string }, cursor?: string) =>
    call(http.GET("/api/v1/jobs", { params: { query: { ...query, limit: 50, ...(cursor ? { cursor } : {}) } } })),
  summary: () => call(http.GET("/api/v1/jobs/summary")),
  get: (id: string) => call(http.GET("/api/v1/jobs/{id}", path(id))),
  retry: (id: string) => call(http.POST("/api/v1/jobs/{id}/retry", path(id))),
  cancel: (id: string) => call(http.POST("/api/v1/jobs/{id}/cancel", path(id))),
  schedules: () => call(http.GET("/api/v1/schedules")),
};

export interface AuditFilter {
  q?: string;
  actor?: string;
  action?: string;
  subject?: string;
  from?: string;
  to?: string;
}

export const audit = {
  list: (filter: AuditFilter, cursor?: string, limit = 50) =>
    call(http.GET("/api/v1/audit", { params: { query: { ...filter, limit, ...(cursor ? { cursor } : {}) } } })),
  get: (id: string) => call(http.GET("/api/v1/audit/{id}", path(id))),
  verify: () => call(http.POST("/api/v1/audit/verify")),
  startExport: (body: { format: "csv" | "ndjson"; from?: string; to?: string }) =>
    createOnce("/api/v1/audit/exports", body, (key) => call(http.POST("/api/v1/audit/exports", { ...once(key), body }))),
};
