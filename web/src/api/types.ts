// The shapes the server speaks, one block per place of the app.

export type Role = "admin" | "marketer" | "analyst" | "approver";
export type Permission = string;
export interface Money {
  minor: number;
  currency: string;
}
export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}
export interface PersonRef {
  id: string;
  name: string;
}

export interface DemoLogin {
  role: Role;
  email: string;
  password: string;
  name: string;
}
export interface Instance {
  name: string;
  version: string;
  setup_needed: boolean;
  mail_configured: boolean;
  demo_logins: DemoLogin[];
}
export interface SetupBody {
  workspace_name: string;
  name: string;
  email: string;
  password: string;
  time_zone: string;
}
export interface Me {
  user: { id: string; name: string; email: string; time_zone: string } | null;
  tenant: { id: string; name: string; time_zone: string; currency: string };
  role: Role | null;
  permissions: Permission[];
  tenants: { id: string; name: string; role: Role }[];
  csrf_token: string | null;
  actor: "user" | "key";
  session_id: string | null;
}
export interface LoginAnswer {
  me: Me;
  access_token: string | null;
  refresh_token: string | null;
  expires_in: number | null;
  token_type: "Bearer" | null;
}
export interface InvitationPreview {
  workspace_name: string;
  email: string;
  role: Role;
  invited_by: string;
  has_account: boolean;
  expires_at: string;
}
export interface Session {
  id: string;
  kind: "cookie" | "token";
  created_at: string;
  last_seen_at: string;
  user_agent: string;
  network: string;
  current: boolean;
}
export interface Tenant {
  id: string;
  name: string;
  time_zone: string;
  currency: string;
  created_at: string;
  my_role: Role | null;
  version: number;
}

export interface Member {
  id: string;
  name: string;
  email: string;
  role: Role;
  status: "active" | "suspended";
  joined_at: string;
  last_seen_at: string | null;
  is_me: boolean;
  version: number;
}
export interface Invitation {
  id: string;
  email: string;
  role: Role;
  invited_by: string;
  created_at: string;
  expires_at: string;
  state: "pending" | "accepted" | "expired" | "revoked";
  mailed: boolean;
}
export interface InvitationCreated {
  invitation: Invitation;
  url: string;
}
export interface ResetLink {
  url: string;
  expires_at: string;
}
export interface RoleInfo {
  role: Role;
  title: string;
  summary: string;
}
export interface PermissionInfo {
  id: Permission;
  group: string;
  title: string;
  summary: string;
  roles: Role[];
}
export interface RoleMatrix {
  roles: RoleInfo[];
  permissions: PermissionInfo[];
}

export type KeyKind = "write" | "server" | "personal";
export interface ApiKey {
  id: string;
  name: string;
  kind: KeyKind;
  hint: string;
  permissions: Permission[];
  allowed_origins: string[];
  owner_id: string | null;
  owner_name: string | null;
  created_at: string;
  last_used_at: string | null;
  expires_at: string | null;
  revoked_at: string | null;
  mine: boolean;
}
export interface NewKey {
  name: string;
  kind: KeyKind;
  permissions?: Permission[];
  expires_in_days?: number;
  allowed_origins?: string[];
}
export interface KeyCreated {
  key: ApiKey;
  secret: string;
}

export interface Project {
  id: string;
  name: string;
  description: string;
  created_at: string;
  updated_at: string;
  archived_at: string | null;
  created_by: string | null;
  version: number;
}

export type ApprovalKind = "spending.raise_limit" | "privacy.erase";
export type ApprovalState =
  | "waiting"
  | "approved"
  | "sent_back"
  | "expired"
  | "withdrawn"
  | "executing"
  | "done"
  | "failed";
export type DiffUnit = "money" | "text" | "number" | "percent" | null;
export interface DiffLine {
  field: string;
  label: string;
  before: unknown;
  after: unknown;
  unit: DiffUnit;
}
export interface Reason {
  threshold: string;
  title: string;
  limit: string;
  actual: string;
}
export interface Approval {
  id: string;
  kind: ApprovalKind;
  title: string;
  subject: { kind: string; id: string; label: string };
  state: ApprovalState;
  diff: DiffLine[];
  reasons: Reason[];
  requested_by: PersonRef;
  requested_at: string;
  expires_at: string;
  required_permission: Permission;
  required_roles: Role[];
  decided_by: PersonRef | null;
  decided_at: string | null;
  note: string | null;
  outcome: string | null;
  job_id: string | null;
  content_hash: string;
  version: number;
  can_decide: boolean;
  why_not: string | null;
}
export interface ApprovalCount {
  waiting: number;
  mine_to_decide: number;
}
export type ThresholdUnit = "money" | "count" | "percent" | "score" | "always";
export interface Threshold {
  id: string;
  group: "automation" | "performance" | "quality";
  title: string;
  summary: string;
  unit: ThresholdUnit;
  direction: "above" | "below";
  default: number;
  value: number | null;
  currency: string | null;
}
export interface ApprovalSettings {
  thresholds: Threshold[];
  expiry_hours: number;
  version: number;
}

export interface Spending {
  limit: Money;
  updated_at: string | null;
  version: number;
  pending_approval_id: string | null;
}
export interface SpendingChange {
  spending: Spending;
  approval: Approval | null;
}
export type ErasureState = "waiting" | "executing" | "done" | "rejected" | "failed";
export interface Erasure {
  id: string;
  subject_kind: string;
  subject_id: string;
  subject_label: string;
  reason: string;
  state: ErasureState;
  approval_id: string | null;
  requested_at: string;
  finished_at: string | null;
  proof: { table: string; rows: number }[] | null;
}
export interface NewErasure {
  subject_kind: "member" | "project";
  subject_id: string;
  reason: string;
}

export type JobState = "queued" | "running" | "retrying" | "done" | "dead" | "cancelled";
export interface Job {
  id: string;
  kind: string;
  title: string;
  state: JobState;
  attempts: number;
  max_attempts: number;
  run_at: string;
  created_at: string;
  started_at: string | null;
  finished_at: string | null;
  progress: number | null;
  progress_note: string | null;
  error: { class: string; message: string } | null;
  result: unknown;
  request_id: string | null;
  cancel_requested: boolean;
  requested_by: string | null;
}
export interface JobSummary {
  queued: number;
  running: number;
  retrying: number;
  dead: number;
  oldest_due_seconds: number | null;
}
export interface Schedule {
  id: string;
  kind: string;
  title: string;
  cron: string;
  time_zone: string;
  next_at: string;
  last_at: string | null;
}

export interface AuditEntry {
  id: string;
  seq: number;
  at: string;
  actor: { kind: "user" | "key" | "system"; id: string | null; name: string };
  action: string;
  title: string;
  outcome: "done" | "denied";
  subject: { kind: string; id: string | null; label: string | null };
  before: unknown;
  after: unknown;
  request_id: string | null;
  hash: string;
  prev_hash: string;
}
export interface VerifyResult {
  ok: boolean;
  checked: number;
  head: string;
  broken: { seq: number; id: string; why: string } | null;
}
export interface ExportResult {
  url: string;
  rows: number;
  sha256: string;
}

export const TOPICS = [
  "approvals",
  "jobs",
  "projects",
  "users",
  "invitations",
  "keys",
  "audit",
  "settings",
  "tenants",
  "privacy",
] as const;
export type Topic = (typeof TOPICS)[number];
