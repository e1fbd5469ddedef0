import { describe, expect, it } from "vitest";
import type { Me, RoleMatrix } from "@/api/types";
import { groupsFor, pageAt } from "@/shell/nav";
import { CAN, grantable, listRoles, may, whyNot } from "./permissions";

const me = (permissions: string[], role: Me["role"] = "analyst") => ({ permissions, role }) as Me;
const matrix: RoleMatrix = {
  roles: [],
  permissions: [{ id: CAN.writeProjects, group: "Projects", title: "Change projects", summary: "", roles: ["admin", "marketer"] }],
};

describe("permissions", () => {
  it("allows what is listed and nothing else", () => {
    expect(may(me([CAN.readJobs]), CAN.readJobs)).toBe(true);
    expect(may(me([CAN.readJobs]), CAN.manageJobs)).toBe(false);
    expect(may(me([CAN.ownKeys]), [CAN.manageKeys, CAN.ownKeys])).toBe(true);
    expect(may(undefined, CAN.readJobs)).toBe(false);
  });

  it("says why not, who can, and who can change that", () => {
    expect(whyNot(me([CAN.writeProjects]), CAN.writeProjects, matrix)).toBeNull();
    expect(whyNot(me([]), CAN.writeProjects, matrix)).toBe(
      "Your role, Analyst, does not include this. Only admins and marketers can do it. An admin can change your role under Team.",
    );
    expect(whyNot(me([]), CAN.writeProjects, undefined)).toContain("Analyst");
    expect(whyNot(me([], null), CAN.writeProjects, matrix)).toContain("This key does not allow this.");
  });

  it("never offers a server key what needs a person", () => {
    const own = [CAN.manageWorkspace, CAN.manageTeam, CAN.ownKeys, CAN.manageKeys, CAN.decideApprovals, CAN.erase, CAN.readJobs];
    expect(grantable(own, "server")).toEqual([CAN.readJobs]);
    expect(grantable(own, "personal")).toEqual(own);
  });

  it("lists roles as people say them", () => {
    expect(listRoles(["admin"])).toBe("admins");
    expect(listRoles(["admin", "marketer", "approver"])).toBe("admins, marketers and approvers");
  });
});

describe("navigation", () => {
  const shown = (permissions: string[]) =>
    groupsFor((needs) => may(me(permissions), needs)).flatMap((g) => g.pages.map((p) => p.path));

  it("hides pages a role may not read, and groups left empty", () => {
    expect(shown([])).toEqual(["/", "/settings"]);
    expect(shown([CAN.readProjects, CAN.ownKeys])).toEqual(["/", "/projects", "/keys", "/settings"]);
    expect(groupsFor(() => false).map((g) => g.title)).toEqual([null, "Settings"]);
  });

  it("gives every page a letter of its own", () => {
    const letters = groupsFor(() => true).flatMap((g) => g.pages.map((p) => p.key));
    expect(new Set(letters).size).toBe(letters.length);
  });

  it("knows which page an address belongs to", () => {
    expect(pageAt("/jobs/job_1")?.path).toBe("/jobs");
    expect(pageAt("/")?.path).toBe("/");
    expect(pageAt("/nowhere")).toBeUndefined();
  });
});
