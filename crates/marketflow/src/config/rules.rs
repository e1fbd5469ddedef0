//! Settings that are fine alone but not together. What cannot work is a problem; what works but is
//! probably a mistake is a warning.

use std::net::IpAddr;

use mf_stores::blobs::{BlobLocation, S3Location};
use secrecy::ExposeSecret;

use super::reader::Reader;
use super::{Config, DatabaseUrl};

/// A worker renews its lease this many times within one lease.
const HEARTBEATS_PER_LEASE: u32 = 3;

/// Reports the problems to `reader` and answers the warnings.
pub(super) fn check(config: &Config, reader: &mut Reader<'_>) -> Vec<String> {
    check_database(config, reader);
    check_blobs(config, reader);
    check_times(config, reader);
    [plain_http_in_public(config), unreachable_links(config, reader), sender_without_server(reader)]
        .into_iter()
        .flatten()
        .collect()
}

fn check_database(config: &Config, reader: &mut Reader<'_>) {
    let sqlite = matches!(config.database.url, DatabaseUrl::Sqlite(_));
    if sqlite && config.database.admin_url.is_some() {
        reader.report(
            "database.admin_url",
            "it is for PostgreSQL, but database.url is not",
            "Set database.url to a postgres:// address, or leave this empty.",
        );
    }
}

fn check_blobs(config: &Config, reader: &mut Reader<'_>) {
    match &config.blobs {
        BlobLocation::S3(S3Location { access, .. }) => {
            let set = [
                ("blobs.access_key", !access.key_id.is_empty()),
                ("blobs.secret_key", !access.secret.expose_secret().is_empty()),
            ];
            for (name, _) in set.into_iter().filter(|(_, set)| !set) {
                let why = "it must be set, because blobs.url names S3";
                reader.report(name, why, "Write the key of a user who may use the bucket.");
            }
        }
        BlobLocation::Directory(_) => {
            for name in ["blobs.access_key", "blobs.secret_key"] {
                // A wrong blobs.url was reported already, and may have meant S3.
                if !reader.text(name).is_empty() && !reader.text("blobs.url").starts_with("s3:") {
                    let why = "it is for S3, but blobs.url names a directory";
                    let remedy = "Set blobs.url to s3://BUCKET, or leave this empty.";
                    reader.report(name, why, remedy);
                }
            }
        }
    }
}

fn check_times(config: &Config, reader: &mut Reader<'_>) {
    let (auth, jobs) = (&config.auth, &config.jobs);
    if auth.session_idle > auth.session {
        let why = "a sign-in would end by auth.session_days before it can be idle for so long";
        reader.report("auth.session_idle_hours", why, "Make it shorter, or the session longer.");
    }
    if auth.access_token >= auth.refresh_token {
        let why = "the token that renews it (auth.refresh_token_days) would end first";
        reader.report("auth.access_token_minutes", why, "Make it shorter.");
    }
    if jobs.poll >= jobs.lease / HEARTBEATS_PER_LEASE {
        let why = "a job's lease (jobs.lease_seconds) could run out before anybody looks; it must \
                   be shorter than a third of the lease";
        reader.report("jobs.poll_milliseconds", why, "Make it shorter, or the lease longer.");
    }
}

fn plain_http_in_public(config: &Config) -> Option<String> {
    let url = &config.server.public_url;
    let public = !url.is_secure() && !is_private_host(url.host());
    public.then(|| {
        format!(
            "server.public_url = {url} is plain http on a public name: passwords and cookies can be \
             read on the way. Put a proxy with TLS in front and write https://."
        )
    })
}

fn unreachable_links(config: &Config, reader: &mut Reader<'_>) -> Option<String> {
    let derived = reader.text("server.public_url").is_empty();
    (derived && !config.server.listen.ip().is_loopback()).then(|| {
        format!(
            "server.public_url is empty while the server listens on {}: links in mails and \
             invitations will say {}, which only works on this machine. Set it to the address \
             people use.",
            config.server.listen, config.server.public_url
        )
    })
}

fn sender_without_server(reader: &mut Reader<'_>) -> Option<String> {
    let from = !reader.text("mail.from").is_empty();
    (from && reader.text("mail.smtp_url").is_empty())
        .then(|| "mail.from is set but mail.smtp_url is not: no mail is sent.".to_owned())
}

/// This machine, a home or office network, or a name that only exists there.
fn is_private_host(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
        Err(_) => {
            !host.contains('.')
                || [".local", ".lan", ".internal", ".localhost", ".home.arpa"]
                    .iter()
                    .any(|end| host.ends_with(end))
        }
    }
}
