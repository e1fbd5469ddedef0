//! The web app, embedded in the binary. Its build puts a `.br` and a `.gz` beside each file; what the
//! browser understands is sent as it is. Addresses without a file are pages of the app itself.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::http::problem::{Code, Problem};

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Dist;

/// The build names these by their content, so they never change.
const HASHED: &str = "assets/";
const INDEX: &str = "index.html";
const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Marketflow</title>\
    <body style=\"font: 1rem/1.5 system-ui; margin: 4rem auto; max-width: 40rem; padding: 0 1rem\">\
    <h1>The web app is not in this build</h1><p>The server itself works: <a href=\"/api/docs\">the API is described here</a>.</p>\
    <p>To have the web app too, run <code>make run</code>, which builds both.</p></body></html>";

struct Asset {
    kind: String,
    plain: Form,
    brotli: Option<Form>,
    gzip: Option<Form>,
}

/// One way the file can be sent.
struct Form {
    bytes: Bytes,
    tag: String,
}

static ASSETS: LazyLock<HashMap<String, Asset>> = LazyLock::new(|| {
    let compressed = |name: &str| name.ends_with(".br") || name.ends_with(".gz");
    let names = Dist::iter().filter(|name| !compressed(name));
    names.filter_map(|name| Some((name.to_string(), load(&name)?))).collect()
});

fn load(name: &str) -> Option<Asset> {
    let kind = mime_guess::from_path(name).first_or_octet_stream();
    let kind = match kind.type_() {
        mime_guess::mime::TEXT => format!("{kind}; charset=utf-8"),
        _ => kind.to_string(),
    };
    Some(Asset {
        kind,
        plain: form(Dist::get(name)?),
        brotli: Dist::get(&format!("{name}.br")).map(form),
        gzip: Dist::get(&format!("{name}.gz")).map(form),
    })
}

fn form(file: EmbeddedFile) -> Form {
    let tag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..12]));
    let bytes = match file.data {
        Cow::Borrowed(data) => Bytes::from_static(data),
        Cow::Owned(data) => Bytes::from(data),
    };
    Form { bytes, tag }
}

pub fn serve(path: &str, headers: &HeaderMap) -> Response {
    let name = path.trim_start_matches('/');
    match ASSETS.get(name).or_else(|| page(name)) {
        Some(asset) => send(asset, name, headers),
        None if name.starts_with(HASHED) => {
            Problem::new(Code::NotFound, "This file belongs to another version of the app.")
                .remedy("Reload the page.")
                .into_response()
        }
        None => ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], NOT_BUILT).into_response(),
    }
}

/// The app finds its way by the address itself. A missing file is not a page, though: an old tab
/// asking for yesterday's script must not be given HTML.
fn page(name: &str) -> Option<&'static Asset> {
    if name.starts_with(HASHED) { None } else { ASSETS.get(INDEX) }
}

fn send(asset: &Asset, name: &str, headers: &HeaderMap) -> Response {
    let (form, encoding) = choose(asset, headers);
    let for_ever = name.starts_with(HASHED);
    let caching = if for_ever { "public, max-age=31536000, immutable" } else { "no-cache" };
    let unchanged = headers.get_all(header::IF_NONE_MATCH).iter().any(|given| holds(given, &form.tag));
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(form.bytes.clone()))
    };
    let mut put = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    };
    put(header::CACHE_CONTROL, caching);
    put(header::ETAG, &form.tag);
    put(header::VARY, "accept-encoding");
    if !unchanged {
        put(header::CONTENT_TYPE, &asset.kind);
        if let Some(encoding) = encoding {
            put(header::CONTENT_ENCODING, encoding);
        }
    }
    response
}

fn choose<'a>(asset: &'a Asset, headers: &HeaderMap) -> (&'a Form, Option<&'static str>) {
    match (&asset.brotli, &asset.gzip) {
        (Some(form), _) if accepts(headers, "br") => (form, Some("br")),
        (_, Some(form)) if accepts(headers, "gzip") => (form, Some("gzip")),
        _ => (&asset.plain, None),
    }
}

fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let lists = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|offer| {
        let (name, weight) = offer.split_once(';').unwrap_or((offer, ""));
        let refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0));
        name.trim().eq_ignore_ascii_case(encoding) && !refused
    })
}

fn holds(given: &HeaderValue, tag: &str) -> bool {
    let given = given.to_str().unwrap_or_default();
    given.split(',').any(|one| one.trim().trim_start_matches("W/") == tag || one.trim() == "*")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asset() -> Asset {
        let form = |text: &'static str| Form {
            bytes: Bytes::from_static(text.as_bytes()),
            tag: format!("\"{text}\""),
        };
        Asset {
            kind: "text/css".into(),
            plain: form("plain"),
            brotli: Some(form("br")),
            gzip: Some(form("gz")),
        }
    }

    fn with(name: HeaderName, value: &str) -> HeaderMap {
        [(name, value.parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn the_best_form_the_browser_understands_is_sent() {
        for (accepted, form, encoding) in [
            ("gzip, deflate, br, zstd", "br", Some("br")),
            ("gzip;q=0.8", "gz", Some("gzip")),
            ("br;q=0, gzip", "gz", Some("gzip")),
            ("identity", "plain", None),
        ] {
            let asset = asset();
            let (chosen, how) = choose(&asset, &with(header::ACCEPT_ENCODING, accepted));
            assert_eq!((&chosen.bytes[..], how), (form.as_bytes(), encoding), "{accepted}");
        }
    }

    #[test]
    fn hashed_files_are_kept_for_ever_and_pages_are_asked_for_again() {
        let response = send(&asset(), "assets/index-1a2b.css", &HeaderMap::new());
        assert!(response.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
        let response = send(&asset(), "projects", &HeaderMap::new());
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-cache");
    }

    #[test]
    fn an_unchanged_file_is_not_sent_again() {
        let response = send(&asset(), "a", &with(header::IF_NONE_MATCH, "\"x\", W/\"plain\""));
        assert_eq!(response.status(), StatusCode::NOT_MODIFIED);
        assert!(!response.headers().contains_key(header::CONTENT_TYPE));
    }

    #[test]
    fn a_missing_script_is_not_a_page() {
        assert_eq!(serve("/assets/gone-123.js", &HeaderMap::new()).status(), StatusCode::NOT_FOUND);
        assert_eq!(serve("/some/page", &HeaderMap::new()).status(), StatusCode::OK);
    }
}
