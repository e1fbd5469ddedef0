//! The setting `blobs.url`, understood: a directory, or a bucket in S3 or anything that speaks it.

use std::path::PathBuf;
use std::str::FromStr;

use secrecy::SecretString;

/// Where blobs are kept.
#[derive(Debug, Clone)]
pub enum BlobLocation {
    Directory(PathBuf),
    S3(S3Location),
}

#[derive(Debug, Clone)]
pub struct S3Location {
    pub bucket: String,
    pub region: String,
    /// An address other than Amazon's own.
    pub endpoint: Option<String>,
    pub access: S3Access,
}

#[derive(Debug, Clone, Default)]
pub struct S3Access {
    pub key_id: String,
    pub secret: SecretString,
}

/// `blobs.url` cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadLocation(String);

impl BlobLocation {
    pub fn with_access(self, access: S3Access) -> Self {
        match self {
            Self::S3(location) => Self::S3(S3Location { access, ..location }),
            directory => directory,
        }
    }
}

impl FromStr for BlobLocation {
    type Err = BadLocation;

    /// `file:PATH`, or `s3://BUCKET?region=REGION&endpoint=ADDRESS`; the access key comes separately.
    fn from_str(text: &str) -> Result<Self, BadLocation> {
        if let Some(rest) = text.strip_prefix("s3://") {
            return parse_s3(rest).map(Self::S3);
        }
        match text.strip_prefix("file:") {
            Some(path) => parse_directory(path).map(Self::Directory),
            None => bad("it names neither a directory (file:PATH) nor a bucket (s3://BUCKET)"),
        }
    }
}

fn parse_directory(path: &str) -> Result<PathBuf, BadLocation> {
    // `file:///srv/blobs` is the long spelling of `file:/srv/blobs`.
    let path = match path.strip_prefix("//") {
        Some(path) if path.starts_with('/') => path,
        Some(_) => return bad("after file:// a path must begin with a slash; or write file:PATH"),
        None => path,
    };
    if path.is_empty() {
        return bad("no directory is named");
    }
    Ok(PathBuf::from(path))
}

fn parse_s3(rest: &str) -> Result<S3Location, BadLocation> {
    let (bucket, query) = rest.split_once('?').unwrap_or((rest, ""));
    if !is_bucket(bucket) {
        return bad("a bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens, and nothing \
             follows it but ?region=…&endpoint=…");
    }
    let mut location = S3Location {
        bucket: bucket.to_owned(),
        region: "us-east-1".to_owned(),
        endpoint: None,
        access: S3Access::default(),
    };
    for part in query.split('&').filter(|part| !part.is_empty()) {
        match part.split_once('=') {
            Some(("region", region)) if is_region(region) => location.region = region.to_owned(),
            Some(("region", _)) => return bad("the region must look like eu-central-1"),
            Some(("endpoint", address)) => location.endpoint = Some(parse_endpoint(address)?),
            _ => {
                return bad("only region and endpoint can follow the bucket; keys belong in \
                     blobs.access_key and blobs.secret_key");
            }
        }
    }
    Ok(location)
}

fn parse_endpoint(address: &str) -> Result<String, BadLocation> {
    let host = address
        .strip_prefix("https://")
        .or_else(|| address.strip_prefix("http://"))
        .map(|rest| rest.trim_end_matches('/'));
    match host {
        Some(host) if !host.is_empty() && !host.contains(['/', '@', '%', '#', ' ']) => {
            Ok(address.trim_end_matches('/').to_owned())
        }
        _ => bad("the endpoint must be http(s)://HOST or http(s)://HOST:PORT and nothing more"),
    }
}

fn is_bucket(name: &str) -> bool {
    (3..=63).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte))
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.ends_with(|last: char| last.is_ascii_alphanumeric())
}

fn is_region(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn bad<T>(why: &str) -> Result<T, BadLocation> {
    Err(BadLocation(why.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_and_buckets_are_understood() {
        for (text, path) in [
            ("file:data/blobs", "data/blobs"),
            ("file:/srv/blobs", "/srv/blobs"),
            ("file:///srv/blobs", "/srv/blobs"),
        ] {
            let location = text.parse().unwrap();
            assert!(matches!(location, BlobLocation::Directory(p) if p == std::path::Path::new(path)));
        }
        let text = "s3://my-bucket?endpoint=http://127.0.0.1:9000/&region=eu-central-1";
        let BlobLocation::S3(s3) = text.parse().unwrap() else { panic!("not S3") };
        assert_eq!((&*s3.bucket, &*s3.region), ("my-bucket", "eu-central-1"));
        assert_eq!(s3.endpoint.as_deref(), Some("http://127.0.0.1:9000"));
    }

    #[test]
    fn anything_else_is_refused_with_the_way_to_write_it() {
        for (text, why) in [
            ("", "(file:PATH) nor"),
            ("/srv/blobs", "(file:PATH) nor"),
            ("gs://bucket", "(file:PATH) nor"),
            ("file:", "no directory"),
            ("file://srv/blobs", "must begin with a slash"),
            ("s3://", "3 to 63"),
            ("s3://Bucket", "3 to 63"),
            ("s3://key:secret@bucket", "3 to 63"),
            ("s3://bucket/folder", "3 to 63"),
            ("s3://bucket?region=", "region"),
            ("s3://bucket?secret=abc", "blobs.secret_key"),
            ("s3://bucket?endpoint=127.0.0.1", "http(s)://HOST"),
            ("s3://bucket?endpoint=http://u:p@host", "http(s)://HOST"),
        ] {
            let error = text.parse::<BlobLocation>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
            assert!(!error.contains("abc"), "a key was repeated: {error}");
        }
    }
}
