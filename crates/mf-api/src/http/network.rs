//! Where a request comes from: the client's address and whether it came by https. What proxies say is
//! believed only of proxies the hosting engineer named.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use axum::Extension;
use axum::extract::{ConnectInfo, FromRequestParts, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, header};
use ipnet::IpNet;

use super::problem::Problem;

/// What is known before any request comes.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// How people reach the product, as in `https://app.example.com`.
    pub public_url: String,
    pub trusted_proxies: Vec<IpNet>,
}

/// What is known of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    pub ip: IpAddr,
    pub https: bool,
    /// The host and port the browser believes to talk to.
    pub host: Option<String>,
    pub user_agent: String,
}

pub async fn note(
    Extension(surroundings): Extension<Arc<Surroundings>>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let connection = Connection::of(request.headers(), peer, &surroundings);
    request.extensions_mut().insert(connection);
    next.run(request).await
}

impl<S: Sync> FromRequestParts<S> for Connection {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Connection>().cloned().ok_or_else(Problem::internal)
    }
}

impl Connection {
    fn of(headers: &HeaderMap, peer: Option<IpAddr>, surroundings: &Surroundings) -> Self {
        let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)).to_canonical();
        let trusted = |ip: &IpAddr| surroundings.trusted_proxies.iter().any(|net| net.contains(ip));
        let forwarded = |name: &str| trusted(&peer).then(|| headers.get(name)?.to_str().ok()).flatten();
        let proto = forwarded("x-forwarded-proto").and_then(|list| list.split(',').next()).map(str::trim);
        let host = forwarded("x-forwarded-host")
            .and_then(|list| list.split(',').next())
            .or_else(|| headers.get(header::HOST)?.to_str().ok());
        Self {
            ip: if trusted(&peer) { behind_proxies(headers, peer, trusted) } else { peer },
            https: match proto {
                Some(proto) => proto.eq_ignore_ascii_case("https"),
                None => surroundings.public_url.starts_with("https://"),
            },
            host: host.map(|host| host.trim().to_ascii_lowercase()),
            user_agent: text_of(headers, header::USER_AGENT.as_str()),
        }
    }

    /// The address cut to its network: enough to recognise a place, not a person.
    pub fn network(&self) -> String {
        match self.ip {
            IpAddr::V4(ip) => {
                let [a, b, c, _] = ip.octets();
                format!("{}/24", Ipv4Addr::new(a, b, c, 0))
            }
            IpAddr::V6(ip) => {
                let [a, b, c, ..] = ip.segments();
                format!("{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
            }
        }
    }

    /// What limits count one caller by: an address, or for IPv6 the part a single customer gets.
    pub fn limit_key(&self) -> String {
        match self.ip {
            IpAddr::V4(ip) => ip.to_string(),
            IpAddr::V6(ip) => {
                let [a, b, c, d, ..] = ip.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).to_string()
            }
        }
    }

    /// On this machine or in this house, as far as the address tells.
    pub fn is_near(&self) -> bool {
        match self.ip {
            IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
            IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
        }
    }
}

/// From the nearest hop backwards: the first address that is not a proxy of ours.
fn behind_proxies(headers: &HeaderMap, peer: IpAddr, trusted: impl Fn(&IpAddr) -> bool) -> IpAddr {
    let lists = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = lists.flat_map(|list| list.split(',')).map(str::trim).collect();
    let mut nearest = peer;
    for hop in hops.iter().rev() {
        // What cannot be read was not written by our proxies: nothing beyond it is to be believed.
        let Ok(ip) = hop.parse::<IpAddr>() else { break };
        nearest = ip.to_canonical();
        if !trusted(&nearest) {
            break;
        }
    }
    nearest
}

fn text_of(headers: &HeaderMap, name: &str) -> String {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, headers: &[(&'static str, &str)], public_url: &str) -> Connection {
        let surroundings = Surroundings {
            public_url: public_url.to_owned(),
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
        };
        let headers = headers.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect();
        Connection::of(&headers, Some(peer.parse().unwrap()), &surroundings)
    }

    #[test]
    fn only_named_proxies_are_believed() {
        let claims =
            [("x-forwarded-for", "1.2.3.4"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "evil")];
        let stranger = seen("203.0.113.9", &claims, "http://localhost:8080");
        assert_eq!(
            (stranger.ip.to_string().as_str(), stranger.https, stranger.host),
            ("203.0.113.9", false, None)
        );
        let proxy = seen("10.0.0.1", &claims, "http://localhost:8080");
        assert_eq!((proxy.ip.to_string().as_str(), proxy.https), ("1.2.3.4", true));
        assert_eq!(proxy.host.as_deref(), Some("evil"));
    }

    #[test]
    fn a_client_cannot_put_an_address_in_front() {
        let seen = seen("10.0.0.1", &[("x-forwarded-for", "6.6.6.6, 203.0.113.9, 10.1.1.1")], "http://x");
        assert_eq!(seen.ip.to_string(), "203.0.113.9");
    }

    #[test]
    fn networks_are_cut() {
        assert_eq!(seen("203.0.113.9", &[], "http://x").network(), "203.0.113.0/24");
        assert_eq!(seen("::ffff:203.0.113.9", &[], "http://x").network(), "203.0.113.0/24");
        assert_eq!(seen("2001:db8:1:2::3", &[], "http://x").network(), "2001:db8:1::/48");
        assert_eq!(seen("2001:db8:1:2::3", &[], "http://x").limit_key(), "2001:db8:1:2::");
    }

    #[test]
    fn a_public_https_address_makes_cookies_secure_without_a_proxy_header() {
        assert!(seen("127.0.0.1", &[], "https://app.example.com").https);
    }
}
