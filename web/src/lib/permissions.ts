// Which permission opens what, and the sentence a person reads when theirs does not.

import type { KeyKind, Me, Permission, Role, RoleMatrix } from "@/api/types";

export const CAN = {
  manageWorkspace: "workspace.manage",
  readTeam: "team.read",
  manageTeam: "team.manage",
  manageKeys: "keys.manage",
  ownKeys: "keys.own",
  readProjects: "projects.read",
  writeProjects: "projects.write",
  readApprovals: "approvals.read",
  decideApprovals: "approvals.decide",
  changeSpending: "spending.change",
  erase: "privacy.erase",
  readJobs: "jobs.read",
  manageJobs: "jobs.manage",
  readAudit: "audit.read",
  exportAudit: "audit.export",
} as const satisfies Record<string, Permission>;

/** What only a person may do; no server key gets these. The server refuses them too. */
const NEEDS_PERSON: ReadonlySet<Permission> = new Set([
  CAN.manageWorkspace,
  CAN.manageTeam,
  CAN.ownKeys,
  CAN.manageKeys,
  CAN.decideApprovals,
  CAN.erase,
]);

/** What somebody with these permissions can hand on to a key of this kind. */
export function grantable(own: readonly Permission[], kind: KeyKind): Permission[] {
  return kind === "server" ? own.filter((p) => !NEEDS_PERSON.has(p)) : [...own];
}

export const ROLE_TITLE: Record<Role, string> = {
  admin: "Admin",
  marketer: "Marketer",
  analyst: "Analyst",
  approver: "Approver",
};

export const ROLE_SUMMARY: Record<Role, string> = {
  admin: "Runs the workspace: team, keys, limits, privacy. May do everything.",
  marketer: "Builds and runs the work; asks for approval where one is needed.",
  analyst: "Reads everything needed to explain the numbers; changes nothing.",
  approver: "Decides what others ask for: approve, or send back with a note.",
};

export function may(me: Me | undefined, permission: Permission | readonly Permission[]): boolean {
  if (!me) return false;
  const wanted = typeof permission === "string" ? [permission] : permission;
  return wanted.some((p) => me.permissions.includes(p));
}

/** Null when allowed; otherwise why not, and who can change that. */
export function whyNot(me: Me | undefined, permission: Permission, matrix: RoleMatrix | undefined): string | null {
  if (!me || may(me, permission)) return null;
  const info = matrix?.permissions.find((p) => p.id === permission);
  const yours = me.role ? `Your role, ${ROLE_TITLE[me.role]}, does not include this.` : "This key does not allow this.";
  const who = info && info.roles.length > 0 ? `Only ${listRoles(info.roles)} can do it.` : "";
  return [yours, who, "An admin can change your role under Team."].filter(Boolean).join(" ");
}

/** "admins", "admins and marketers", "admins, marketers and approvers". */
export function listRoles(roles: readonly Role[]): string {
  const names = roles.map((r) => `${ROLE_TITLE[r].toLowerCase()}s`);
  if (names.length <= 1) return names.join("");
  return `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;
}
