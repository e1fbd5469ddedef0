//! Keys for programs, of three kinds: one that a browser may hold because it can only write, one for
//! servers, and one that acts as the person who made it.

use std::collections::HashMap;

use jiff::Timestamp;
use mf_domain::secret::Token;
use mf_domain::text::Checks;
use mf_domain::{KeyId, Permission, Permissions, Scope};
use mf_stores::relational::{Page, PageRequest, Topic, rows};

use crate::app::{DAY_MS, fresh, instant, require};
use crate::audit::{Action, Subject};
use crate::{App, AppError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// In a website's source for all to see: sends signals, reads nothing.
    Write,
    /// A server's secret; belongs to the workspace.
    Server,
    /// Acts as its owner and leaves with them.
    Personal,
}

impl KeyKind {
    pub const ALL: [KeyKind; 3] = [KeyKind::Write, KeyKind::Server, KeyKind::Personal];

    pub fn id(self) -> &'static str {
        match self {
            KeyKind::Write => "write",
            KeyKind::Server => "server",
            KeyKind::Personal => "personal",
        }
    }

    pub fn prefix(self) -> &'static str {
        match self {
            KeyKind::Write => "mfw",
            KeyKind::Server => "mfs",
            KeyKind::Personal => "mfp",
        }
    }
}

#[derive(Debug, Clone)]
pub struct NewKey {
    pub name: String,
    pub kind: KeyKind,
    /// None: everything its kind and its maker may do.
    pub permissions: Option<Vec<String>>,
    pub expires_in_days: Option<i64>,
    /// Websites a write key may be used from.
    pub allowed_origins: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct KeyView {
    pub id: String,
    pub name: String,
    pub kind: String,
    pub hint: String,
    pub permissions: Vec<String>,
    pub allowed_origins: Vec<String>,
    pub owner_id: Option<String>,
    pub owner_name: Option<String>,
    pub created_at: Timestamp,
    pub last_used_at: Option<Timestamp>,
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    pub mine: bool,
}

/// A key and its secret, which is shown this once.
pub struct KeyCreated {
    pub key: KeyView,
    pub secret: Token,
}

impl App {
    /// The workspace's keys for those who manage them, and everybody's own tokens.
    pub async fn keys(&self, scope: &Scope, page: &PageRequest) -> Result<Page<KeyView>, AppError> {
        require(scope, Permission::KeysOwn).or_else(|_| require(scope, Permission::KeysManage))?;
        let everybody = scope.may(Permission::KeysManage);
        let owner = if everybody { None } else { Some(crate::sign_in::person_of(scope)?.as_str()) };
        let tx = self.store.read(scope).await?;
        let rows = tx.api_keys(owner, page).await?;
        drop(tx);
        let owners: Vec<String> = rows.items.iter().filter_map(|row| row.owner_id.clone()).collect();
        let names = self.store.system_read().await?.names_of(&owners).await?;
        rows.map(|row| view(row, &names, scope)).transpose()
    }

    pub async fn create_key(&self, scope: &Scope, new: NewKey) -> Result<KeyCreated, AppError> {
        // Only a person makes keys: a key that makes keys would outlive being revoked.
        let maker = crate::sign_in::signed_in(scope)?;
        let owner = match new.kind {
            KeyKind::Personal => {
                require(scope, Permission::KeysOwn)?;
                Some(maker.to_string())
            }
            KeyKind::Write | KeyKind::Server => {
                require(scope, Permission::KeysManage)?;
                None
            }
        };
        let mut checks = Checks::new();
        let name = checks.line("name", &new.name, 1, 80);
        let permissions = wanted_permissions(&mut checks, scope, &new);
        let origins = allowed_origins(&mut checks, &new);
        if new.expires_in_days.is_some_and(|days| !(1..=3650).contains(&days)) {
            checks.fail("expires_in_days", "It is out of range.", "Use 1 to 3650 days, or leave it out.");
        }
        checks.done()?;
        let now = self.now_ms();
        let secret = Token::fresh(new.kind.prefix(), &mut **self.rng());
        let row = rows::ApiKey {
            tenant_id: scope.tenant.to_string(),
            id: fresh!(self, KeyId).to_string(),
            kind: new.kind.id().to_owned(),
            name,
            hint: secret.hint(),
            secret_hash: secret.hash(),
            permissions: serde_json::json!(permissions.ids()).to_string(),
            allowed_origins: serde_json::json!(origins).to_string(),
            owner_id: owner,
            created_by: maker.to_string(),
            created_at: now,
            last_used_at: None,
            expires_at: new.expires_in_days.map(|days| now + days * DAY_MS),
            revoked_at: None,
        };
        let mut tx = self.store.write(scope).await?;
        tx.add_api_key(row.clone()).await?;
        tx.announce(Topic::Keys, Some(&row.id));
        let after =
            Some(serde_json::json!({ "kind": row.kind, "hint": row.hint, "permissions": permissions.ids() }));
        let subject = Subject::new("key", &row.id, Some(&row.hint));
        self.audit(&mut tx, scope, Action::KeyCreated, subject, None, after).await?;
        tx.commit().await?;
        let owners: Vec<String> = row.owner_id.iter().cloned().collect();
        let names = self.store.system_read().await?.names_of(&owners).await?;
        Ok(KeyCreated { key: view(row, &names, scope)?, secret })
    }

    pub async fn revoke_key(&self, scope: &Scope, id: &str) -> Result<(), AppError> {
        require(scope, Permission::KeysOwn).or_else(|_| require(scope, Permission::KeysManage))?;
        let mut tx = self.store.write(scope).await?;
        let row = tx.api_key(id).await?.ok_or(AppError::NotFound("key"))?;
        let mine = row.owner_id.is_some() && row.owner_id.as_deref() == scope.user().map(|me| me.as_str());
        if !mine && !scope.may(Permission::KeysManage) {
            // Other people's tokens are nobody's business, not even that they exist.
            return Err(AppError::NotFound("key"));
        }
        if !tx.revoke_api_key(id, self.now_ms()).await? {
            return Err(AppError::conflict("This key is revoked already.", "There is nothing left to do."));
        }
        tx.announce(Topic::Keys, Some(id));
        self.audit(&mut tx, scope, Action::KeyRevoked, Subject::new("key", id, Some(&row.hint)), None, None)
            .await?;
        Ok(tx.commit().await?)
    }
}

/// Never more than whoever makes the key may do themselves.
fn wanted_permissions(checks: &mut Checks, scope: &Scope, new: &NewKey) -> Permissions {
    let possible = match new.kind {
        KeyKind::Write => [Permission::SignalsWrite].into_iter().collect(),
        KeyKind::Server => scope.permissions.iter().filter(|permission| !permission.needs_person()).collect(),
        KeyKind::Personal => scope.permissions.clone(),
    };
    let Some(wanted) = &new.permissions else { return possible };
    let mut granted = Vec::new();
    for id in wanted {
        match id.parse::<Permission>() {
            Ok(permission) if possible.has(permission) => granted.push(permission),
            Ok(_) => checks.fail(
                "permissions",
                format!("A {} key made by you cannot have {id}.", new.kind.id()),
                "Choose among your own permissions. A write key has only signals.write; what needs a person no server key has.",
            ),
            Err(why) => checks.fail("permissions", format!("{why}."), "Remove it."),
        }
    }
    if wanted.is_empty() {
        checks.fail(
            "permissions",
            "A key without permissions can do nothing.",
            "Choose at least one, or leave the field out.",
        );
    }
    granted.into_iter().collect()
}

fn allowed_origins(checks: &mut Checks, new: &NewKey) -> Vec<String> {
    if new.kind != KeyKind::Write && !new.allowed_origins.is_empty() {
        checks.fail("allowed_origins", "Only a write key is used in browsers.", "Leave it out.");
    }
    if new.allowed_origins.len() > 50 {
        checks.fail("allowed_origins", "There are too many.", "Use at most 50.");
    }
    for origin in &new.allowed_origins {
        let rest = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
        let host = |rest: &str| {
            !rest.is_empty()
                && rest.len() <= 253
                && rest.chars().all(|c| c.is_ascii_alphanumeric() || ".-:".contains(c))
        };
        if !rest.is_some_and(host) {
            checks.fail(
                "allowed_origins",
                format!("{:?} is not a website's origin.", mf_domain::text::shorten(origin)),
                "Write it like https://www.example.com, without a path.",
            );
        }
    }
    new.allowed_origins.clone()
}

fn view(row: rows::ApiKey, names: &HashMap<String, String>, scope: &Scope) -> Result<KeyView, AppError> {
    let list = |text: &str| serde_json::from_str::<Vec<String>>(text).map_err(AppError::internal);
    Ok(KeyView {
        permissions: list(&row.permissions)?,
        allowed_origins: list(&row.allowed_origins)?,
        owner_name: row.owner_id.as_ref().and_then(|id| names.get(id)).cloned(),
        mine: row.owner_id.is_some() && row.owner_id.as_deref() == scope.user().map(|me| me.as_str()),
        created_at: instant(row.created_at),
        last_used_at: row.last_used_at.map(instant),
        expires_at: row.expires_at.map(instant),
        revoked_at: row.revoked_at.map(instant),
        id: row.id,
        name: row.name,
        kind: row.kind,
        hint: row.hint,
        owner_id: row.owner_id,
    })
}
