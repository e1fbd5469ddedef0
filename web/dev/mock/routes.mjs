// What the stand-in server answers, route by route, following the HTTP contract.

import { announce, checkVersion, context, endSession, invalid, meOf, notFound, page, refuse, startSession } from "./http.mjs";
import { ahead, id, join, money, newApproval, newJob, newTenant, newUser, PERMISSIONS, record, ROLES, sha, state } from "./state.mjs";

const euros = (m) => new Intl.NumberFormat("en-GB", { style: "currency", currency: m.currency, maximumFractionDigits: m.minor % 100 ? 2 : 0 }).format(m.minor / 100);
const later = (ms, run) => setTimeout(run, ms).unref();
const find = (list, wanted, what) => list.find((x) => x.id === wanted) ?? notFound(what);
const now = () => new Date().toISOString();
const longEnough = (password) => (password?.length >= 12 ? password : invalid("password", "is too short", "Use at least 12 characters."));

function approvalFor(c, a) {
  const own = a.requested_by.id === c.user.id;
  const may = c.me.permissions.includes("approvals.decide");
  const why = a.state !== "waiting" ? "This request is no longer open." : own ? "You asked for this yourself; somebody else has to decide." : may ? null : "Your role cannot decide requests. Admins and approvers can.";
  return { ...a, can_decide: why === null, why_not: why };
}

function execute(c, a) {
  const job = newJob(c.tenant, a.kind === "privacy.erase" ? "privacy.erase" : "spending.apply", a.title, { requested_by: a.requested_by.name });
  Object.assign(a, { state: "executing", job_id: job.id });
  later(900, () => {
    Object.assign(job, { state: "done", attempts: 1, started_at: now(), finished_at: now(), progress: 1 });
    Object.assign(a, { state: "done", version: a.version + 1 });
    if (a.kind === "spending.raise_limit") {
      c.tenant.spending = { limit: a.diff[0].after, updated_at: now(), version: c.tenant.spending.version + 1, pending_approval_id: null };
      a.outcome = `The limit is now ${euros(a.diff[0].after)}.`;
    } else {
      const erasure = c.tenant.erasures.find((e) => e.approval_id === a.id);
      if (erasure) Object.assign(erasure, { state: "done", finished_at: now(), proof: [{ table: "memberships", rows: 1 }, { table: "audit actor names", rows: 12 }, { table: "sessions", rows: 2 }] });
      a.outcome = "Everything about it is erased.";
    }
    record(c.tenant, null, `${a.kind}.done`, a.outcome, { kind: "approval", id: a.id, label: a.title });
    announce(c.tenant, "approvals", "jobs", "settings", "privacy");
  });
}

function decide(state_, title) {
  return ({ req, c, body, params }) => {
    c.need("approvals.decide");
    const a = find(c.tenant.approvals, params.id, "request");
    if (a.state !== "waiting") refuse(409, "conflict", "Somebody already decided this request.");
    if (a.requested_by.id === c.user.id) refuse(403, "forbidden", "You asked for this yourself; somebody else has to decide.");
    if (body.content_hash !== a.content_hash) refuse(412, "stale", "The request changed since you opened it.");
    if (state_ === "sent_back" && !body.note) invalid("note", "is missing", "Say what should change.");
    if (req.headers["x-fail"]) refuse(503, "unavailable", "Forced.");
    Object.assign(a, { decided_by: { id: c.user.id, name: c.user.name }, decided_at: now(), note: body.note ?? null, version: a.version + 1, state: state_ });
    record(c.tenant, c.user, `approval.${state_}`, `${title}: ${a.title}`, { kind: "approval", id: a.id, label: a.title }, { state: "waiting" }, { state: state_, note: a.note });
    if (state_ === "approved") execute(c, a);
    else {
      if (a.kind === "spending.raise_limit") c.tenant.spending.pending_approval_id = null;
      const erasure = c.tenant.erasures.find((e) => e.approval_id === a.id);
      if (erasure) erasure.state = "rejected";
    }
    announce(c.tenant, "approvals", "jobs", "settings");
    return [200, approvalFor(c, a)];
  };
}

const withMe = (c) => (m) => ({ ...m, is_me: m.id === c.user.id });
const invitationUrl = (token) => `/accept-invitation#${token}`;
const shownKey = (c) => ({ secret: _secret, ...k }) => ({ ...k, mine: k.owner_id === c.user.id });
const shownTenant = (c) => (x) => ({ id: x.id, name: x.name, time_zone: x.time_zone, currency: x.currency, created_at: x.created_at, version: x.version, my_role: x.members.find((m) => m.id === c.user.id)?.role ?? null });

const open = {
  "GET /instance": () => [200, { name: "Marketflow", version: "0.1.0", setup_needed: state.setupNeeded, mail_configured: state.demo, demo_logins: state.setupNeeded || !state.demo ? [] : Object.entries(state.people).map(([role, u]) => ({ role, email: u.email, password: u.password, name: u.name })) }],
  "POST /setup": ({ req, res, body }) => {
    if (!state.setupNeeded) refuse(409, "setup_done", "This Marketflow is already set up.", "Sign in instead.");
    longEnough(body.password);
    const tenant = newTenant(body.workspace_name, body.time_zone);
    const user = newUser(body.name, body.email, body.password, body.time_zone);
    join(tenant, user, "admin");
    state.setupNeeded = false;
    record(tenant, user, "tenant.created", `Created the workspace ${tenant.name}`, { kind: "tenant", id: tenant.id, label: tenant.name });
    return [201, meOf(startSession(req, res, user, tenant))];
  },
  "POST /auth/login": ({ req, res, body }) => {
    const user = state.users.find((u) => u.email === body.email && u.password === body.password);
    const tenant = user && state.tenants.find((x) => x.members.some((m) => m.id === user.id && m.status === "active"));
    if (!tenant) refuse(401, "unauthenticated", "Email or password is wrong.", "Check both, or use “Forgot password?”.");
    return [200, { me: meOf(startSession(req, res, user, tenant)), access_token: null, refresh_token: null, expires_in: null, token_type: null }];
  },
  "POST /auth/password/forgot": () => [202, { message: "If this address has an account here, a link is on its way. It works for one hour." }],
  "POST /auth/password/reset": ({ body }) => {
    const user = state.resets.get(body.token) ?? refuse(410, "gone", "This link was used or has expired.", "Ask for a new one.");
    user.password = longEnough(body.password);
    state.resets.delete(body.token);
    return [204];
  },
  "POST /auth/invitation/preview": ({ body }) => {
    const { tenant, invitation } = invitationBy(body.token);
    return [200, { workspace_name: tenant.name, email: invitation.email, role: invitation.role, invited_by: invitation.invited_by, has_account: state.users.some((u) => u.email === invitation.email), expires_at: invitation.expires_at }];
  },
  "POST /auth/invitation/accept": ({ req, res, body }) => {
    const { tenant, invitation } = invitationBy(body.token);
    let user = state.users.find((u) => u.email === invitation.email);
    if (user && user.password !== body.password) invalid("password", "is not the one of your account", "Use the password you already have here.");
    if (!user) user = newUser(body.name ?? invalid("name", "is missing", "Say what you are called."), invitation.email, longEnough(body.password));
    join(tenant, user, invitation.role);
    Object.assign(invitation, { state: "accepted", token: null });
    record(tenant, user, "invitation.accepted", `${user.name} joined as ${invitation.role}`, { kind: "user", id: user.id, label: user.name }, null, { role: invitation.role });
    announce(tenant, "users", "invitations");
    return [200, { me: meOf(startSession(req, res, user, tenant)), access_token: null, refresh_token: null, expires_in: null, token_type: null }];
  },
};

function invitationBy(token) {
  for (const tenant of state.tenants) {
    const invitation = tenant.invitations.find((i) => i.token && i.token === token && i.state === "pending");
    if (invitation) return { tenant, invitation };
  }
  return refuse(410, "gone", "This invitation was used, taken back, or has expired.", "Ask for a new one.");
}

const mine = {
  "POST /auth/logout": ({ c }) => (endSession(c.session), [204]),
  "POST /auth/logout-everywhere": ({ c }) => {
    for (const s of state.sessions.values()) if (s.userId === c.user.id) endSession(s);
    return [204];
  },
  "GET /me": ({ c }) => [200, c.me],
  "PATCH /me": ({ c, body }) => {
    if (body.name !== undefined && !body.name.trim()) invalid("name", "is empty", "Say what you are called.");
    Object.assign(c.user, body);
    for (const x of state.tenants) for (const m of x.members) if (m.id === c.user.id) m.name = c.user.name;
    announce(c.tenant, "users");
    return [200, meOf(c.session)];
  },
  "POST /me/password": ({ c, body }) => {
    if (body.current_password !== c.user.password) invalid("current_password", "is not right", "Type the password you sign in with today.");
    c.user.password = body.new_password.length >= 12 ? body.new_password : invalid("new_password", "is too short", "Use at least 12 characters.");
    return [204];
  },
  "POST /me/tenant": ({ c, body }) => {
    if (!c.me.tenants.some((x) => x.id === body.tenant_id)) notFound("workspace");
    c.session.tenantId = body.tenant_id;
    return [200, meOf(c.session)];
  },
  "GET /me/sessions": ({ c }) => [200, { items: [...state.sessions.values()].filter((s) => s.userId === c.user.id).map((s) => ({ id: s.id, kind: s.kind, created_at: s.created_at, last_seen_at: s.last_seen_at, user_agent: s.user_agent, network: s.network, current: s === c.session })) }],
  "DELETE /me/sessions/:id": ({ c, params }) => {
    endSession(find([...state.sessions.values()].filter((s) => s.userId === c.user.id), params.id, "session"));
    return [204];
  },
  "GET /tenants": ({ c, query }) => [200, page(state.tenants.filter((x) => x.members.some((m) => m.id === c.user.id)).map(shownTenant(c)), query)],
  "POST /tenants": ({ c, body }) => {
    if (!body.name) invalid("name", "is missing", "Give the workspace a name.");
    const tenant = newTenant(body.name, body.time_zone, body.currency);
    join(tenant, c.user, "admin");
    return [201, shownTenant(c)(tenant)];
  },
  "GET /tenants/:id": ({ c, params }) => [200, shownTenant(c)(find(state.tenants.filter((x) => x.members.some((m) => m.id === c.user.id)), params.id, "workspace"))],
  "PATCH /tenants/:id": ({ req, c, params, body }) => {
    c.need("workspace.manage");
    const tenant = find([c.tenant], params.id, "workspace");
    checkVersion(req, tenant.version);
    if (body.name !== undefined && !body.name.trim()) invalid("name", "is empty", "Give the workspace a name.");
    const before = shownTenant(c)(tenant);
    Object.assign(tenant, body, { version: tenant.version + 1 });
    record(tenant, c.user, "tenant.updated", "Changed the workspace", { kind: "tenant", id: tenant.id, label: tenant.name }, { name: before.name, time_zone: before.time_zone, currency: before.currency }, { name: tenant.name, time_zone: tenant.time_zone, currency: tenant.currency });
    announce(tenant, "tenants");
    return [200, shownTenant(c)(tenant)];
  },
};

const people = {
  "GET /users": ({ c, query }) => (c.need("team.read"), [200, page(c.tenant.members.map(withMe(c)), query)]),
  "PATCH /users/:id": ({ req, c, params, body }) => {
    c.need("team.manage");
    const m = find(c.tenant.members, params.id, "person");
    checkVersion(req, m.version);
    const admins = c.tenant.members.filter((x) => x.role === "admin" && x.status === "active");
    if (m.role === "admin" && admins.length === 1 && (body.role ?? "admin") !== "admin") refuse(409, "conflict", `${m.name} is the only admin.`, "Make somebody else an admin first.");
    const before = { role: m.role, status: m.status };
    Object.assign(m, body, { version: m.version + 1 });
    record(c.tenant, c.user, "user.updated", body.role ? `Made ${m.name} ${body.role}` : `${body.status === "suspended" ? "Suspended" : "Reactivated"} ${m.name}`, { kind: "user", id: m.id, label: m.name }, before, { role: m.role, status: m.status });
    announce(c.tenant, "users");
    return [200, withMe(c)(m)];
  },
  "DELETE /users/:id": ({ req, c, params }) => {
    c.need("team.manage");
    const m = find(c.tenant.members, params.id, "person");
    checkVersion(req, m.version);
    c.tenant.members = c.tenant.members.filter((x) => x !== m);
    record(c.tenant, c.user, "user.removed", `Removed ${m.name} from the workspace`, { kind: "user", id: m.id, label: m.name }, { role: m.role }, null);
    announce(c.tenant, "users");
    return [204];
  },
  "POST /users/:id/reset-link": ({ c, params }) => {
    c.need("team.manage");
    const token = sha([params.id, Math.random()]).slice(0, 32);
    state.resets.set(token, state.users.find((u) => u.id === params.id));
    return [201, { url: `/reset-password#${token}`, expires_at: ahead(60) }];
  },
  "GET /invitations": ({ c, query }) => (c.need("team.read"), [200, page(c.tenant.invitations.map(({ token: _t, ...i }) => i), query)]),
  "POST /invitations": ({ c, body }) => {
    c.need("team.manage");
    if (!/^\S+@\S+\.\S+$/.test(body.email)) invalid("email", "is not an email address", "Write it like name@company.com.");
    if (c.tenant.members.some((m) => m.email === body.email)) refuse(409, "conflict", `${body.email} is already in this workspace.`);
    const token = sha([body.email, Math.random()]).slice(0, 40);
    const invitation = { id: id("inv"), email: body.email, role: body.role, invited_by: c.user.name, created_at: now(), expires_at: ahead(7 * 1440), state: "pending", mailed: false, token };
    c.tenant.invitations.unshift(invitation);
    record(c.tenant, c.user, "invitation.created", `Invited ${body.email} as ${body.role}`, { kind: "invitation", id: invitation.id, label: body.email }, null, { email: body.email, role: body.role });
    announce(c.tenant, "invitations");
    return [201, { invitation: { ...invitation, token: undefined }, url: invitationUrl(token) }];
  },
  "DELETE /invitations/:id": ({ c, params }) => {
    c.need("team.manage");
    Object.assign(find(c.tenant.invitations, params.id, "invitation"), { state: "revoked", token: null });
    announce(c.tenant, "invitations");
    return [204];
  },
  "POST /invitations/:id/renew": ({ c, params }) => {
    c.need("team.manage");
    const token = sha([params.id, Math.random()]).slice(0, 40);
    const invitation = Object.assign(find(c.tenant.invitations, params.id, "invitation"), { state: "pending", token, expires_at: ahead(7 * 1440) });
    announce(c.tenant, "invitations");
    return [201, { invitation: { ...invitation, token: undefined }, url: invitationUrl(token) }];
  },
  "GET /roles": () => [200, { roles: ROLES, permissions: PERMISSIONS }],
  "GET /keys": ({ c, query }) => {
    const admin = c.me.permissions.includes("keys.manage");
    return [200, page(c.tenant.keys.map(shownKey(c)).filter((k) => admin || k.mine), query)];
  },
  "POST /keys": ({ c, body }) => {
    c.need(body.kind === "personal" ? "keys.own" : "keys.manage");
    if (!body.name?.trim()) invalid("name", "is missing", "Name it after where it is used.");
    const prefix = { write: "mfw", server: "mfs", personal: "mfp" }[body.kind];
    const secret = `${prefix}_${sha([body.name, Math.random()]).slice(0, 40)}`;
    const key = { id: id("key"), name: body.name, kind: body.kind, hint: `${prefix}_…${secret.slice(-4)}`, permissions: body.permissions ?? (body.kind === "write" ? ["signals.write"] : []), allowed_origins: body.allowed_origins ?? [], owner_id: body.kind === "personal" ? c.user.id : null, owner_name: body.kind === "personal" ? c.user.name : null, created_at: now(), last_used_at: null, expires_at: body.expires_in_days ? ahead(body.expires_in_days * 1440) : null, revoked_at: null };
    c.tenant.keys.unshift(key);
    record(c.tenant, c.user, "key.created", `Made the ${body.kind} key ${body.name}`, { kind: "key", id: key.id, label: body.name }, null, { kind: body.kind, permissions: key.permissions });
    announce(c.tenant, "keys");
    return [201, { key: shownKey(c)(key), secret }];
  },
  "DELETE /keys/:id": ({ c, params }) => {
    const key = find(c.tenant.keys, params.id, "key");
    key.revoked_at = now();
    record(c.tenant, c.user, "key.revoked", `Revoked the key ${key.name}`, { kind: "key", id: key.id, label: key.name });
    announce(c.tenant, "keys");
    return [204];
  },
};

const work = {
  "GET /projects": ({ c, query }) => {
    c.need("projects.read");
    const q = query.get("q")?.toLowerCase() ?? "";
    const archived = query.get("archived") === "true";
    return [200, page(c.tenant.projects.filter((p) => Boolean(p.archived_at) === archived && `${p.name} ${p.description}`.toLowerCase().includes(q)), query)];
  },
  "POST /projects": ({ c, body }) => {
    c.need("projects.write");
    if (!body.name?.trim()) invalid("name", "is missing", "Give the project a name.");
    const project = { id: id("prj"), name: body.name, description: body.description ?? "", created_at: now(), updated_at: now(), archived_at: null, created_by: c.user.name, version: 1 };
    c.tenant.projects.unshift(project);
    record(c.tenant, c.user, "project.created", `Created the project ${project.name}`, { kind: "project", id: project.id, label: project.name }, null, { name: project.name, description: project.description });
    announce(c.tenant, "projects");
    return [201, project];
  },
  "GET /projects/:id": ({ c, params }) => (c.need("projects.read"), [200, find(c.tenant.projects, params.id, "project")]),
  "PATCH /projects/:id": ({ req, c, params, body }) => {
    c.need("projects.write");
    const project = find(c.tenant.projects, params.id, "project");
    checkVersion(req, project.version);
    if (body.name !== undefined && !body.name.trim()) invalid("name", "is empty", "Give the project a name.");
    const before = { name: project.name, description: project.description };
    Object.assign(project, body, { updated_at: now(), version: project.version + 1 });
    record(c.tenant, c.user, "project.updated", `Changed the project ${project.name}`, { kind: "project", id: project.id, label: project.name }, before, { name: project.name, description: project.description });
    announce(c.tenant, "projects");
    return [200, project];
  },
  "DELETE /projects/:id": ({ req, c, params }) => {
    c.need("projects.write");
    const project = find(c.tenant.projects, params.id, "project");
    checkVersion(req, project.version);
    Object.assign(project, { archived_at: now(), version: project.version + 1 });
    record(c.tenant, c.user, "project.archived", `Archived the project ${project.name}`, { kind: "project", id: project.id, label: project.name });
    announce(c.tenant, "projects");
    return [204];
  },
  "POST /projects/:id/restore": ({ c, params }) => {
    c.need("projects.write");
    const project = find(c.tenant.projects, params.id, "project");
    Object.assign(project, { archived_at: null, version: project.version + 1 });
    record(c.tenant, c.user, "project.restored", `Restored the project ${project.name}`, { kind: "project", id: project.id, label: project.name });
    announce(c.tenant, "projects");
    return [200, project];
  },
  "GET /approvals": ({ c, query }) => {
    const wanted = query.get("state") ?? "all";
    const isOpen = (a) => ["waiting", "executing"].includes(a.state);
    return [200, page(c.tenant.approvals.filter((a) => wanted === "all" || isOpen(a) === (wanted === "open")).map((a) => approvalFor(c, a)), query)];
  },
  "GET /approvals/count": ({ c }) => {
    const waiting = c.tenant.approvals.filter((a) => a.state === "waiting");
    return [200, { waiting: waiting.length, mine_to_decide: waiting.filter((a) => approvalFor(c, a).can_decide).length }];
  },
  "GET /approvals/:id": ({ c, params }) => [200, approvalFor(c, find(c.tenant.approvals, params.id, "request"))],
  "POST /approvals/:id/approve": decide("approved", "Approved"),
  "POST /approvals/:id/send-back": decide("sent_back", "Sent back"),
  "POST /approvals/:id/withdraw": ({ c, params }) => {
    const a = find(c.tenant.approvals, params.id, "request");
    if (a.requested_by.id !== c.user.id) refuse(403, "forbidden", "Only the person who asked can withdraw it.");
    Object.assign(a, { state: "withdrawn", version: a.version + 1 });
    c.tenant.spending.pending_approval_id = null;
    record(c.tenant, c.user, "approval.withdrawn", `Withdrew: ${a.title}`, { kind: "approval", id: a.id, label: a.title });
    announce(c.tenant, "approvals", "settings");
    return [200, approvalFor(c, a)];
  },
  "GET /settings/approvals": ({ c }) => [200, c.tenant.approvalSettings],
  "PUT /settings/approvals": ({ req, c, body }) => {
    c.need("workspace.manage");
    const s = c.tenant.approvalSettings;
    checkVersion(req, s.version);
    const before = Object.fromEntries(s.thresholds.map((x) => [x.id, x.value]));
    for (const x of s.thresholds) if (x.id in body.thresholds) x.value = body.thresholds[x.id];
    Object.assign(s, { expiry_hours: body.expiry_hours, version: s.version + 1 });
    record(c.tenant, c.user, "settings.approvals", "Changed when a person is asked", { kind: "settings", id: null, label: "Approvals" }, before, body.thresholds);
    announce(c.tenant, "settings");
    return [200, s];
  },
  "GET /settings/spending": ({ c }) => [200, c.tenant.spending],
  "PUT /settings/spending": ({ req, c, body }) => {
    c.need("spending.change");
    const s = c.tenant.spending;
    checkVersion(req, s.version);
    if (s.pending_approval_id) refuse(409, "conflict", "A raise is already waiting for a decision.", "Withdraw it first, or wait.");
    const rise = body.limit.minor - s.limit.minor;
    const threshold = c.tenant.approvalSettings.thresholds.find((x) => x.id === "budget_change").value;
    if (threshold !== null && rise > threshold) {
      const a = newApproval(c.tenant, c.user, {
        kind: "spending.raise_limit", title: `Raise the spending limit to ${euros(body.limit)}`, subject: { kind: "spending", id: c.tenant.id, label: "Monthly spending limit" },
        diff: [{ field: "limit", label: "Spending limit", before: s.limit, after: body.limit, unit: "money" }, ...(body.reason ? [{ field: "reason", label: "Reason", before: null, after: body.reason, unit: "text" }] : [])],
        reasons: [{ threshold: "budget_change", title: "Budget change", limit: `raised by more than ${euros(money(threshold, s.limit.currency))}`, actual: `raised by ${euros(money(rise, s.limit.currency))}` }],
      });
      s.pending_approval_id = a.id;
      record(c.tenant, c.user, "approval.requested", `Asked to raise the spending limit to ${euros(body.limit)}`, { kind: "approval", id: a.id, label: a.title }, { limit: s.limit }, { limit: body.limit });
      announce(c.tenant, "approvals", "settings");
      return [200, { spending: s, approval: approvalFor(c, a) }];
    }
    record(c.tenant, c.user, "spending.changed", `Changed the spending limit to ${euros(body.limit)}`, { kind: "spending", id: null, label: "Spending limit" }, { limit: s.limit }, { limit: body.limit });
    c.tenant.spending = { limit: body.limit, updated_at: now(), version: s.version + 1, pending_approval_id: null };
    announce(c.tenant, "settings");
    return [200, { spending: c.tenant.spending, approval: null }];
  },
  "GET /privacy/erasures": ({ c, query }) => (c.need("privacy.erase"), [200, page(c.tenant.erasures, query)]),
  "POST /privacy/erasures": ({ c, body }) => {
    c.need("privacy.erase");
    const label = (body.subject_kind === "member" ? c.tenant.members : c.tenant.projects).find((x) => x.id === body.subject_id)?.name ?? notFound(body.subject_kind);
    if (!body.reason?.trim()) invalid("reason", "is missing", "Say why, for the record.");
    const a = newApproval(c.tenant, c.user, {
      kind: "privacy.erase", title: `Erase ${label}`, subject: { kind: body.subject_kind, id: body.subject_id, label },
      diff: [{ field: "subject", label: body.subject_kind === "member" ? "Person" : "Project", before: label, after: null, unit: "text" }],
      reasons: [{ threshold: "privacy", title: "Privacy and compliance", limit: "always asks", actual: body.reason }],
    });
    const erasure = { id: id("era"), ...body, subject_label: label, state: "waiting", approval_id: a.id, requested_at: now(), finished_at: null, proof: null };
    c.tenant.erasures.unshift(erasure);
    record(c.tenant, c.user, "privacy.requested", `Asked to erase ${label}`, { kind: "erasure", id: erasure.id, label });
    announce(c.tenant, "privacy", "approvals");
    return [202, erasure];
  },
  "GET /jobs": ({ c, query }) => (c.need("jobs.read"), [200, page(c.tenant.jobs.filter((j) => (!query.get("state") || j.state === query.get("state")) && (!query.get("kind") || j.kind === query.get("kind"))), query)]),
  "GET /jobs/summary": ({ c }) => {
    const n = (s) => c.tenant.jobs.filter((j) => j.state === s).length;
    return [200, { queued: n("queued"), running: n("running"), retrying: n("retrying"), dead: n("dead"), oldest_due_seconds: n("queued") ? 4 : null }];
  },
  "GET /jobs/:id": ({ c, params }) => [200, find(c.tenant.jobs, params.id, "job")],
  "POST /jobs/:id/retry": ({ c, params }) => {
    c.need("jobs.manage");
    const job = find(c.tenant.jobs, params.id, "job");
    Object.assign(job, { state: "queued", attempts: 0, error: null, finished_at: null, run_at: now() });
    record(c.tenant, c.user, "job.retried", `Retried: ${job.title}`, { kind: "job", id: job.id, label: job.title });
    announce(c.tenant, "jobs");
    later(1200, () => (Object.assign(job, { state: "done", attempts: 1, started_at: now(), finished_at: now(), progress: 1 }), announce(c.tenant, "jobs")));
    return [200, job];
  },
  "POST /jobs/:id/cancel": ({ c, params }) => {
    c.need("jobs.manage");
    const job = find(c.tenant.jobs, params.id, "job");
    Object.assign(job, job.state === "running" ? { cancel_requested: true } : { state: "cancelled", finished_at: now() });
    announce(c.tenant, "jobs");
    if (job.state === "running") later(700, () => (Object.assign(job, { state: "cancelled", finished_at: now() }), announce(c.tenant, "jobs")));
    return [200, job];
  },
  "GET /schedules": ({ c }) => [200, { items: c.tenant.schedules }],
  "GET /audit": ({ c, query }) => {
    c.need("audit.read");
    const has = (e, name, value) => !query.get(name) || value.toLowerCase().includes(query.get(name).toLowerCase());
    const list = c.tenant.audit.filter((e) => has(e, "q", `${e.title} ${e.actor.name} ${e.action} ${e.subject.label}`) && has(e, "actor", `${e.actor.id} ${e.actor.name}`) && has(e, "action", e.action) && has(e, "subject", `${e.subject.kind} ${e.subject.id}`) && (!query.get("from") || e.at >= query.get("from")) && (!query.get("to") || e.at < query.get("to")));
    return [200, page(list.toReversed(), query)];
  },
  "GET /audit/:id": ({ c, params }) => (c.need("audit.read"), [200, find(c.tenant.audit, params.id, "entry")]),
  "POST /audit/verify": ({ c }) => (c.need("audit.read"), [200, { ok: true, checked: c.tenant.audit.length, head: c.tenant.audit.at(-1)?.hash ?? "0".repeat(64), broken: null }]),
  "POST /audit/exports": ({ c, body }) => {
    c.need("audit.export");
    const rows = c.tenant.audit.length;
    const job = newJob(c.tenant, "audit.export", `Export the audit log as ${body.format.toUpperCase()}`, { requested_by: c.user.name });
    announce(c.tenant, "jobs");
    later(500, () => (Object.assign(job, { state: "running", attempts: 1, started_at: now(), progress: 0.5, progress_note: `${Math.floor(rows / 2)} of ${rows} entries` }), announce(c.tenant, "jobs")));
    later(1100, () => (Object.assign(job, { state: "done", finished_at: now(), progress: 1, progress_note: null, result: { url: `/blobs/audit-${job.id}.${body.format}?expires=1&signature=demo`, rows, sha256: sha(job.id) } }), announce(c.tenant, "jobs")));
    return [202, job];
  },
};

function compile(table, needsLogin) {
  return Object.entries(table).map(([key, run]) => {
    const [method, path] = key.split(" ");
    return { method, pattern: new RegExp(`^/api/v1${path.replace(/:(\w+)/g, "(?<$1>[^/]+)")}$`), run, needsLogin };
  });
}
const routes = [...compile(open, false), ...compile({ ...mine, ...people, ...work }, true)];

export function answer(req, res, url, body) {
  const route = routes.find((r) => r.method === req.method && r.pattern.test(url.pathname));
  if (!route) refuse(404, "not_found", "There is no such address.");
  const params = { ...route.pattern.exec(url.pathname).groups };
  const c = route.needsLogin ? context(req) : null;
  return route.run({ req, res, c, body, params, query: url.searchParams });
}
