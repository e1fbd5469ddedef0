// What the pages read, with its cache keys. The first part of every key is the topic the server announces changes by.

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import * as api from "./endpoints";
import type { JobState, Page, Topic } from "./types";

export const meQuery = queryOptions({ queryKey: ["me"], queryFn: api.me.get, staleTime: 60_000, retry: false });
export const instanceQuery = queryOptions({ queryKey: ["instance"], queryFn: api.auth.instance, staleTime: 60_000 });
export const sessionsQuery = queryOptions({ queryKey: ["sessions"], queryFn: api.me.sessions });
export const tenantQuery = (id: string) =>
  queryOptions({ queryKey: ["tenants", id], queryFn: () => api.tenants.get(id) });

export const membersQuery = queryOptions({ queryKey: ["users"], queryFn: api.team.members });
export const invitationsQuery = queryOptions({ queryKey: ["invitations"], queryFn: api.team.invitations });
export const rolesQuery = queryOptions({ queryKey: ["roles"], queryFn: api.team.roles, staleTime: Infinity });
export const keysQuery = queryOptions({ queryKey: ["keys"], queryFn: api.keys.list });

export const projectQuery = (id: string) =>
  queryOptions({ queryKey: ["projects", "one", id], queryFn: () => api.projects.get(id) });
export const projectsQuery = (filter: { q?: string; archived?: boolean }) =>
  paged(["projects", "list", filter], (cursor) => api.projects.list(filter, cursor));

export const approvalCountQuery = queryOptions({ queryKey: ["approvals", "count"], queryFn: api.approvals.count });
export const approvalQuery = (id: string) =>
  queryOptions({ queryKey: ["approvals", "one", id], queryFn: () => api.approvals.get(id) });
export const approvalsQuery = (state: "open" | "decided" | "all") =>
  paged(["approvals", "list", state], (cursor) => api.approvals.list(state, cursor));

export const approvalSettingsQuery = queryOptions({
  queryKey: ["settings", "approvals"],
  queryFn: api.settings.approvals,
});
export const spendingQuery = queryOptions({ queryKey: ["settings", "spending"], queryFn: api.settings.spending });
export const erasuresQuery = queryOptions({ queryKey: ["privacy"], queryFn: api.settings.erasures });

export const jobSummaryQuery = queryOptions({ queryKey: ["jobs", "summary"], queryFn: api.jobs.summary });
export const jobQuery = (id: string) =>
  queryOptions({ queryKey: ["jobs", "one", id], queryFn: () => api.jobs.get(id) });
export const jobsQuery = (filter: { state?: JobState; kind?: string }) =>
  paged(["jobs", "list", filter], (cursor) => api.jobs.list(filter, cursor));
export const schedulesQuery = queryOptions({ queryKey: ["jobs", "schedules"], queryFn: api.jobs.schedules });

export const auditEntryQuery = (id: string) =>
  queryOptions({ queryKey: ["audit", "one", id], queryFn: () => api.audit.get(id) });
export const auditQuery = (filter: api.AuditFilter) =>
  paged(["audit", "list", filter], (cursor) => api.audit.list(filter, cursor));
export const recentAuditQuery = (since: string) =>
  queryOptions({ queryKey: ["audit", "recent", since], queryFn: () => api.audit.list({ from: since }, undefined, 200) });

// A change on a topic can show up in answers kept under another one.
const ALSO: Partial<Record<Topic, string[]>> = {
  approvals: ["settings", "privacy"],
  settings: ["approvals"],
  users: ["me", "sessions"],
  tenants: ["me"],
  privacy: ["approvals"],
};

/** The first key parts to refresh after the server announced a change. */
export function keysForTopic(topic: Topic): string[] {
  return [topic, ...(ALSO[topic] ?? [])];
}

function paged<T, K extends readonly unknown[]>(queryKey: K, load: (cursor: string | undefined) => Promise<Page<T>>) {
  return infiniteQueryOptions({
    queryKey,
    queryFn: ({ pageParam }) => load(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}
