//! Who may do what, as data. This table is the only place that says it: the API checks it, the app
//! shows it, the documentation is printed from it.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Admin,
    Marketer,
    Analyst,
    Approver,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Admin, Role::Marketer, Role::Analyst, Role::Approver];

    pub fn id(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Marketer => "marketer",
            Role::Analyst => "analyst",
            Role::Approver => "approver",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Role::Admin => "Admin",
            Role::Marketer => "Marketer",
            Role::Analyst => "Analyst",
            Role::Approver => "Approver",
        }
    }

    pub fn summary(self) -> &'static str {
        match self {
            Role::Admin => "Runs the workspace: team, keys, limits, privacy. May do everything.",
            Role::Marketer => "Builds and runs the work; asks for approval where one is needed.",
            Role::Analyst => "Reads everything needed to explain the numbers; changes nothing.",
            Role::Approver => "Decides what others ask for: approve, or send back with a note.",
        }
    }

    pub fn permissions(self) -> Permissions {
        Permission::ALL.iter().copied().filter(|p| p.rule().roles.contains(&self)).collect()
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for Role {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Role::ALL
            .into_iter()
            .find(|r| r.id() == text)
            .ok_or_else(|| format!("unknown role {text:?}; use admin, marketer, analyst or approver"))
    }
}

/// One row of the permission matrix.
pub struct Rule {
    pub id: &'static str,
    pub group: &'static str,
    pub title: &'static str,
    pub summary: &'static str,
    pub roles: &'static [Role],
}

macro_rules! permissions {
    ($($name:ident { $id:literal, $group:literal, $title:literal, $summary:literal, [$($role:ident),*] })*) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission { $($name),* }

        impl Permission {
            pub const ALL: &'static [Permission] = &[$(Permission::$name),*];

            pub fn rule(self) -> Rule {
                match self {
                    $(Permission::$name => Rule {
                        id: $id, group: $group, title: $title, summary: $summary,
                        roles: &[$(Role::$role),*],
                    },)*
                }
            }
        }
    };
}

permissions! {
    WorkspaceRead { "workspace.read", "Workspace", "See the workspace", "Its name, time zone, currency and limits.", [Admin, Marketer, Analyst, Approver] }
    WorkspaceManage { "workspace.manage", "Workspace", "Change the workspace", "Name, time zone, currency, and when a person must be asked.", [Admin] }
    SpendingChange { "spending.change", "Workspace", "Change the spending limit", "Raising it by more than the threshold waits for an approval.", [Admin, Marketer] }
    PrivacyErase { "privacy.erase", "Workspace", "Ask to erase data", "Erasing cannot be undone; by default it waits for an approval.", [Admin] }
    TeamRead { "team.read", "Team", "See the team", "Who is here, and in which role.", [Admin, Marketer, Analyst, Approver] }
    TeamManage { "team.manage", "Team", "Manage the team", "Invite, change roles, suspend, remove, give reset links.", [Admin] }
    KeysOwn { "keys.own", "Keys", "Own personal tokens", "Tokens that act as yourself, for scripts and tools.", [Admin, Marketer, Analyst, Approver] }
    KeysManage { "keys.manage", "Keys", "Manage the workspace's keys", "Write keys for websites and secret keys for servers.", [Admin] }
    SignalsWrite { "signals.write", "Keys", "Send signals", "What a write key in a browser may do; it reads nothing.", [Admin, Marketer] }
    ProjectsRead { "projects.read", "Projects", "See projects", "", [Admin, Marketer, Analyst, Approver] }
    ProjectsWrite { "projects.write", "Projects", "Change projects", "Create, rename, archive, restore.", [Admin, Marketer] }
    ApprovalsRead { "approvals.read", "Approvals", "See requests", "What waits for a person, and what was decided.", [Admin, Marketer, Analyst, Approver] }
    ApprovalsDecide { "approvals.decide", "Approvals", "Decide requests", "Approve or send back what somebody else asked for; never one's own.", [Admin, Approver] }
    JobsRead { "jobs.read", "Jobs", "See background work", "", [Admin, Marketer, Analyst, Approver] }
    JobsManage { "jobs.manage", "Jobs", "Steer background work", "Retry and cancel.", [Admin] }
    AuditRead { "audit.read", "Audit", "Read the audit log", "Who did what and when; verify that nothing was altered.", [Admin, Analyst, Approver] }
    AuditExport { "audit.export", "Audit", "Export the audit log", "As CSV or NDJSON, by a signed link.", [Admin, Analyst] }
}

impl Permission {
    /// Deciding about people, keys and what must not be undone needs a person: no server key may.
    pub fn needs_person(self) -> bool {
        matches!(
            self,
            Permission::WorkspaceManage
                | Permission::TeamManage
                | Permission::KeysOwn
                | Permission::KeysManage
                | Permission::ApprovalsDecide
                | Permission::PrivacyErase
        )
    }

    pub fn id(self) -> &'static str {
        self.rule().id
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for Permission {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Permission::ALL
            .iter()
            .copied()
            .find(|p| p.id() == text)
            .ok_or_else(|| format!("unknown permission {text:?}; GET /api/v1/roles lists them"))
    }
}

/// A set of permissions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Permissions(BTreeSet<Permission>);

impl Permissions {
    pub fn all() -> Self {
        Permission::ALL.iter().copied().collect()
    }

    pub fn has(&self, permission: Permission) -> bool {
        self.0.contains(&permission)
    }

    pub fn iter(&self) -> impl Iterator<Item = Permission> + '_ {
        self.0.iter().copied()
    }

    pub fn intersect(&self, other: &Permissions) -> Permissions {
        Permissions(self.0.intersection(&other.0).copied().collect())
    }

    pub fn ids(&self) -> Vec<String> {
        self.iter().map(|p| p.id().to_owned()).collect()
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(iter: I) -> Self {
        Self(iter.into_iter().collect())
    }
}

/// The matrix as a page of the documentation.
pub fn as_markdown() -> String {
    let mut page = String::from(
        "# Who may do what\n\nPrinted from the table the product itself uses; `GET /api/v1/roles` answers the same.\n\n",
    );
    for role in Role::ALL {
        page.push_str(&format!("- **{}**: {}\n", role.title(), role.summary()));
    }
    page.push_str("\n| | | Admin | Marketer | Analyst | Approver |\n|---|---|:-:|:-:|:-:|:-:|\n");
    for permission in Permission::ALL {
        let rule = permission.rule();
        let marks = Role::ALL.map(|role| if rule.roles.contains(&role) { "yes" } else { "–" }).join(" | ");
        page.push_str(&format!("| {} | `{}` | {marks} |\n", rule.title, rule.id));
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `UPDATE_DOCS=1 cargo test -p mf-domain` prints the page anew.
    #[test]
    fn the_documentation_shows_the_matrix_in_force() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/roles.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(path, as_markdown()).unwrap();
        }
        assert_eq!(
            std::fs::read_to_string(path).unwrap_or_default(),
            as_markdown(),
            "run with UPDATE_DOCS=1"
        );
    }

    #[test]
    fn an_admin_may_do_everything_and_nobody_else_manages() {
        assert_eq!(Role::Admin.permissions(), Permissions::all());
        for role in [Role::Marketer, Role::Analyst, Role::Approver] {
            for only_admin in [Permission::TeamManage, Permission::KeysManage, Permission::WorkspaceManage] {
                assert!(!role.permissions().has(only_admin), "{role} {only_admin}");
            }
        }
        assert!(!Role::Marketer.permissions().has(Permission::ApprovalsDecide));
    }

    #[test]
    fn ids_are_unique_and_parse_back() {
        for permission in Permission::ALL {
            assert_eq!(permission.id().parse::<Permission>().unwrap(), *permission);
        }
        for role in Role::ALL {
            assert_eq!(role.id().parse::<Role>().unwrap(), role);
        }
    }
}
