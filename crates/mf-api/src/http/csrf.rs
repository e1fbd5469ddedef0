//! Requests another site makes a browser send. Two locks: the browser's own word on where a request
//! comes from, and a token only this app's pages can know.

use http::{HeaderMap, Method, Uri};
use mf_domain::secret;

use super::network::Connection;
use super::problem::{Code, Problem};

pub const HEADER: &str = "x-csrf-token";

pub fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE)
}

/// Programs send neither header and pass: what they send along, they hold themselves.
pub fn check_origin(headers: &HeaderMap, connection: &Connection, public_url: &str) -> Result<(), Problem> {
    let says = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let fits = match (says("origin"), says("sec-fetch-site")) {
        (Some(origin), _) if is_own(origin, connection, public_url) => true,
        (_, Some(site)) => matches!(site, "same-origin" | "none"),
        (Some(_), None) => false,
        (None, None) => true,
    };
    if fits {
        return Ok(());
    }
    Err(Problem::new(Code::Csrf, "Another site made your browser send this, so nothing was done.")
        .remedy("Open the app itself and repeat what you meant to do."))
}

/// `expected` is the token of the session the cookie names.
pub fn check_token(headers: &HeaderMap, expected: &str) -> Result<(), Problem> {
    let given = headers.get(HEADER).and_then(|value| value.to_str().ok());
    match given {
        Some(given) if secret::same(given, expected) => Ok(()),
        Some(_) => Err(Problem::new(Code::Csrf, "The header X-CSRF-Token does not belong to this sign-in.")
            .remedy("Read GET /api/v1/me again and send its csrf_token; in the app, reload the page.")),
        None => Err(Problem::new(Code::Csrf, "The header X-CSRF-Token is missing.")
            .remedy("Send the csrf_token of GET /api/v1/me in the header X-CSRF-Token.")),
    }
}

/// The public address with its scheme, or whatever host this very request was sent to.
fn is_own(origin: &str, connection: &Connection, public_url: &str) -> bool {
    let Some(given) = Address::read(origin) else { return false };
    Address::read(public_url).as_ref() == Some(&given) || connection.host.as_ref() == Some(&given.authority)
}

#[derive(PartialEq, Eq)]
struct Address {
    scheme: String,
    /// Host and port, in lower case.
    authority: String,
}

impl Address {
    fn read(text: &str) -> Option<Self> {
        let uri: Uri = text.parse().ok()?;
        Some(Self {
            scheme: uri.scheme_str()?.to_owned(),
            authority: uri.authority()?.as_str().to_ascii_lowercase(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUBLIC: &str = "https://app.example.com";

    fn verdict(origin: Option<&str>, site: Option<&str>, host: &str) -> bool {
        let named = [("origin", origin), ("sec-fetch-site", site)];
        let headers = named
            .iter()
            .filter_map(|(name, value)| Some((name.parse().unwrap(), value.as_ref()?.parse().unwrap())))
            .collect();
        let connection = Connection {
            ip: [127, 0, 0, 1].into(),
            https: false,
            host: Some(host.into()),
            user_agent: String::new(),
        };
        check_origin(&headers, &connection, PUBLIC).is_ok()
    }

    #[test]
    fn only_the_apps_own_pages_and_programs_pass() {
        assert!(verdict(None, None, "localhost:8080"));
        assert!(verdict(None, Some("same-origin"), "localhost:8080"));
        assert!(verdict(Some("http://localhost:8080"), None, "localhost:8080"));
        assert!(verdict(Some("http://192.168.1.5:8080"), Some("same-origin"), "192.168.1.5:8080"));
        assert!(verdict(Some(PUBLIC), None, "backend:8080"));
        for (origin, site) in [
            (Some("https://evil.example"), None),
            (Some("http://localhost:9999"), Some("same-site")),
            (Some("null"), None),
            (None, Some("cross-site")),
            (Some("http://app.example.com"), None),
            (Some("https://app.example.com.evil.example"), None),
        ] {
            assert!(!verdict(origin, site, "localhost:8080"), "{origin:?} {site:?}");
        }
    }

    #[test]
    fn the_token_must_be_the_sessions_own() {
        let with = |token: &str| {
            [(HEADER.parse().unwrap(), token.parse().unwrap())].into_iter().collect::<HeaderMap>()
        };
        assert!(check_token(&with("abc"), "abc").is_ok());
        assert_eq!(check_token(&with("abd"), "abc").unwrap_err().code, Code::Csrf);
        assert_eq!(check_token(&HeaderMap::new(), "abc").unwrap_err().code, Code::Csrf);
    }
}
