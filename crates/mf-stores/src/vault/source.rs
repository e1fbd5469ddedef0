//! Where the keys come from: a file of the server's own, an environment variable, or a program that
//! prints them (a key service's command line). Only a file is ever written by Marketflow.

use std::fmt;
use std::path::Path;
use std::process::Stdio;
use std::str::FromStr;
use std::time::Duration;

use rand::CryptoRng;
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use zeroize::Zeroizing;

use super::{KeyError, KeyFile, Keyring};

/// A key service answers in moments; one that hangs must not hang the start in silence.
const COMMAND_PATIENCE: Duration = Duration::from_secs(30);
const MAX_OUTPUT_BYTES: u64 = 64 * 1024;

/// The setting `vault.master_key`, understood. Printed without a command's arguments, which may be
/// secret.
#[derive(Clone, PartialEq, Eq)]
pub enum KeySource {
    File(KeyFile),
    Variable { name: String },
    Command { program: String, args: Vec<String> },
}

impl KeySource {
    pub fn file(path: impl AsRef<Path>) -> Self {
        Self::File(KeyFile::at(path.as_ref()))
    }
}

impl FromStr for KeySource {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let bad = |why| KeyError::BadSource { why };
        let (kind, rest) = text.split_once(':').ok_or_else(|| bad("no kind is named"))?;
        let rest = rest.trim();
        match kind.trim() {
            _ if rest.is_empty() => Err(bad("nothing follows the colon")),
            "file" => Ok(Self::file(rest)),
            "env" if rest.contains(char::is_whitespace) || rest.contains('=') => {
                Err(bad("that is not the name of an environment variable"))
            }
            "env" => Ok(Self::Variable { name: rest.to_owned() }),
            // Words are split at spaces and nothing else: no shell sees them.
            "command" => {
                let mut words = rest.split_whitespace().map(str::to_owned);
                let program = words.next().ok_or_else(|| bad("no program is named"))?;
                Ok(Self::Command { program, args: words.collect() })
            }
            _ => Err(bad("that kind does not exist")),
        }
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => write!(f, "file:{}", file.path().display()),
            Self::Variable { name } => write!(f, "env:{name}"),
            Self::Command { program, .. } => write!(f, "command:{program}"),
        }
    }
}

impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeySource({self})")
    }
}

impl Keyring {
    /// The keys of this installation. With `allow_create` a missing key *file* is made; give it only
    /// when no data key exists yet, since new keys would not open the secrets that are there.
    pub async fn load(
        source: &KeySource,
        allow_create: bool,
        rng: &mut (dyn CryptoRng + Send),
    ) -> Result<Self, KeyError> {
        match source {
            KeySource::File(file) if allow_create => file.read_or_create(rng),
            _ => Self::load_existing(source).await,
        }
    }

    /// The keys of this installation, which must be there.
    pub async fn load_existing(source: &KeySource) -> Result<Self, KeyError> {
        match source {
            KeySource::File(file) => file.read(),
            KeySource::Variable { name } => from_variable(name, std::env::var(name).ok()),
            KeySource::Command { program, args } => from_command(program, args).await,
        }
    }
}

fn from_variable(name: &str, value: Option<String>) -> Result<Keyring, KeyError> {
    let text = value.map(Zeroizing::new);
    let text = text.ok_or_else(|| KeyError::NoVariable { name: name.to_owned() })?;
    Keyring::parse(&text, &format!("the environment variable {name}"))
}

async fn from_command(program: &str, args: &[String]) -> Result<Keyring, KeyError> {
    let failed = |why: String| KeyError::Command { program: program.to_owned(), why };
    let text = tokio::time::timeout(COMMAND_PATIENCE, output_of(program, args))
        .await
        .map_err(|_| failed(format!("it ran longer than {} s", COMMAND_PATIENCE.as_secs())))?
        .map_err(failed)?;
    Keyring::parse(&text, &format!("the output of {program}"))
}

/// What it writes to its error output is passed through to ours, unread: it may help, and it may be
/// secret.
async fn output_of(program: &str, args: &[String]) -> Result<Zeroizing<String>, String> {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("it could not be started ({error})"))?;
    let mut bytes = Zeroizing::new(Vec::new());
    if let Some(stdout) = child.stdout.take() {
        stdout
            .take(MAX_OUTPUT_BYTES + 1)
            .read_to_end(&mut bytes)
            .await
            .map_err(|error| format!("its output could not be read ({error})"))?;
    }
    if bytes.len() as u64 > MAX_OUTPUT_BYTES {
        return Err("it printed far more than keys".to_owned());
    }
    let status = child.wait().await;
    let status = status.map_err(|error| format!("it did not end properly ({error})"))?;
    if !status.success() {
        return Err(format!("it ended with {status}"));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| "it printed something that is not text")?;
    Ok(Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn a_variable_holds_keys_parted_by_lines_or_commas() {
        let mut rng = rand::rngs::StdRng::seed_from_u64(3);
        let keyring = Keyring::fresh("a test", &mut rng).with_new_master(&mut rng);
        let lines = keyring.to_text();
        let keys = lines.lines().filter(|line| !line.starts_with('#'));
        let commas = keys.collect::<Vec<_>>().join(",");
        for text in [lines.to_string(), commas] {
            let read = from_variable("KEYS", Some(text)).unwrap();
            assert_eq!(read.to_text(), keyring.to_text());
        }
        let missing = from_variable("KEYS", None).unwrap_err().to_string();
        assert!(missing.contains("KEYS, which vault.master_key names, is not set"));
    }
}
