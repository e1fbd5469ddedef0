//! The description of the API, made from the routes themselves: what a route takes and gives stands
//! beside its handler; what all routes share is added here.

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header;
use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::routes;

use crate::http::problem::{FieldError, ProblemBody};
use crate::resources::{self, Routes};
use crate::{ApiState, files, health};

/// The description as it is committed and served: sorted and indented, so that a change shows as one.
pub fn openapi_json() -> String {
    pretty(&assemble().1)
}

pub fn pretty(document: &Value) -> String {
    format!("{document:#}\n")
}

/// Every route with its description.
pub fn assemble() -> (Router<ApiState>, Value) {
    let (identified, described) = resources::identified().split_for_parts();
    let open = resources::public().merge(files::routes()).merge(health::routes()).merge(routes());
    let (public, described_public) = open.split_for_parts();
    let mut document = value_of(described);
    let mut described_public = value_of(described_public);
    for_each_operation(&mut described_public, |_, _, operation| {
        operation.insert("security".to_owned(), json!([]));
    });
    merge(&mut document, described_public);
    finish(&mut document);
    (identified.merge(public), document)
}

/// `GET /api/v1/projects` and so on, with whether it takes query parameters.
pub fn known_routes(document: &Value) -> BTreeMap<String, bool> {
    let mut known = BTreeMap::new();
    let mut document = document.clone();
    for_each_operation(&mut document, |path, method, operation| {
        let with_query = parameters(operation).any(|parameter| parameter["in"] == "query");
        known.insert(format!("{} {path}", method.to_uppercase()), with_query);
    });
    known
}

fn routes() -> Routes {
    Routes::new().routes(routes!(description)).routes(routes!(docs))
}

/// This description
#[utoipa::path(get, path = "/api/openapi.json", tag = "Start", responses((status = 200, body = Object, content_type = "application/json")))]
async fn description(State(api): State<ApiState>) -> Response {
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")], api.openapi.clone())
        .into_response()
}

/// This description, to read
#[utoipa::path(get, path = "/api/docs", tag = "Start", responses((status = 200, body = String, content_type = "text/html")))]
async fn docs(State(api): State<ApiState>) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")];
    (headers, api.docs.clone()).into_response()
}

fn value_of(described: utoipa::openapi::OpenApi) -> Value {
    serde_json::to_value(described).expect("a description is plain data")
}

/// Paths and schemas of one description into another.
fn merge(into: &mut Value, from: Value) {
    for part in ["/paths", "/components/schemas"] {
        let Some(Value::Object(more)) = from.pointer(part) else { continue };
        let Some(target) = into.pointer_mut(part).and_then(Value::as_object_mut) else { continue };
        for (name, value) in more {
            target.entry(name).or_insert_with(|| value.clone());
        }
    }
}

fn finish(document: &mut Value) {
    document["info"] = json!({
        "title": "Marketflow API",
        "version": env!("CARGO_PKG_VERSION"),
        "summary": "Everything the app does, for programs.",
        "description": "Lists come in pages: send `next_cursor` back as `cursor`. What can be edited answers with an `ETag`; \
            send it back as `If-Match` to change it. Requests that create take an `Idempotency-Key`. Errors are \
            `application/problem+json` and say what to do next. Browsers sign in with a session cookie and send \
            `X-CSRF-Token` with everything that changes something.",
        "license": { "name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later" },
    });
    document["servers"] = json!([{ "url": "/", "description": "This server" }]);
    document["security"] = json!([{ "bearer": [] }, { "api_key": [] }, { "session": [] }]);
    document["tags"] = tags();
    document["components"]["securitySchemes"] = json!({
        "bearer": { "type": "http", "scheme": "bearer", "description": "An access token from POST /auth/login, or an API key." },
        "api_key": { "type": "apiKey", "in": "header", "name": "X-Api-Key", "description": "An API key." },
        "session": { "type": "apiKey", "in": "cookie", "name": "mf_session", "description": "A browser's session; over https the cookie is called __Host-mf_session. Requests that change something also send X-CSRF-Token." },
    });
    add_schema::<ProblemBody<'_>>(document);
    add_schema::<FieldError>(document);
    // Read strictly by hand, so the derivation does not see it.
    document["components"]["schemas"]["Money"]["additionalProperties"] = json!(false);
    document["components"]["responses"] = refusals();
    document["components"]["headers"] = json!({
        "X-Request-Id": { "schema": { "type": "string" }, "description": "Find this request again by it." },
        "ETag": { "schema": { "type": "string" }, "description": "The version; send it back as If-Match to change it." },
    });
    for_each_operation(document, |path, method, operation| {
        add_path_id(path, operation);
        tidy_parameters(operation);
        add_problems(path, method, operation);
    });
    let items = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    items.filter_map(Value::as_object_mut).for_each(add_versions);
}

fn tags() -> Value {
    let known = [
        ("Start", "What this server is, and its description."),
        ("Sign-in", "Signing in and out, passwords, accepting invitations."),
        ("Me", "Oneself."),
        ("Workspaces", "The rooms everything lives in; nothing crosses from one to another."),
        ("Team", "People, their roles, and invitations."),
        ("Keys", "Keys for programs."),
        ("Projects", "Folders work is kept in."),
        ("Approvals", "Requests that wait for a person."),
        ("Settings", "When a person is asked, and what may be spent."),
        ("Privacy", "Erasing data for good."),
        ("Jobs", "Background work and schedules."),
        ("Audit", "Who did what, when; tamper-evident."),
        ("Live", "Changes as they happen."),
        ("Files", "Downloads by signed links."),
        ("Probes", "For whoever runs this server."),
    ];
    known.iter().map(|(name, description)| json!({ "name": name, "description": description })).collect()
}

fn add_schema<T: ToSchema + PartialSchema>(document: &mut Value) {
    let mut found = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut found);
    for (name, schema) in found {
        document["components"]["schemas"][name] =
            serde_json::to_value(schema).expect("a schema is plain data");
    }
}

/// The `{id}` of an address looks the same wherever it stands.
fn add_path_id(path: &str, operation: &mut Map<String, Value>) {
    let Some((before, _)) = path.split_once("/{id}") else { return };
    let prefix = match before.rsplit('/').next().unwrap_or_default() {
        "approvals" => "apr",
        "audit" => "aud",
        "invitations" => "inv",
        "jobs" => "job",
        "keys" => "key",
        "projects" => "prj",
        "sessions" => "ses",
        "tenants" => "ten",
        "users" => "usr",
        other => unreachable!("no id is known for {other}; name it here"),
    };
    let id = json!({
        "name": "id", "in": "path", "required": true,
        "schema": { "type": "string", "pattern": format!("^{prefix}_[0-9a-f]{{32}}$") },
    });
    let list = operation.entry("parameters").or_insert_with(|| json!([]));
    if let Some(list) = list.as_array_mut() {
        list.insert(0, id);
    }
}

/// A parameter is there or not; unlike a field, it cannot be null.
fn tidy_parameters(operation: &mut Map<String, Value>) {
    let Some(list) = operation.get_mut("parameters").and_then(Value::as_array_mut) else { return };
    for parameter in list {
        let Some(schema) = parameter.get_mut("schema").and_then(Value::as_object_mut) else { continue };
        if let Some(Value::Array(types)) = schema.get("type") {
            let first = types.iter().find(|kind| *kind != "null").cloned().unwrap_or(json!("string"));
            schema.insert("type".to_owned(), first);
        }
        if let Some(Value::Array(choices)) = schema.remove("oneOf") {
            let real = choices.into_iter().find(|choice| choice["type"] != "null");
            if let Some(Value::Object(real)) = real {
                schema.extend(real);
            }
        }
    }
}

fn add_problems(path: &str, method: &str, operation: &mut Map<String, Value>) {
    let in_api = path.starts_with("/api/v1") || path.starts_with("/auth/");
    let has = |place: &str, name: &str| {
        parameters(operation).any(|p| p["in"] == place && (name.is_empty() || p["name"] == name))
    };
    let reasons: [(bool, &[&'static str]); 9] = [
        (in_api, &["422", "429", "500", "503"]),
        (!operation.contains_key("security"), &["401", "403"]),
        (in_api && method != "get", &["403"]),
        (has("path", "id"), &["404"]),
        (operation.contains_key("requestBody"), &["400", "413", "415"]),
        (has("query", ""), &["422"]),
        (has("header", "If-Match"), &["412", "428"]),
        (has("header", "Idempotency-Key"), &["409", "413"]),
        (path.starts_with("/blobs"), &["429", "500", "503"]),
    ];
    let statuses: BTreeSet<_> =
        reasons.iter().filter(|(holds, _)| *holds).flat_map(|(_, more)| *more).collect();
    let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { return };
    for (status, response) in responses.iter_mut() {
        if response["description"].as_str().unwrap_or_default().is_empty() {
            response["description"] = json!(if status == "204" { "Done." } else { "The answer." });
        }
        if status.as_str() >= "400" && response.get("content").is_none() {
            response["content"] = problem_content();
        }
        if in_api {
            response["headers"]["X-Request-Id"] = json!({ "$ref": "#/components/headers/X-Request-Id" });
        }
    }
    for status in statuses {
        responses
            .entry(*status)
            .or_insert_with(|| json!({ "$ref": format!("#/components/responses/{status}") }));
    }
}

fn problem_content() -> Value {
    json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } })
}

/// The refusals any route may give.
const REFUSALS: [(&str, &str); 13] = [
    ("400", "The body is not JSON."),
    ("401", "No valid sign-in or key came with it."),
    ("403", "Your role does not allow this, or it did not come from this app."),
    ("404", "There is no such thing here."),
    ("409", "It does not fit what is there, or the same request is still being worked on."),
    ("412", "It was changed since you read it."),
    ("413", "The body is too large."),
    ("415", "The body is not announced as JSON."),
    ("422", "Some of it needs mending; the fields are named."),
    ("428", "If-Match is missing."),
    ("429", "Too many requests; wait."),
    ("500", "Something went wrong on the server's side."),
    ("503", "Not available right now; try again."),
];

fn refusals() -> Value {
    let one = |(status, meaning): (&str, &str)| {
        let mut response = json!({ "description": meaning, "content": problem_content() });
        response["headers"]["X-Request-Id"] = json!({ "$ref": "#/components/headers/X-Request-Id" });
        if matches!(status, "429" | "503") {
            response["headers"]["Retry-After"] =
                json!({ "schema": { "type": "integer" }, "description": "Seconds." });
        }
        (status.to_owned(), response)
    };
    Value::Object(REFUSALS.into_iter().map(one).collect())
}

/// What is edited with `If-Match` says its version when it is read.
fn add_versions(item: &mut Map<String, Value>) {
    let versioned = |operation: &Value| {
        operation.as_object().is_some_and(|o| parameters(o).any(|p| p["name"] == "If-Match"))
    };
    if !item.values().any(versioned) {
        return;
    }
    for operation in item.values_mut() {
        if let Some(answer) = operation.pointer_mut("/responses/200") {
            answer["headers"]["ETag"] = json!({ "$ref": "#/components/headers/ETag" });
        }
    }
}

fn parameters(operation: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    operation.get("parameters").and_then(Value::as_array).into_iter().flatten()
}

fn for_each_operation(document: &mut Value, mut visit: impl FnMut(&str, &str, &mut Map<String, Value>)) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    for (path, item) in paths {
        let Some(item) = item.as_object_mut() else { continue };
        for (method, operation) in item {
            if let Some(operation) = operation.as_object_mut() {
                visit(path, method, operation);
            }
        }
    }
}
