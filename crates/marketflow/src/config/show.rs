//! Shows settings to people, with every secret in them hidden.

use std::fmt::Write as _;

use toml::Value;

use super::layers::Layers;

const HIDDEN: &str = "[redacted]";
const SECRETS: [&str; 1] = ["blobs.secret_key"];
const SECRET_OPTIONS: [&str; 4] = ["pass", "secret", "key", "token"];

pub(super) fn effective(layers: &Layers) -> String {
    let mut text = String::new();
    let mut section = "";
    for (name, setting) in layers.iter() {
        let (of, key) = name.split_once('.').unwrap_or(("", name));
        if of != section {
            let gap = if section.is_empty() { "" } else { "\n" };
            writeln!(text, "{gap}[{of}]").expect("writing to a String cannot fail");
            section = of;
        }
        let value = shown(name, &setting.value);
        writeln!(text, "{key} = {value}  # {}", setting.source).expect("writing to a String cannot fail");
    }
    text
}

/// A value as it would stand in the file, without what must not be seen.
pub(super) fn shown(name: &str, value: &Value) -> String {
    let hidden = || Value::from(HIDDEN).to_string();
    match value {
        Value::String(text) if text.is_empty() => Value::from("").to_string(),
        _ if SECRETS.contains(&name) => hidden(),
        Value::String(text) if name == "vault.master_key" => match text.split_once(' ') {
            _ if !text.contains(':') => hidden(),
            // Arguments of a command may be secret.
            Some((command, _)) => Value::from(format!("{command} {HIDDEN}")).to_string(),
            None => value.to_string(),
        },
        Value::String(text) => Value::from(without_password(text)).to_string(),
        value => value.to_string(),
    }
}

/// Hides what stands between scheme and host, and what follows a question mark:
/// `postgres://app:secret@db/…?password=secret`. The last `@` counts, because a password may hold
/// one that should have been escaped.
fn without_password(text: &str) -> String {
    let Some((access, rest)) = text.rsplit_once('@') else {
        return without_options(&without_misplaced_password(text));
    };
    let rest = without_options(rest);
    match access.split_once("://") {
        Some((scheme, access)) => match access.split_once(':') {
            Some((user, _)) => format!("{scheme}://{user}:{HIDDEN}@{rest}"),
            None => format!("{scheme}://{HIDDEN}@{rest}"),
        },
        // A mail address has no password; a misspelt scheme may stand before one.
        None if !access.contains(':') => format!("{access}@{rest}"),
        None => format!("{HIDDEN}@{rest}"),
    }
}

/// `postgres://app:secret`, the host forgotten: what stands where the port belongs is not a port.
fn without_misplaced_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    match authority.split_once(':') {
        Some((start, port)) if !start.starts_with('[') && !port.bytes().all(|b| b.is_ascii_digit()) => {
            format!("{scheme}://{start}:{HIDDEN}")
        }
        _ => text.to_owned(),
    }
}

fn without_options(text: &str) -> String {
    match text.split_once('?') {
        Some((start, options)) if SECRET_OPTIONS.iter().any(|word| options.contains(word)) => {
            format!("{start}?{HIDDEN}")
        }
        _ => text.to_owned(),
    }
}
