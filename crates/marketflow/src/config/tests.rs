//! Every rule of the configuration, by example.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mf_stores::blobs::BlobLocation;
use tempfile::TempDir;

use super::layers::Layers;
use super::reader::Reader;
use super::values::{nearest, network};
use super::{Config, ConfigErrors, DatabaseUrl, LogFormat, Overrides};

/// A start of the server: a data directory of its own, maybe with a file, and an environment.
struct Start {
    folder: TempDir,
    overrides: Overrides,
    environment: Vec<(OsString, OsString)>,
}

impl Start {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let overrides = Overrides { data: Some(folder.path().to_owned()), ..Overrides::default() };
        Self { folder, overrides, environment: Vec::new() }
    }

    fn file(self, text: &str) -> Self {
        std::fs::write(self.folder.path().join("marketflow.toml"), text).unwrap();
        self
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    fn load(&self) -> Result<Config, ConfigErrors> {
        Config::from_parts(&self.overrides, self.environment.clone())
    }

    fn good(&self) -> Config {
        self.load().unwrap_or_else(|errors| panic!("{errors}"))
    }

    /// The only problem there is, as one line.
    fn problem(&self) -> String {
        let errors = self.load().expect_err("this should have been refused");
        assert_eq!(errors.problems().len(), 1, "{errors}");
        errors.problems()[0].to_string()
    }
}

fn set(name: &str, value: &str) -> Start {
    let variable = format!("MARKETFLOW_{}", name.replacen('.', "__", 1).to_uppercase());
    Start::new().env(&variable, value)
}

#[test]
fn config_default_file_lists_every_setting_and_no_other() {
    let nothing = Vec::<(OsString, OsString)>::new();
    let (layers, problems) = Layers::gather(Config::default_text(), &Overrides::default(), nothing);
    let mut reader = Reader::new(&layers, problems);
    let config = Config::read(&mut reader, layers.clone());
    let warnings = super::rules::check(&config, &mut reader);
    let listed: BTreeSet<&str> = layers.iter().map(|(name, _)| name).collect();
    assert_eq!(*reader.names(), listed);
    assert!(warnings.is_empty(), "{warnings:?}");
    assert!(reader.into_problems().is_empty());
}

#[test]
fn config_defaults_are_what_the_documentation_promises() {
    let config = Config::from_parts(&Overrides::default(), []).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.server.public_url.to_string(), "http://localhost:8080");
    assert_eq!(config.server.shutdown, Duration::from_secs(20));
    assert_eq!(config.server.max_body_bytes, 1_048_576);
    assert_eq!(config.data_dir, Path::new("./data"));
    assert!(matches!(&config.database.url, DatabaseUrl::Sqlite(path)
        if path == Path::new("./data/marketflow.db")));
    assert!(matches!(&config.blobs, BlobLocation::Directory(path)
        if path == Path::new("./data/blobs")));
    assert_eq!(config.vault.to_string(), "file:./data/keys/master.keys");
    assert!(config.mail.is_none() && config.otlp_endpoint.is_none());
    assert_eq!(config.auth.session, Duration::from_secs(30 * 86_400));
    assert_eq!(config.auth.session_idle, Duration::from_secs(168 * 3_600));
    assert_eq!(config.auth.access_token, Duration::from_secs(900));
    assert_eq!(config.jobs.poll, Duration::from_millis(500));
    assert_eq!(config.limits.login_per_account, 10);
    assert_eq!(config.log.format, LogFormat::Text);
}

#[test]
fn config_layers_win_in_order() {
    let start = Start::new().file("[server]\nlisten = '127.0.0.1:1'\nshutdown_seconds = 7\n");
    assert_eq!(start.good().server.listen.port(), 1);
    let mut start = start
        .env("MARKETFLOW_SERVER__LISTEN", "127.0.0.1:2")
        .env("MARKETFLOW_SERVER__TRUSTED_PROXIES", "10.0.0.0/8, ::1")
        .env("MARKETFLOW_TEST_POSTGRES", "ignored")
        .env("MARKETFLOW_BIN", "ignored")
        .env("HOME", "ignored");
    assert_eq!(start.good().server.listen.port(), 2);
    start.overrides.listen = Some("127.0.0.1:3".to_owned());
    let config = start.good();
    assert_eq!(config.server.listen.port(), 3);
    assert_eq!(config.server.shutdown, Duration::from_secs(7));
    assert_eq!(config.server.trusted_proxies.len(), 2);

    let shown = config.effective();
    let file = start.folder.path().join("marketflow.toml");
    for line in [
        "[server]",
        "listen = \"127.0.0.1:3\"  # --listen",
        &format!("shutdown_seconds = 7  # {}", file.display()),
        "trusted_proxies = [\"10.0.0.0/8\", \"::1\"]  # MARKETFLOW_SERVER__TRUSTED_PROXIES",
        "workers = 4  # default",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line} in:\n{shown}");
    }
}

#[test]
fn config_file_can_be_named_and_is_then_the_only_one() {
    let mut start = Start::new().file("[jobs]\nworkers = 9");
    let named = start.folder.path().join("other.toml");
    std::fs::write(&named, "[data]\ndir = '/srv/marketflow'").unwrap();
    start.overrides = Overrides { config: Some(named.clone()), ..Overrides::default() };
    let config = start.good();
    assert_eq!(config.data_dir, PathBuf::from("/srv/marketflow"));
    assert_eq!(config.jobs.workers, 4);

    start.overrides.config = Some(named.with_extension("missing"));
    let problem = start.problem();
    assert!(problem.contains("other.missing: the configuration file could not be read"));
}

#[test]
fn config_file_in_the_data_directory_is_found_by_its_short_names() {
    let mut start = Start::new().file("[jobs]\nworkers = 9");
    start.overrides = Overrides::default();
    let data = start.folder.path().display().to_string();
    let start = start.env("MARKETFLOW_DATA", &data).env("MARKETFLOW_LISTEN", "127.0.0.1:9");
    let config = start.good();
    assert_eq!((config.jobs.workers, config.server.listen.port()), (9, 9));
    let twice = start.env("MARKETFLOW_DATA__DIR", &data);
    assert!(twice.problem().contains("MARKETFLOW_DATA sets the same thing. Keep one"));
}

#[test]
fn config_refuses_unknown_names_and_suggests_the_nearest() {
    for (text, expected) in [
        ("[server]\nlisen = 'x'", "server.lisen in"),
        ("[server]\nlisen = 'x'", "Did you mean server.listen?"),
        ("[sever]\nlisten = 'x'", "Did you mean server.listen?"),
        ("[job]\nworker = 1", "Did you mean jobs.workers?"),
        ("[weather]\nforecast = 1", "weather.forecast in"),
        ("[weather]\nforecast = 1", "no such setting. Remove it."),
        ("[weather]", "no such section"),
        ("listen = 'x'", "Settings stand in a section"),
        ("[data]\ndir = 'x'", "cannot move it. Use --data"),
        ("[server\n", "line 1: the file is not valid TOML"),
        ("[mail]\nfrom = a@b.c", "line 2: the file is not valid TOML"),
    ] {
        let problem = Start::new().file(text).problem();
        assert!(problem.contains(expected), "{expected:?} in: {problem}");
    }
    for (variable, expected) in [
        ("MARKETFLOW_SERVER__LISEN", "Did you mean MARKETFLOW_SERVER__LISTEN?"),
        ("MARKETFLOW_SERVER_LISTEN", "Did you mean MARKETFLOW_SERVER__LISTEN?"),
        ("MARKETFLOW_LISTN", "Did you mean MARKETFLOW_LISTEN?"),
        ("MARKETFLOW_WEATHER__FORECAST", "no such setting. Remove it."),
    ] {
        let problem = Start::new().env(variable, "s3cret").problem();
        assert!(problem.contains(variable) && problem.contains(expected), "{problem}");
        assert!(!problem.contains("s3cret"), "{problem}");
    }
}

#[test]
fn config_refuses_wrong_values_with_setting_value_and_remedy() {
    for (name, value, expected) in [
        ("server.listen", "8080", "not an address and a port. Write them like 127.0.0.1:8080"),
        ("server.public_url", "example.com", "does not begin with https:// or http://"),
        ("server.public_url", "ftp://example.com", "does not begin with"),
        ("server.public_url", "https://", "no proper host"),
        ("server.public_url", "https://a b", "no proper host"),
        ("server.public_url", "https://u:p@example.com", "no proper host"),
        ("server.public_url", "https://example.com:0", "no proper host"),
        ("server.public_url", "https://example.com/app", "lives at the root"),
        ("server.public_url", "https://example.com?x", "lives at the root"),
        ("server.trusted_proxies", "10.0.0.0/33", "does not end in /0 to /32"),
        ("server.trusted_proxies", "10.0.0.0/", "does not end in /0 to /32"),
        ("server.trusted_proxies", "proxy", "\"proxy\" is not an address"),
        ("server.shutdown_seconds", "ten", "must be a whole number. Write a whole number, such as 20"),
        ("server.shutdown_seconds", "-1", "must be between 1 and 600"),
        ("server.shutdown_seconds", "", "must be a whole number"),
        ("server.max_body_bytes", "99999999999999999999", "must be a whole number"),
        ("database.url", "mysql://h/d", "not a PostgreSQL address"),
        ("database.url", "postgres://u:p@host", "names no database"),
        ("database.url", "sqlite:", "names no file"),
        ("database.url", "sqlite://x.db?mode=ro", "options after the file"),
        ("database.max_connections", "4294967297", "must be between 1 and 1000"),
        ("blobs.url", "/srv/blobs", "neither a directory"),
        ("vault.master_key", "/srv/keys", "no kind is named. Write file:PATH"),
        ("auth.password_min_length", "4", "must be between 8 and 128"),
        ("mail.from", "nobody", "not a mail address"),
        ("mail.from", "A <a@b.c>, d@e.f", "not a mail address"),
        ("mail.from", "A <a@b.c\nBcc: x@y.z>", "not a mail address"),
        ("log.format", "xml", "no such format. Write \"text\" or \"json\""),
        ("log.level", "loud", "no such level"),
        ("log.level", "info,mf_app=loud", "no such level"),
        ("telemetry.otlp_endpoint", "localhost:4318", "not an http address"),
        ("data.dir", "", "it is empty"),
    ] {
        let mut start = set(name, value);
        if name == "data.dir" {
            start.overrides = Overrides::default();
        }
        let problem = start.problem();
        assert!(problem.starts_with(&format!("{name} = ")), "{problem}");
        assert!(problem.contains("(from MARKETFLOW_"), "{problem}");
        assert!(problem.contains(expected), "{expected:?} in: {problem}");
    }
    let problem = Start::new().file("[jobs]\nworkers = '4'").problem();
    assert!(problem.starts_with("jobs.workers = \"4\" (from "), "{problem}");
    let problem = Start::new().file("[server]\ntrusted_proxies = [1]").problem();
    assert!(problem.contains("must be a list of texts"), "{problem}");
}

#[test]
fn config_refuses_what_does_not_fit_together() {
    let s3 = || set("blobs.url", "s3://bucket?region=eu-central-1");
    let key = "MARKETFLOW_BLOBS__ACCESS_KEY";
    let secret = "MARKETFLOW_BLOBS__SECRET_KEY";
    for (start, expected) in [
        (set("mail.smtp_url", "smtp://mail"), "mail.from = \"\" (from default): it must be set"),
        (s3().env(key, "k"), "blobs.secret_key = \"\" (from default): it must be set"),
        (s3().env(secret, "k"), "blobs.access_key = \"\" (from default): it must be set"),
        (set("blobs.access_key", "k"), "it is for S3, but blobs.url names a directory"),
        (
            set("database.admin_url", "postgres://owner:pw@h/d"),
            "it is for PostgreSQL, but database.url is not",
        ),
        (set("auth.session_days", "1"), "auth.session_idle_hours = 168"),
        (
            set("auth.refresh_token_days", "1").env("MARKETFLOW_AUTH__ACCESS_TOKEN_MINUTES", "1440"),
            "would end first",
        ),
        (set("jobs.poll_milliseconds", "10000"), "shorter than a third of the lease"),
    ] {
        let problem = start.problem();
        assert!(problem.contains(expected), "{expected:?} in: {problem}");
    }
    let BlobLocation::S3(s3) = s3().env(key, "k").env(secret, "s").good().blobs else {
        panic!("S3 was asked for")
    };
    assert_eq!((&*s3.bucket, &*s3.access.key_id), ("bucket", "k"));
    let mail = set("mail.smtp_url", "smtps://u:p@mail:465").env("MARKETFLOW_MAIL__FROM", "M <m@x.org>");
    assert_eq!(mail.good().mail.unwrap().from, "M <m@x.org>");
}

#[test]
fn config_tells_everything_that_is_wrong_at_once() {
    let start = Start::new()
        .file("[server]\nlisten = 'x'\nlisen = 'y'\n[jobs]\nworkers = 0\nlease_seconds = true")
        .env("MARKETFLOW_LOG__LEVEL", "loud")
        .env("MARKETFLOW_LOG__COLOUR", "red");
    let errors = start.load().unwrap_err();
    assert_eq!(errors.problems().len(), 6, "{errors}");
    let text = errors.to_string();
    assert!(text.starts_with("The configuration cannot be used:\n  - "), "{text}");
    assert!(text.ends_with("prints every setting with its meaning and default."), "{text}");
}

#[test]
fn config_warns_of_what_is_probably_not_meant() {
    for url in ["http://example.com", "http://8.8.8.8", "http://[2001:db8::1]:8080"] {
        let warnings = set("server.public_url", url).good().warnings;
        assert_eq!(warnings.len(), 1, "{url}: {warnings:?}");
        assert!(warnings[0].contains("plain http"), "{warnings:?}");
    }
    for url in [
        "https://example.com",
        "http://192.168.1.5:8080",
        "http://localhost:8080/",
        "http://office-server",
        "http://[::1]",
        "http://box.local",
    ] {
        let warnings = set("server.public_url", url).good().warnings;
        assert!(warnings.is_empty(), "{url}: {warnings:?}");
    }
    let everywhere = set("server.listen", "0.0.0.0:8080").good().warnings;
    assert!(everywhere[0].contains("only works on this machine"), "{everywhere:?}");
    let unsent = set("mail.from", "m@x.org").good().warnings;
    assert!(unsent[0].contains("no mail is sent"), "{unsent:?}");
}

#[test]
fn config_never_shows_a_secret() {
    let good = set("database.url", "postgres://app:s3cret@db.local/marketflow")
        .env("MARKETFLOW_DATABASE__ADMIN_URL", "postgres://own@db/m?password=s3cret")
        .env("MARKETFLOW_BLOBS__URL", "s3://bucket")
        .env("MARKETFLOW_BLOBS__ACCESS_KEY", "key-id")
        .env("MARKETFLOW_BLOBS__SECRET_KEY", "s3cret")
        .env("MARKETFLOW_VAULT__MASTER_KEY", "command:vault-tool --token s3cret")
        .env("MARKETFLOW_MAIL__SMTP_URL", "smtp://m:s3cr@s3cret@mail.local")
        .env("MARKETFLOW_MAIL__FROM", "m@x.org");
    let config = good.good();
    let shown = config.effective();
    assert!(!shown.contains("s3cr"), "{shown}");
    assert!(shown.contains("url = \"postgres://app:[redacted]@db.local/marketflow\""), "{shown}");
    assert!(shown.contains("secret_key = \"[redacted]\""), "{shown}");
    assert!(shown.contains("from = \"m@x.org\""), "{shown}");
    let debug = format!("{config:?}");
    assert!(!debug.contains("s3cr"), "{debug}");

    for (name, value) in [
        ("database.url", "postgres:/app:s3cret@db/m"),
        ("database.url", "mysql://app:s3cret@db/m"),
        ("database.url", "postgres://app:s3cret"),
        ("database.url", "postgres://app:s3cret/with/@db"),
        ("mail.smtp_url", "app:s3cret@mail"),
        ("blobs.url", "s3://id:s3cret@bucket"),
        ("blobs.url", "s3://bucket?secret_key=s3cret"),
        ("blobs.secret_key", "s3cret"),
        ("vault.master_key", "s3cretBase64="),
        ("vault.master_key", "mk_1 s3cretBase64="),
    ] {
        let refused = set(name, value).load().unwrap_err();
        let text = format!("{refused} {refused:?}");
        assert!(text.contains("[redacted]") && !text.contains("s3cret"), "{text}");
    }
    let number = Start::new().file("[blobs]\nsecret_key = 5337").problem();
    assert!(!number.contains("5337"), "{number}");
    let broken = Start::new().file("[blobs]\nsecret_key = \"s3cret").problem();
    assert!(!broken.contains("s3cret"), "{broken}");
}

#[test]
fn config_networks_hold_their_own_addresses_only() {
    for (text, inside, outside) in [
        ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
        ("10.1.2.3", "10.1.2.3", "10.1.2.4"),
        ("192.168.0.0/31", "192.168.0.1", "192.168.0.2"),
        ("0.0.0.0/0", "8.8.8.8", "::1"),
        ("::/0", "2001:db8::1", "8.8.8.8"),
        ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
        ("::1", "::1", "::2"),
        ("10.0.0.0/8", "::ffff:10.0.0.1", "::ffff:11.0.0.1"),
    ] {
        let network = network(text).unwrap_or_else(|refused| panic!("{text}: {}", refused.why));
        assert!(network.contains(inside.parse::<IpAddr>().unwrap()), "{inside} in {text}");
        assert!(!network.contains(outside.parse::<IpAddr>().unwrap()), "{outside} in {text}");
    }
}

#[test]
fn config_suggests_only_what_is_alike() {
    let known = || ["server.listen", "server.public_url", "log.level"].into_iter();
    assert_eq!(nearest("server.lisetn", known()), Some("server.listen"));
    assert_eq!(nearest("log.levels", known()), Some("log.level"));
    assert_eq!(nearest("weather", known()), None);
}
