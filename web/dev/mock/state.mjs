// The stand-in server's memory: a demo workspace with enough in it to look at every page.

import { createHash, randomBytes } from "node:crypto";

let counter = 1000;
export const id = (prefix) => `${prefix}_${(counter++).toString(36).padStart(6, "0")}${randomBytes(3).toString("hex")}`;
export const ago = (minutes) => new Date(Date.now() - minutes * 60_000).toISOString();
export const ahead = (minutes) => ago(-minutes);
export const sha = (value) => createHash("sha256").update(JSON.stringify(value)).digest("hex");

export const ROLES = [
  { role: "admin", title: "Admin", summary: "Runs the workspace: team, keys, limits, privacy. May do everything." },
  { role: "marketer", title: "Marketer", summary: "Builds and runs the work; asks for approval where one is needed." },
  { role: "analyst", title: "Analyst", summary: "Reads everything needed to explain the numbers; changes nothing." },
  { role: "approver", title: "Approver", summary: "Decides what others ask for: approve, or send back with a note." },
];
const all = ["admin", "marketer", "analyst", "approver"];
const p = (pid, group, title, summary, roles) => ({ id: pid, group, title, summary, roles });
export const PERMISSIONS = [
  p("workspace.read", "Workspace", "See the workspace", "Its name, time zone, currency and limits.", all),
  p("workspace.manage", "Workspace", "Change the workspace", "Name, time zone, currency, and when a person must be asked.", ["admin"]),
  p("spending.change", "Workspace", "Change the spending limit", "Raising it by more than the threshold waits for an approval.", ["admin", "marketer"]),
  p("privacy.erase", "Workspace", "Ask to erase data", "Erasing cannot be undone; by default it waits for an approval.", ["admin"]),
  p("team.read", "Team", "See the team", "Who is here, and in which role.", all),
  p("team.manage", "Team", "Manage the team", "Invite, change roles, suspend, remove, give reset links.", ["admin"]),
  p("keys.own", "Keys", "Own personal tokens", "Tokens that act as yourself, for scripts and tools.", all),
  p("keys.manage", "Keys", "Manage the workspace's keys", "Write keys for websites and secret keys for servers.", ["admin"]),
  p("signals.write", "Keys", "Send signals", "What a write key in a browser may do; it reads nothing.", ["admin", "marketer"]),
  p("projects.read", "Projects", "See projects", "", all),
  p("projects.write", "Projects", "Change projects", "Create, rename, archive, restore.", ["admin", "marketer"]),
  p("approvals.read", "Approvals", "See requests", "What waits for a person, and what was decided.", all),
  p("approvals.decide", "Approvals", "Decide requests", "Approve or send back what somebody else asked for; never one's own.", ["admin", "approver"]),
  p("jobs.read", "Jobs", "See background work", "", all),
  p("jobs.manage", "Jobs", "Steer background work", "Retry and cancel.", ["admin"]),
  p("audit.read", "Audit", "Read the audit log", "Who did what and when; verify that nothing was altered.", ["admin", "analyst", "approver"]),
  p("audit.export", "Audit", "Export the audit log", "As CSV or NDJSON, by a signed link.", ["admin", "analyst"]),
];
export const permissionsOf = (role) => PERMISSIONS.filter((x) => x.roles.includes(role)).map((x) => x.id);

const t = (tid, group, unit, direction, def, title, summary) => ({ id: tid, group, unit, direction, default: def, value: def, title, summary, currency: unit === "money" ? "EUR" : null });
const THRESHOLDS = [
  t("high_impact", "automation", "money", "above", 100_000, "High-impact automation", "An automation that could move more money than this."),
  t("recipients", "automation", "count", "above", 10_000, "Large audience", "A campaign on several channels that reaches more people than this."),
  t("trigger_impact", "automation", "percent", "above", 50, "Behavioural trigger", "A trigger expected to change engagement by more than this."),
  t("personalisation", "automation", "percent", "above", 80, "Heavy personalisation", "More than this share of a message's content is replaced."),
  t("engagement_anomaly", "performance", "percent", "above", 100, "Engagement anomaly", "Engagement changed by more than this."),
  t("conversion_change", "performance", "percent", "above", 50, "Conversion rate change", "The conversion rate changed by more than this."),
  t("channel_change", "performance", "percent", "above", 30, "Channel performance change", "A channel's performance changed by more than this."),
  t("budget_change", "performance", "money", "above", 50_000, "Budget change", "A budget or spending limit is raised by more than this."),
  t("content_quality", "quality", "score", "below", 85, "Content quality", "A content quality score below this."),
  t("user_satisfaction", "quality", "score", "below", 90, "User satisfaction", "A satisfaction score below this."),
  t("degradation", "quality", "percent", "above", 15, "Performance degradation", "Performance fell by more than this."),
  t("privacy", "quality", "always", "above", 0, "Privacy and compliance", "Erasing data, and anything with a GDPR or privacy question."),
];

export const state = { setupNeeded: false, users: [], tenants: [], sessions: new Map(), resets: new Map(), streams: new Set(), demo: true };

export function newTenant(name, zone, currency = "EUR") {
  const tenant = {
    id: id("ten"), name, time_zone: zone, currency, created_at: ago(60 * 24 * 21), version: 1,
    members: [], invitations: [], keys: [], projects: [], approvals: [], jobs: [], audit: [], erasures: [],
    spending: { limit: { minor: 100_000, currency }, updated_at: null, version: 1, pending_approval_id: null },
    approvalSettings: { thresholds: THRESHOLDS.map((x) => ({ ...x, currency: x.unit === "money" ? currency : null })), expiry_hours: 72, version: 1 },
    schedules: [
      { id: id("sch"), kind: "approvals.expire", title: "Close requests that have expired", cron: "*/5 * * * *", time_zone: "UTC", next_at: ahead(3), last_at: ago(2) },
      { id: id("sch"), kind: "audit.verify", title: "Verify the audit log", cron: "30 3 * * *", time_zone: zone, next_at: ahead(60 * 9), last_at: ago(60 * 15) },
      { id: id("sch"), kind: "housekeeping", title: "Clear expired sessions, links and remembered answers", cron: "15 * * * *", time_zone: zone, next_at: ahead(22), last_at: ago(38) },
    ],
  };
  state.tenants.push(tenant);
  return tenant;
}

export function newUser(name, email, password, zone = "Europe/Berlin") {
  const user = { id: id("usr"), name, email, password, time_zone: zone };
  state.users.push(user);
  return user;
}

export function join(tenant, user, role, minutes = 0) {
  const member = { id: user.id, name: user.name, email: user.email, role, status: "active", joined_at: ago(minutes), last_seen_at: ago(Math.min(minutes, 9)), version: 1 };
  tenant.members.push(member);
  return member;
}

/** Adds to the hash-chained log. */
export function record(tenant, actor, action, title, subject, before = null, after = null, at = new Date().toISOString(), requestId = id("req"), outcome = "done") {
  const previous = tenant.audit.at(-1);
  const entry = {
    id: id("aud"), seq: (previous?.seq ?? 0) + 1, at,
    actor: actor ? { kind: "user", id: actor.id, name: actor.name } : { kind: "system", id: null, name: "Marketflow" },
    action, title, outcome, subject, before, after, request_id: requestId, prev_hash: previous?.hash ?? "0".repeat(64),
  };
  entry.hash = sha(entry);
  tenant.audit.push(entry);
  return entry;
}

export function newJob(tenant, kind, title, over = {}) {
  const job = {
    id: id("job"), kind, title, state: "queued", attempts: 0, max_attempts: 8, run_at: ago(0), created_at: ago(0), started_at: null,
    finished_at: null, progress: null, progress_note: null, error: null, result: null, request_id: id("req"), cancel_requested: false, requested_by: null, ...over,
  };
  tenant.jobs.unshift(job);
  return job;
}

export function newApproval(tenant, by, parts) {
  const approval = {
    id: id("apr"), state: "waiting", requested_by: { id: by.id, name: by.name }, requested_at: ago(0),
    expires_at: ahead(tenant.approvalSettings.expiry_hours * 60), required_permission: "approvals.decide", required_roles: ["admin", "approver"],
    decided_by: null, decided_at: null, note: null, outcome: null, job_id: null, version: 1, ...parts,
  };
  approval.content_hash = sha([approval.kind, approval.subject, approval.diff]);
  tenant.approvals.unshift(approval);
  return approval;
}

export const money = (minor, currency = "EUR") => ({ minor, currency });

export function seed() {
  const north = newTenant("Northwind Studio", "Europe/Berlin");
  const side = newTenant("Side Project", "Europe/Lisbon");
  const people = {
    admin: newUser("Alex Admin", "admin@demo.local", "demo-admin-password"),
    marketer: newUser("Mia Marketer", "marketer@demo.local", "demo-marketer-password"),
    analyst: newUser("Ana Analyst", "analyst@demo.local", "demo-analyst-password"),
    approver: newUser("Abe Approver", "approver@demo.local", "demo-approver-password"),
  };
  for (const [role, user] of Object.entries(people)) join(north, user, role, 60 * 24 * 20);
  join(side, people.admin, "admin", 60 * 24 * 4);
  const logged = [];
  const log = (minutes, ...rest) => logged.push({ minutes, rest });
  const day = 1440;
  log(day * 20, people.admin, "tenant.created", "Created the workspace Northwind Studio", { kind: "tenant", id: north.id, label: north.name }, null, { name: north.name, time_zone: "Europe/Berlin", currency: "EUR" });
  for (const who of ["marketer", "analyst", "approver"]) {
    const m = people[who];
    log(day * 19 + 30, people.admin, "invitation.created", `Invited ${m.email} as ${who}`, { kind: "invitation", id: id("inv"), label: m.email }, null, { email: m.email, role: who });
    log(day * 19, m, "invitation.accepted", `${m.name} joined as ${who}`, { kind: "user", id: m.id, label: m.name }, null, { role: who });
  }
  const projects = [
    ["Spring collection", "Launch of the new collection in all three countries.", 18],
    ["Win back sleepers", "People who bought once and never came back.", 12],
    ["Newsletter", "Every Thursday, 10:00.", 9],
    ["Trade fair Lyon", "Invitations and follow-up.", 3],
  ];
  for (const [name, description, days] of projects) {
    const by = days % 2 ? people.marketer : people.admin;
    const project = { id: id("prj"), name, description, created_at: ago(day * days), updated_at: ago(day * days - 90), archived_at: null, created_by: by.name, version: 1 };
    north.projects.push(project);
    log(day * days, by, "project.created", `Created the project ${name}`, { kind: "project", id: project.id, label: name }, null, { name, description });
  }
  const fair = north.projects[3];
  log(day * 2, people.marketer, "project.updated", "Changed the project Trade fair Lyon", { kind: "project", id: fair.id, label: fair.name }, { description: "" }, { description: fair.description });
  north.keys.push(
    { id: id("key"), name: "Shop website", kind: "write", hint: "mfw_…k2Qd", permissions: ["signals.write"], allowed_origins: ["https://shop.example"], owner_id: null, owner_name: null, created_at: ago(day * 15), last_used_at: ago(1), expires_at: null, revoked_at: null },
    { id: id("key"), name: "Warehouse sync", kind: "server", hint: "mfs_…x9Qa", permissions: ["projects.read", "jobs.read"], allowed_origins: [], owner_id: null, owner_name: null, created_at: ago(day * 11), last_used_at: ago(64), expires_at: ahead(day * 79), revoked_at: null },
    { id: id("key"), name: "My notebook", kind: "personal", hint: "mfp_…77Lm", permissions: ["projects.read"], allowed_origins: [], owner_id: people.analyst.id, owner_name: "Ana Analyst", created_at: ago(day * 2), last_used_at: null, expires_at: null, revoked_at: null },
  );
  log(day * 15, people.admin, "key.created", "Made the write key Shop website", { kind: "key", id: north.keys[0].id, label: "Shop website" }, null, { kind: "write" });
  north.invitations.push({ id: id("inv"), email: "lee@agency.example", role: "marketer", invited_by: "Alex Admin", created_at: ago(day), expires_at: ahead(day * 6), state: "pending", mailed: false });
  newApproval(north, people.admin, {
    kind: "privacy.erase", title: "Erase the project Old newsletter", requested_at: ago(210), expires_at: ahead(60 * 68),
    subject: { kind: "project", id: id("prj"), label: "Old newsletter" },
    diff: [{ field: "project", label: "Project", before: "Old newsletter", after: null, unit: "text" }, { field: "rows", label: "Records", before: 318, after: 0, unit: "number" }],
    reasons: [{ threshold: "privacy", title: "Privacy and compliance", limit: "always asks", actual: "erases 318 records for good" }],
  });
  const raise = newApproval(north, people.marketer, {
    kind: "spending.raise_limit", title: "Raise the spending limit to €2,500", requested_at: ago(42), expires_at: ahead(60 * 5 + 12),
    subject: { kind: "spending", id: north.id, label: "Monthly spending limit" },
    diff: [{ field: "limit", label: "Spending limit", before: money(100_000), after: money(250_000), unit: "money" }],
    reasons: [{ threshold: "budget_change", title: "Budget change", limit: "raised by more than €500", actual: "raised by €1,500" }],
  });
  north.spending.pending_approval_id = raise.id;
  log(42, people.marketer, "approval.requested", "Asked to raise the spending limit to €2,500", { kind: "approval", id: raise.id, label: raise.title }, { limit: money(100_000) }, { limit: money(250_000) });
  newApproval(north, people.marketer, {
    kind: "spending.raise_limit", title: "Raise the spending limit to €1,000", requested_at: ago(day * 8), expires_at: ago(day * 5), state: "done",
    subject: { kind: "spending", id: north.id, label: "Monthly spending limit" },
    diff: [{ field: "limit", label: "Spending limit", before: money(20_000), after: money(100_000), unit: "money" }],
    reasons: [{ threshold: "budget_change", title: "Budget change", limit: "raised by more than €500", actual: "raised by €800" }],
    decided_by: { id: people.approver.id, name: "Abe Approver" }, decided_at: ago(day * 8 - 30), note: "Fine for the spring launch.", outcome: "The limit is now €1,000.",
  });
  log(day * 8 - 30, people.approver, "approval.approved", "Approved: Raise the spending limit to €1,000", { kind: "approval", id: north.approvals.at(-1).id, label: "Raise the spending limit to €1,000" }, { state: "waiting" }, { state: "executing" });
  newJob(north, "audit.export", "Export the audit log as CSV", { state: "running", attempts: 1, created_at: ago(3), started_at: ago(2), run_at: ago(3), progress: 0.62, progress_note: "12,400 of 20,000 entries", requested_by: "Ana Analyst" });
  newJob(north, "mail.send", "Send the invitation to lee@agency.example", { state: "retrying", attempts: 3, created_at: ago(26), started_at: ago(4), run_at: ahead(2), error: { class: "transient", message: "The mail server mail.example did not answer within 10 s." } });
  newJob(north, "mail.send", "Send the password link to kim@agency.example", { state: "dead", attempts: 8, created_at: ago(day), started_at: ago(day - 60), finished_at: ago(day - 62), run_at: ago(day), error: { class: "permanent", message: "The mail server refused the address: 550 no such mailbox." } });
  for (let i = 0; i < 14; i++) newJobDone(north, i);
  for (const { minutes, rest } of logged.toSorted((a, b) => b.minutes - a.minutes)) {
    const [who, action, title, subject, before, after] = rest;
    record(north, who, action, title, subject, before, after, ago(minutes));
  }
  record(side, people.admin, "tenant.created", "Created the workspace Side Project", { kind: "tenant", id: side.id, label: side.name }, null, null, ago(day * 4));
  state.people = people;
}

function newJobDone(tenant, i) {
  const minutes = 60 + i * 190;
  const job = newJob(tenant, i % 3 ? "audit.verify" : "housekeeping", i % 3 ? "Verify the audit log" : "Clear expired sessions, links and remembered answers", {
    state: "done", attempts: 1, created_at: ago(minutes), run_at: ago(minutes), started_at: ago(minutes), finished_at: ago(minutes - 0.02), progress: 1,
  });
  tenant.jobs.splice(tenant.jobs.indexOf(job), 1);
  tenant.jobs.push(job);
}
