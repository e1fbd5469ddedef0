// The shapes the server speaks, by the names it gives them. The generated schema is the only source: what it drops or
// renames no longer compiles here.

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Role = Schemas["Role"];
export type Money = Schemas["Money"];
export type PersonRef = Schemas["PersonRef"];

export type DemoLogin = Schemas["DemoLogin"];
export type Instance = Schemas["Instance"];
export type Me = Schemas["Me"];
export type LoginAnswer = Schemas["LoginAnswer"];
export type InvitationPreview = Schemas["InvitationPreview"];
export type Session = Schemas["Session"];
export type Tenant = Schemas["Tenant"];
export type SetupBody = Schemas["Setup"];

export type Member = Schemas["Member"];
export type Invitation = Schemas["Invitation"];
export type InvitationCreated = Schemas["InvitationCreated"];
export type ResetLink = Schemas["ResetLink"];
export type RoleInfo = Schemas["RoleInfo"];
export type PermissionInfo = Schemas["PermissionInfo"];
export type RoleMatrix = Schemas["RoleMatrix"];

export type KeyKind = Schemas["KeyKind"];
export type ApiKey = Schemas["ApiKey"];
export type NewKey = Schemas["NewKey"];
export type KeyCreated = Schemas["KeyCreated"];

export type Project = Schemas["Project"];

export type ApprovalState = Schemas["ApprovalState"];
export type DiffLine = Schemas["DiffLine"];
export type Reason = Schemas["Reason"];
export type Approval = Schemas["Approval"];
export type ApprovalCount = Schemas["ApprovalCount"];
export type ThresholdUnit = Schemas["ThresholdUnit"];
export type Threshold = Schemas["Threshold"];
export type ApprovalSettings = Schemas["ApprovalSettings"];

export type Spending = Schemas["Spending"];
export type SpendingChange = Schemas["SpendingChange"];
export type Erasure = Schemas["Erasure"];
export type NewErasure = Schemas["NewErasure"];

export type JobState = Schemas["JobState"];
export type Job = Schemas["Job"];
export type JobSummary = Schemas["JobSummary"];
export type Schedule = Schemas["Schedule"];

export type AuditEntry = Schemas["AuditEntry"];
export type VerifyResult = Schemas["Verdict"];

export type Permission = Me["permissions"][number];
export type ErasureState = Erasure["state"];

/** One page of a list. */
export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** What an export job leaves in its `result`, which the schema leaves open because every kind of job has its own. */
export interface ExportResult {
  url: string;
  rows: number;
  sha256: string;
}

/** What the stream of changes speaks of; events are not part of the schema. */
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
