//! The session cookie: unreadable for scripts, never sent along from another site, and over https
//! bound to exactly this host by its `__Host-` name.

use axum::response::Response;
use axum_extra::extract::cookie::CookieJar;
use http::{HeaderMap, HeaderValue, header};

use super::network::Connection;

const SECURE_NAME: &str = "__Host-mf_session";
const PLAIN_NAME: &str = "mf_session";

/// Over https only the bound name counts: a plain one could have been planted by a neighbouring host.
fn name(connection: &Connection) -> &'static str {
    if connection.https { SECURE_NAME } else { PLAIN_NAME }
}

pub fn read(headers: &HeaderMap, connection: &Connection) -> Option<String> {
    let jar = CookieJar::from_headers(headers);
    let value = jar.get(name(connection))?.value();
    (!value.is_empty()).then(|| value.to_owned())
}

/// Sets the cookie; it ends with the session on the server, at the latest after `days`.
pub fn set(response: &mut Response, connection: &Connection, secret: &str, days: i64) {
    append(response, connection, secret, days * 24 * 60 * 60);
}

pub fn clear(response: &mut Response, connection: &Connection) {
    append(response, connection, "", 0);
}

fn append(response: &mut Response, connection: &Connection, value: &str, seconds: i64) {
    let secure = if connection.https { "; Secure" } else { "" };
    let name = name(connection);
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    // The value is a token of hexadecimal digits, so this is always a valid header.
    if let Ok(value) = HeaderValue::from_str(&text) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(https: bool) -> Connection {
        Connection { ip: [127, 0, 0, 1].into(), https, host: None, user_agent: String::new() }
    }

    fn headers(cookie: &str) -> HeaderMap {
        [(header::COOKIE, cookie.parse().unwrap())].into_iter().collect()
    }

    #[test]
    fn over_https_only_the_bound_name_counts() {
        let both = headers("mf_session=planted; __Host-mf_session=real");
        assert_eq!(read(&both, &connection(true)).as_deref(), Some("real"));
        assert_eq!(read(&headers("mf_session=planted"), &connection(true)), None);
        assert_eq!(read(&both, &connection(false)).as_deref(), Some("planted"));
        assert_eq!(read(&headers("mf_session="), &connection(false)), None);
    }

    #[test]
    fn the_cookie_says_all_it_must() {
        let mut response = Response::default();
        set(&mut response, &connection(true), "mfc_1", 30);
        let text = response.headers()[header::SET_COOKIE].to_str().unwrap().to_owned();
        assert!(text.starts_with("__Host-mf_session=mfc_1;"), "{text}");
        for part in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=2592000"] {
            assert!(text.contains(part), "{text} lacks {part}");
        }
        assert!(!text.contains("Domain"));
        let mut response = Response::default();
        set(&mut response, &connection(false), "mfc_1", 30);
        assert!(!response.headers()[header::SET_COOKIE].to_str().unwrap().contains("Secure"));
    }
}
