// Every route the app calls, in the form openapi-fetch reads.

import type * as T from "./types";

interface Answer<R> {
  200: { headers: Record<string, unknown>; content: { "application/json": R } };
}
type Op<R, O extends { path?: object; query?: object; body?: unknown } = object> = {
  parameters: (O extends { path: infer P } ? { path: P } : { path?: never }) &
    (O extends { query: infer Q } ? { query?: Q } : { query?: never });
  responses: Answer<R>;
} & (O extends { body: infer B }
  ? { requestBody: { content: { "application/json": B } } }
  : { requestBody?: never });
type Id = { path: { id: string } };
type Paging = { cursor?: string; limit?: number };

export interface paths {
  "/api/v1/instance": { get: Op<T.Instance> };
  "/api/v1/setup": { post: Op<T.Me, { body: T.SetupBody }> };
  "/api/v1/auth/login": { post: Op<T.LoginAnswer, { body: { email: string; password: string; session: "cookie" } }> };
  "/api/v1/auth/logout": { post: Op<void> };
  "/api/v1/auth/logout-everywhere": { post: Op<void> };
  "/api/v1/auth/password/forgot": { post: Op<{ message: string }, { body: { email: string } }> };
  "/api/v1/auth/password/reset": { post: Op<void, { body: { token: string; password: string } }> };
  "/api/v1/auth/invitation/preview": { post: Op<T.InvitationPreview, { body: { token: string } }> };
  "/api/v1/auth/invitation/accept": {
    post: Op<T.LoginAnswer, { body: { token: string; name?: string; password: string; session: "cookie" } }>;
  };

  "/api/v1/me": { get: Op<T.Me>; patch: Op<T.Me, { body: { name?: string; time_zone?: string } }> };
  "/api/v1/me/password": { post: Op<void, { body: { current_password: string; new_password: string } }> };
  "/api/v1/me/tenant": { post: Op<T.Me, { body: { tenant_id: string } }> };
  "/api/v1/me/sessions": { get: Op<{ items: T.Session[] }> };
  "/api/v1/me/sessions/{id}": { delete: Op<void, Id> };

  "/api/v1/tenants": {
    get: Op<T.Page<T.Tenant>, { query: Paging }>;
    post: Op<T.Tenant, { body: { name: string; time_zone: string; currency?: string } }>;
  };
  "/api/v1/tenants/{id}": {
    get: Op<T.Tenant, Id>;
    patch: Op<T.Tenant, Id & { body: { name?: string; time_zone?: string; currency?: string } }>;
  };

  "/api/v1/users": { get: Op<T.Page<T.Member>, { query: Paging & { q?: string } }> };
  "/api/v1/users/{id}": {
    get: Op<T.Member, Id>;
    patch: Op<T.Member, Id & { body: { role?: T.Role; status?: T.Member["status"] } }>;
    delete: Op<void, Id>;
  };
  "/api/v1/users/{id}/reset-link": { post: Op<T.ResetLink, Id> };
  "/api/v1/invitations": {
    get: Op<T.Page<T.Invitation>, { query: Paging }>;
    post: Op<T.InvitationCreated, { body: { email: string; role: T.Role } }>;
  };
  "/api/v1/invitations/{id}": { delete: Op<void, Id> };
  "/api/v1/invitations/{id}/renew": { post: Op<T.InvitationCreated, Id> };
  "/api/v1/roles": { get: Op<T.RoleMatrix> };

  "/api/v1/keys": { get: Op<T.Page<T.ApiKey>, { query: Paging }>; post: Op<T.KeyCreated, { body: T.NewKey }> };
  "/api/v1/keys/{id}": { delete: Op<void, Id> };

  "/api/v1/projects": {
    get: Op<T.Page<T.Project>, { query: Paging & { q?: string; archived?: boolean } }>;
    post: Op<T.Project, { body: { name: string; description?: string } }>;
  };
  "/api/v1/projects/{id}": {
    get: Op<T.Project, Id>;
    patch: Op<T.Project, Id & { body: { name?: string; description?: string } }>;
    delete: Op<void, Id>;
  };
  "/api/v1/projects/{id}/restore": { post: Op<T.Project, Id> };

  "/api/v1/approvals": { get: Op<T.Page<T.Approval>, { query: Paging & { state?: "open" | "decided" | "all" } }> };
  "/api/v1/approvals/count": { get: Op<T.ApprovalCount> };
  "/api/v1/approvals/{id}": { get: Op<T.Approval, Id> };
  "/api/v1/approvals/{id}/approve": { post: Op<T.Approval, Id & { body: { note?: string; content_hash: string } }> };
  "/api/v1/approvals/{id}/send-back": { post: Op<T.Approval, Id & { body: { note: string; content_hash: string } }> };
  "/api/v1/approvals/{id}/withdraw": { post: Op<T.Approval, Id> };
  "/api/v1/settings/approvals": {
    get: Op<T.ApprovalSettings>;
    put: Op<T.ApprovalSettings, { body: { thresholds: Record<string, number | null>; expiry_hours: number } }>;
  };

  "/api/v1/settings/spending": {
    get: Op<T.Spending>;
    put: Op<T.SpendingChange, { body: { limit: T.Money; reason?: string } }>;
  };
  "/api/v1/privacy/erasures": {
    get: Op<T.Page<T.Erasure>, { query: Paging }>;
    post: Op<T.Erasure, { body: T.NewErasure }>;
  };

  "/api/v1/jobs": { get: Op<T.Page<T.Job>, { query: Paging & { state?: T.JobState; kind?: string } }> };
  "/api/v1/jobs/summary": { get: Op<T.JobSummary> };
  "/api/v1/jobs/{id}": { get: Op<T.Job, Id> };
  "/api/v1/jobs/{id}/retry": { post: Op<T.Job, Id> };
  "/api/v1/jobs/{id}/cancel": { post: Op<T.Job, Id> };
  "/api/v1/schedules": { get: Op<{ items: T.Schedule[] }> };

  "/api/v1/audit": {
    get: Op<
      T.Page<T.AuditEntry>,
      { query: Paging & { q?: string; actor?: string; action?: string; subject?: string; from?: string; to?: string } }
    >;
  };
  "/api/v1/audit/{id}": { get: Op<T.AuditEntry, Id> };
  "/api/v1/audit/verify": { post: Op<T.VerifyResult> };
  "/api/v1/audit/exports": { post: Op<T.Job, { body: { format: "csv" | "ndjson"; from?: string; to?: string } }> };
}
