//! Settings of the workspace: when a person must be asked, and what may be spent.

use std::collections::BTreeMap;

use axum::extract::State;
use jiff::Timestamp;
use mf_app::{ApprovalSettingsView, SpendingView, ThresholdView};
use mf_domain::approvals as domain;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::routes;

use super::Routes;
use super::approvals::Approval;
use super::dto::{Money, mirror};
use crate::ApiState;
use crate::http::etag::{IfMatch, IfMatchHeader, Versioned};
use crate::http::identity::Caller;
use crate::http::json::Json;
use crate::http::problem::Problem;

pub fn routes() -> Routes {
    Routes::new()
        .routes(routes!(read_approval_settings, change_approval_settings))
        .routes(routes!(read_spending, change_spending))
}

/// When a person must be asked.
#[derive(Serialize, ToSchema)]
struct ApprovalSettings {
    thresholds: Vec<Threshold>,
    /// A request nobody decides expires after this long.
    expiry_hours: i64,
    version: i64,
}

/// A point at which a person is asked.
#[derive(Serialize, ToSchema)]
struct Threshold {
    id: &'static str,
    group: ThresholdGroup,
    title: &'static str,
    summary: &'static str,
    unit: ThresholdUnit,
    direction: ThresholdDirection,
    default: i64,
    /// Null: never ask.
    #[schema(required)]
    value: Option<i64>,
    /// For amounts, which are in minor units.
    #[schema(required)]
    currency: Option<String>,
}

mirror! { ThresholdGroup of domain::Group { Automation, Performance, Quality } }
mirror! { ThresholdUnit of domain::Unit { Money, Count, Percent, Score, Always } }
mirror! { ThresholdDirection of domain::Direction { Above, Below } }

impl From<ThresholdView> for Threshold {
    fn from(view: ThresholdView) -> Self {
        Self {
            id: view.threshold.id,
            group: view.threshold.group.into(),
            title: view.threshold.title,
            summary: view.threshold.summary,
            unit: view.threshold.unit.into(),
            direction: view.threshold.direction.into(),
            default: view.threshold.default,
            value: view.value,
            currency: view.currency,
        }
    }
}

fn settings(view: ApprovalSettingsView) -> Versioned<ApprovalSettings> {
    let thresholds = view.thresholds.into_iter().map(Threshold::from).collect();
    let settings = ApprovalSettings { thresholds, expiry_hours: view.expiry_hours, version: view.version };
    Versioned(view.version, settings)
}

/// When a person is asked
#[utoipa::path(get, path = "/settings/approvals", tag = "Settings", responses((status = 200, body = ApprovalSettings)))]
async fn read_approval_settings(
    State(api): State<ApiState>,
    caller: Caller,
) -> Result<Versioned<ApprovalSettings>, Problem> {
    Ok(settings(api.app.approval_settings(caller.scope()).await?))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ApprovalSettingsChange {
    /// By id; null means never ask. Those not named stay as they are.
    #[serde(default)]
    thresholds: BTreeMap<String, Option<i64>>,
    #[schema(minimum = 1, maximum = 8760)]
    expiry_hours: Option<i64>,
}

/// Change when a person is asked
#[utoipa::path(put, path = "/settings/approvals", tag = "Settings", params(IfMatchHeader), request_body = ApprovalSettingsChange, responses(
    (status = 200, body = ApprovalSettings),
))]
async fn change_approval_settings(
    State(api): State<ApiState>,
    caller: Caller,
    IfMatch(version): IfMatch,
    Json(body): Json<ApprovalSettingsChange>,
) -> Result<Versioned<ApprovalSettings>, Problem> {
    let changed =
        api.app.change_approval_settings(caller.scope(), version, body.thresholds, body.expiry_hours).await?;
    Ok(settings(changed))
}

/// What the workspace may spend in all.
#[derive(Serialize, ToSchema)]
struct Spending {
    limit: Money,
    #[schema(value_type = Option<String>, format = DateTime, required)]
    updated_at: Option<Timestamp>,
    version: i64,
    /// A raise that waits for a person.
    #[schema(required)]
    pending_approval_id: Option<String>,
}

impl From<SpendingView> for Spending {
    fn from(view: SpendingView) -> Self {
        Self {
            limit: view.limit.into(),
            updated_at: view.updated_at,
            version: view.version,
            pending_approval_id: view.pending_approval_id,
        }
    }
}

/// What asking for another limit led to.
#[derive(Serialize, ToSchema)]
struct SpendingChange {
    spending: Spending,
    /// Set when a person must agree first; then the limit is still the old one.
    #[schema(required)]
    approval: Option<Approval>,
}

/// The spending limit
#[utoipa::path(get, path = "/settings/spending", tag = "Settings", responses((status = 200, body = Spending)))]
async fn read_spending(State(api): State<ApiState>, caller: Caller) -> Result<Versioned<Spending>, Problem> {
    let view = api.app.spending(caller.scope()).await?;
    Ok(Versioned(view.version, view.into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewLimit {
    limit: Money,
    /// For whoever is asked to approve it.
    #[schema(max_length = 500)]
    reason: Option<String>,
}

/// Change the spending limit
///
/// Lowering it is immediate. Raising it by more than the threshold `budget_change` waits for a person.
#[utoipa::path(put, path = "/settings/spending", tag = "Settings", params(IfMatchHeader), request_body = NewLimit, responses(
    (status = 200, body = SpendingChange),
    (status = 409, description = "Another raise is waiting."),
))]
async fn change_spending(
    State(api): State<ApiState>,
    caller: Caller,
    IfMatch(version): IfMatch,
    Json(body): Json<NewLimit>,
) -> Result<Versioned<SpendingChange>, Problem> {
    let limit = body.limit.read("limit")?;
    let change = api.app.change_spending(caller.scope(), version, limit, body.reason.as_deref()).await?;
    let version = change.spending.version;
    let approval = change.approval.map(Approval::from);
    Ok(Versioned(version, SpendingChange { spending: change.spending.into(), approval }))
}
