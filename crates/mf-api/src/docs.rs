//! The description of the API as a page to read: made from the same document, without scripts.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;

const STYLE: &str = include_str!("docs.css");

pub fn page(document: &Value) -> String {
    let info = &document["info"];
    let mut out = String::new();
    let by_tag = operations(document);
    let tags: Vec<&Value> = list(&document["tags"]).collect();
    push(
        &mut out,
        format_args!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style></head><body><nav aria-label=\"Contents\"><h2>{title}</h2>",
            title = text(&info["title"]),
        ),
    );
    for tag in &tags {
        contents(&mut out, tag, &by_tag);
    }
    push(
        &mut out,
        format_args!(
            "</nav><main><h1>{} <small>{}</small></h1><p>{}</p><p><a href=\"/api/openapi.json\">openapi.json</a></p>",
            text(&info["title"]),
            text(&info["version"]),
            prose(&info["description"]),
        ),
    );
    for tag in &tags {
        section(&mut out, document, tag, &by_tag);
    }
    schemas(&mut out, document);
    out.push_str("</main></body></html>");
    out
}

struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    body: &'a Value,
}

fn operations(document: &Value) -> BTreeMap<&str, Vec<Operation<'_>>> {
    let mut by_tag: BTreeMap<&str, Vec<Operation<'_>>> = BTreeMap::new();
    for (path, item) in entries(&document["paths"]) {
        for (method, body) in entries(item) {
            let tag = body["tags"][0].as_str().unwrap_or_default();
            by_tag.entry(tag).or_default().push(Operation { method, path, body });
        }
    }
    by_tag
}

fn contents(out: &mut String, tag: &Value, by_tag: &BTreeMap<&str, Vec<Operation<'_>>>) {
    push(out, format_args!("<h3>{}</h3><ul>", text(&tag["name"])));
    for operation in by_tag.get(tag["name"].as_str().unwrap_or_default()).into_iter().flatten() {
        push(
            out,
            format_args!(
                "<li><a href=\"#{}\">{}</a></li>",
                text(&operation.body["operationId"]),
                text(&operation.body["summary"]),
            ),
        );
    }
    out.push_str("</ul>");
}

fn section(out: &mut String, document: &Value, tag: &Value, by_tag: &BTreeMap<&str, Vec<Operation<'_>>>) {
    push(out, format_args!("<section><h2>{}</h2><p>{}</p>", text(&tag["name"]), prose(&tag["description"])));
    for operation in by_tag.get(tag["name"].as_str().unwrap_or_default()).into_iter().flatten() {
        describe(out, document, operation);
    }
    out.push_str("</section>");
}

fn describe(out: &mut String, document: &Value, operation: &Operation<'_>) {
    let body = operation.body;
    push(
        out,
        format_args!(
            "<article id=\"{id}\"><h3>{summary}</h3><p class=\"route\"><b class=\"{method}\">{shown}</b> <code>{path}</code>{open}</p><p>{more}</p>",
            id = text(&body["operationId"]),
            summary = text(&body["summary"]),
            method = operation.method,
            shown = operation.method.to_uppercase(),
            path = escape(operation.path),
            open = if body["security"].is_array() { " <i>no sign-in needed</i>" } else { "" },
            more = prose(&body["description"]),
        ),
    );
    let parameters: Vec<&Value> = list(&body["parameters"]).collect();
    if !parameters.is_empty() {
        out.push_str("<h4>Parameters</h4><dl>");
        for parameter in parameters {
            push(
                out,
                format_args!(
                    "<dt><code>{}</code> <i>{}{}</i></dt><dd>{} {}</dd>",
                    text(&parameter["name"]),
                    text(&parameter["in"]),
                    if parameter["required"] == true { ", required" } else { "" },
                    kind_of(&parameter["schema"]),
                    prose(&parameter["description"]),
                ),
            );
        }
        out.push_str("</dl>");
    }
    if let Some((_, content)) = entries(&body["requestBody"]["content"]).next() {
        push(out, format_args!("<h4>Body</h4><p>{}</p>", kind_of(&content["schema"])));
    }
    out.push_str("<h4>Answers</h4><dl class=\"answers\">");
    for (status, answer) in entries(&body["responses"]) {
        let answer = shared(document, answer);
        let kind = entries(&answer["content"])
            .next()
            .map(|(_, content)| kind_of(&content["schema"]))
            .unwrap_or_default();
        push(
            out,
            format_args!("<dt>{}</dt><dd>{} {}</dd>", escape(status), kind, prose(&answer["description"])),
        );
    }
    out.push_str("</dl></article>");
}

fn schemas(out: &mut String, document: &Value) {
    out.push_str("<section><h2>Shapes</h2>");
    for (name, schema) in entries(&document["components"]["schemas"]) {
        let name = escape(name);
        push(
            out,
            format_args!(
                "<article id=\"shape-{name}\"><h3>{name}</h3><p>{}</p>",
                prose(&schema["description"])
            ),
        );
        let required: Vec<&str> = list(&schema["required"]).filter_map(Value::as_str).collect();
        out.push_str("<dl>");
        if schema["properties"].is_null() {
            push(out, format_args!("<dd>{}</dd>", kind_of(schema)));
        }
        for (field, about) in entries(&schema["properties"]) {
            let optional = if required.contains(&field) { "" } else { " <i>optional</i>" };
            push(
                out,
                format_args!(
                    "<dt><code>{}</code>{optional}</dt><dd>{} {}</dd>",
                    escape(field),
                    kind_of(about),
                    prose(&about["description"]),
                ),
            );
        }
        out.push_str("</dl></article>");
    }
    out.push_str("</section>");
}

/// A schema in a few words, with links to the shapes it names.
fn kind_of(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str().and_then(|link| link.rsplit('/').next()) {
        let name = escape(name);
        return format!("<a href=\"#shape-{name}\">{name}</a>");
    }
    let choices: Vec<&Value> = list(&schema["oneOf"]).chain(list(&schema["anyOf"])).collect();
    if !choices.is_empty() {
        return choices.into_iter().map(kind_of).collect::<Vec<_>>().join(" or ");
    }
    let values: Vec<String> =
        list(&schema["enum"]).map(|value| format!("<code>{}</code>", escape(&value.to_string()))).collect();
    if !values.is_empty() {
        return values.join(" ");
    }
    let mut words = match &schema["type"] {
        Value::Array(kinds) => kinds
            .iter()
            .filter_map(Value::as_str)
            .map(|kind| one_kind(kind, schema))
            .collect::<Vec<_>>()
            .join(" or "),
        kind => one_kind(kind.as_str().unwrap_or("any"), schema),
    };
    for (bound, sign) in [
        ("minimum", "≥"),
        ("maximum", "≤"),
        ("minLength", "length ≥"),
        ("maxLength", "length ≤"),
        ("pattern", "like"),
    ] {
        if !schema[bound].is_null() {
            let value = schema[bound].as_str().map_or_else(|| schema[bound].to_string(), ToOwned::to_owned);
            push(&mut words, format_args!(", {sign} <code>{}</code>", escape(&value)));
        }
    }
    words
}

fn one_kind(kind: &str, schema: &Value) -> String {
    match (kind, schema["format"].as_str()) {
        ("array", _) => format!("list of {}", kind_of(&schema["items"])),
        ("string", Some(format)) => escape(format),
        (kind, _) => escape(kind),
    }
}

/// An answer itself, where only its name stands.
fn shared<'a>(document: &'a Value, answer: &'a Value) -> &'a Value {
    let named = answer["$ref"].as_str().and_then(|link| document.pointer(link.trim_start_matches('#')));
    named.unwrap_or(answer)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn text(value: &Value) -> String {
    escape(value.as_str().unwrap_or_default())
}

/// Text in which `…` marks code.
fn prose(value: &Value) -> String {
    let escaped = text(value);
    let parts = escaped.split('`').enumerate();
    parts.map(|(i, part)| if i % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() }).collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn push(out: &mut String, arguments: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = out.write_fmt(arguments);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_and_shape_is_on_the_page_and_every_link_leads_somewhere() {
        let document: Value = serde_json::from_str(&crate::openapi_json()).unwrap();
        let page = page(&document);
        for (_, item) in entries(&document["paths"]) {
            for (_, operation) in entries(item) {
                let id = operation["operationId"].as_str().unwrap();
                assert!(page.contains(&format!("id=\"{id}\"")), "{id}");
            }
        }
        for link in page.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(page.contains(&format!("id=\"{link}\"")), "{link}");
        }
        assert!(!page.contains("<script"));
    }
}
