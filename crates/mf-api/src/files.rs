//! Files handed out by signed links. Whoever has the link has the file, until it lapses; it is always
//! saved, never shown, so that no file can act as a page of this app.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::header;
use mf_app::{AppError, BadLink};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::routes;

use crate::ApiState;
use crate::http::problem::{Code, Problem};
use crate::http::query::Query;
use crate::resources::Routes;

pub fn routes() -> Routes {
    Routes::new().routes(routes!(download))
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Link {
    #[param(pattern = "^[0-9]{1,12}$")]
    expires: String,
    #[param(pattern = "^[0-9a-f]{64}$")]
    signature: String,
}

/// Download a file
///
/// By a link the API gave, such as the `url` in an export job's result.
#[utoipa::path(get, path = "/blobs/{workspace}/{kind}/{name}", tag = "Files",
    params(
        ("workspace" = String, Path),
        ("kind" = String, Path),
        ("name" = String, Path),
        Link,
    ),
    responses(
        (status = 200, body = String, content_type = "application/octet-stream"),
        (status = 404, description = "The link is not one of ours, or the file is gone."),
        (status = 410, description = "The link has lapsed."),
    )
)]
async fn download(
    State(api): State<ApiState>,
    Path((workspace, kind, name)): Path<(String, String, String)>,
    Query(link): Query<Link>,
) -> Result<Response, Problem> {
    let key = format!("{workspace}/{kind}/{name}");
    let key =
        api.app.blobs.verify_link(&key, &link.expires, &link.signature, api.app.now()).map_err(refuse)?;
    let content = api.app.blobs.get_pieces(&key).await.map_err(AppError::from)?;
    let headers = [
        (header::CONTENT_TYPE, media_type(key.name()).to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", key.name())),
        (header::CONTENT_LENGTH, content.info.bytes.to_string()),
    ];
    Ok((headers, Body::from_stream(content.pieces)).into_response())
}

fn refuse(bad: BadLink) -> Problem {
    match bad {
        BadLink::NotOurs => Problem::not_found("file"),
        BadLink::Expired => {
            Problem::new(Code::Gone, "This link has lapsed.").remedy("Open the job again for a fresh one.")
        }
    }
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("csv") => "text/csv; charset=utf-8",
        Some("ndjson") => "application/x-ndjson",
        _ => "application/octet-stream",
    }
}
