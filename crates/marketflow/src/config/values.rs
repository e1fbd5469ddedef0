//! The kinds of values settings take, each read from text with a reason when it is refused.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use mf_stores::blobs::BlobLocation;
use mf_stores::vault::{KeyError, KeySource};
use secrecy::SecretString;

use super::reader::{Refused, refused};

/// Where people reach this server: scheme, host and port, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    secure: bool,
    authority: String,
}

impl PublicUrl {
    /// For a server nobody gave an address.
    pub(super) fn local(listen: SocketAddr) -> Self {
        Self { secure: false, authority: format!("localhost:{}", listen.port()) }
    }

    /// Https: cookies are marked Secure.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// Host and port, as a browser sends them in `Host`.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    pub fn host(&self) -> &str {
        split_port(&self.authority).0
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}", self.authority)
    }
}

/// An address, or all addresses that begin alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

impl Network {
    /// An IPv4 address that comes dressed as IPv6, as dual-stack sockets show it, counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let host_bits = 32 - u32::from(self.prefix);
                let differ = u64::from(own.to_bits() ^ other.to_bits());
                differ >> host_bits == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let host_bits = 128 - u32::from(self.prefix);
                let differ = own.to_bits() ^ other.to_bits();
                differ.checked_shr(host_bits).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// The database in use.
#[derive(Debug, Clone)]
pub enum DatabaseUrl {
    Sqlite(PathBuf),
    Postgres(SecretString),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

pub(super) fn listen(text: &str) -> Result<SocketAddr, Refused> {
    text.parse().or_else(|_| {
        refused("it is not an address and a port", "Write them like 127.0.0.1:8080, or [::1]:8080 for IPv6.")
    })
}

pub(super) fn public_url(text: &str) -> Result<PublicUrl, Refused> {
    const REMEDY: &str = "Write it like https://marketing.example.com, with nothing after the host.";
    let (secure, rest) = match text.split_once("://") {
        Some(("https", rest)) => (true, rest),
        Some(("http", rest)) => (false, rest),
        _ => return refused("it does not begin with https:// or http://", REMEDY),
    };
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if authority.contains(['/', '?', '#']) {
        return refused("it has a path, but the product lives at the root", REMEDY);
    }
    if !is_authority(authority) {
        return refused("it has no proper host", REMEDY);
    }
    Ok(PublicUrl { secure, authority: authority.to_ascii_lowercase() })
}

/// An http(s) address that may go on after the host.
pub(super) fn http_address(text: &str) -> Result<String, Refused> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if !is_authority(authority) {
        return refused("it is not an http address", "Write it like http://localhost:4318.");
    }
    Ok(text.to_owned())
}

pub(super) fn network(text: &str) -> Result<Network, Refused> {
    const REMEDY: &str = "Write addresses or networks, such as \"10.1.2.3\" or \"10.0.0.0/8\".";
    let (address, prefix) = text.split_once('/').unwrap_or((text, ""));
    let Ok(address) = address.parse::<IpAddr>() else {
        return refused(format!("{text:?} is not an address"), REMEDY);
    };
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let whole = !text.contains('/');
    let prefix = if whole { Ok(longest) } else { prefix.parse() };
    match prefix {
        Ok(prefix) if prefix <= longest => Ok(Network { address, prefix }),
        _ => refused(format!("{text:?} does not end in /0 to /{longest}"), REMEDY),
    }
}

pub(super) fn database_url(text: &str) -> Result<DatabaseUrl, Refused> {
    let path = text.strip_prefix("sqlite://").or_else(|| text.strip_prefix("sqlite:"));
    match path {
        Some("") => refused("it names no file", "Write it like sqlite:/srv/marketflow.db."),
        Some(path) if path.contains('?') => {
            refused("options after the file are not supported", "Write it like sqlite:/srv/marketflow.db.")
        }
        Some(path) => Ok(DatabaseUrl::Sqlite(path.into())),
        None => postgres_url(text).map(DatabaseUrl::Postgres),
    }
}

pub(super) fn postgres_url(text: &str) -> Result<SecretString, Refused> {
    const REMEDY: &str = "Write it like postgres://USER:PASSWORD@HOST:5432/DATABASE.";
    let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"));
    match rest.map(|rest| rest.rsplit_once('@').map_or(rest, |(_, host)| host)) {
        None => refused("it is not a PostgreSQL address", REMEDY),
        Some(host) => match host.split_once('/') {
            Some((_, database)) if !database.is_empty() => Ok(SecretString::from(text)),
            _ => refused("it names no database", REMEDY),
        },
    }
}

pub(super) fn blob_location(text: &str) -> Result<BlobLocation, Refused> {
    const REMEDY: &str = "Write file:PATH or s3://BUCKET?region=REGION&endpoint=ADDRESS.";
    text.parse().or_else(|error| refused(error, REMEDY))
}

pub(super) fn key_source(text: &str) -> Result<KeySource, Refused> {
    const REMEDY: &str = "Write file:PATH, env:NAME or command:PROGRAM ARGUMENTS.";
    text.parse().or_else(|error| match error {
        KeyError::BadSource { why } => refused(why, REMEDY),
        error => refused(error, REMEDY),
    })
}

pub(super) fn smtp_url(text: &str) -> Result<SecretString, Refused> {
    const REMEDY: &str = "Write it like smtp://USER:PASSWORD@HOST:587 or smtps://….";
    let rest = text.strip_prefix("smtps://").or_else(|| text.strip_prefix("smtp://"));
    let Some(rest) = rest else {
        return refused("it does not begin with smtp:// or smtps://", REMEDY);
    };
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    if !is_authority(host.split(['/', '?']).next().unwrap_or_default()) {
        return refused("it has no proper host", REMEDY);
    }
    Ok(SecretString::from(text))
}

/// `name@host` or `Name <name@host>`; the mailer checks the finer points.
pub(super) fn sender(text: &str) -> Result<String, Refused> {
    let address = match text.strip_suffix('>').and_then(|text| text.split_once('<')) {
        Some((_, address)) => address,
        None => text,
    };
    let plain = !address.contains(|c: char| c.is_whitespace() || "<>,;\"".contains(c));
    match address.split_once('@') {
        Some((name, host)) if plain && !name.is_empty() && is_host(host) => Ok(text.to_owned()),
        _ => refused("it is not a mail address", "Write it like \"Marketflow <marketflow@example.com>\"."),
    }
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, Refused> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => refused("there is no such format", "Write \"text\" or \"json\"."),
    }
}

pub(super) fn log_level(text: &str) -> Result<String, Refused> {
    let levels = ["error", "warn", "info", "debug", "trace"];
    let understood = text.split(',').all(|part| match part.trim().split_once('=') {
        Some((target, level)) => !target.is_empty() && levels.contains(&level),
        None => levels.contains(&part.trim()),
    });
    if understood {
        return Ok(text.to_owned());
    }
    refused(
        "there is no such level",
        "Write error, warn, info, debug or trace, also by part: \"info,mf_app=debug\".",
    )
}

/// The name most like `given`, if any is like it at all.
pub(super) fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|name| (edits_between(given, name), name))
        .filter(|(edits, name)| *edits <= name.chars().count().max(6) / 3)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, name)| name)
}

/// How many letters to add, drop or change to come from one text to the other (Levenshtein).
fn edits_between(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], line + 1);
        for (column, candidate) in other.iter().enumerate() {
            let changed = diagonal + usize::from(letter != *candidate);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

/// A host, or a host and a port.
fn is_authority(text: &str) -> bool {
    let (host, port) = split_port(text);
    is_host(host) && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        // The colons of a bare IPv6 host are not those of a port.
        Some((_, port)) if port.ends_with(']') => (authority, None),
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    }
}

fn is_host(text: &str) -> bool {
    if let Some(ip) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
        return ip.parse::<std::net::Ipv6Addr>().is_ok();
    }
    !text.is_empty()
        && text.split('.').all(|label| {
            !label.is_empty() && label.chars().all(|letter| letter.is_alphanumeric() || "-_".contains(letter))
        })
}
