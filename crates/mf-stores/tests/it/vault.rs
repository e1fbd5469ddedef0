//! The vault, over a key table in memory: what is sealed opens in its place and nowhere else, keys
//! rotate without anything becoming unreadable, and a wrong or damaged key file is refused plainly.

#![expect(clippy::unwrap_used, reason = "a helper that fails fails its test")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::executor::block_on;
use futures::future::join_all;
use mf_domain::TenantId;
use mf_stores::vault::{
    KeyError, KeyFile, KeySource, KeyTable, KeyTableError, Keyring, Place, Sealed, Vault, VaultError,
    WrappedKey,
};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;
use tempfile::TempDir;

/// The contract of [`KeyTable`], without a database.
#[derive(Default)]
struct MemoryTable(Mutex<BTreeMap<(TenantId, u32), WrappedKey>>);

#[async_trait]
impl KeyTable for MemoryTable {
    async fn current(&self, tenant: &TenantId) -> Result<Option<WrappedKey>, KeyTableError> {
        // Lets other callers in between asking and inserting, as a database would.
        tokio::task::yield_now().await;
        let rows = self.0.lock().unwrap();
        Ok(rows.values().rfind(|key| key.tenant == *tenant).cloned())
    }

    async fn get(&self, tenant: &TenantId, version: u32) -> Result<Option<WrappedKey>, KeyTableError> {
        let rows = self.0.lock().unwrap();
        Ok(rows.get(&(tenant.clone(), version)).cloned())
    }

    async fn insert_or_existing(&self, key: WrappedKey) -> Result<WrappedKey, KeyTableError> {
        let mut rows = self.0.lock().unwrap();
        let name = (key.tenant.clone(), key.version);
        Ok(rows.entry(name).or_insert(key).clone())
    }

    async fn list_all(&self) -> Result<Vec<WrappedKey>, KeyTableError> {
        Ok(self.0.lock().unwrap().values().cloned().collect())
    }

    async fn rewrap(&self, old: &WrappedKey, new: &WrappedKey) -> Result<bool, KeyTableError> {
        let mut rows = self.0.lock().unwrap();
        match rows.get_mut(&(old.tenant.clone(), old.version)) {
            Some(row) if row.wrapped == old.wrapped => {
                *row = new.clone();
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}

/// A key file in a folder of its own, and a key table.
struct House {
    folder: TempDir,
    table: Arc<MemoryTable>,
}

impl House {
    fn new() -> Self {
        let house = Self { folder: tempfile::tempdir().unwrap(), table: Arc::default() };
        house.file().read_or_create(&mut rng(1)).unwrap();
        house
    }

    fn file(&self) -> KeyFile {
        KeyFile::at(self.folder.path().join("keys/master.keys"))
    }

    /// A vault as a server starting now would have it: nothing remembered from before.
    fn vault(&self, seed: u64) -> Vault {
        let source = KeySource::File(self.file());
        let keyring = self.file().read().unwrap();
        Vault::new(source, keyring, self.table.clone(), Box::new(rng(seed)))
    }
}

fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

fn tenant(seed: u64) -> TenantId {
    TenantId::fresh(jiff::Timestamp::UNIX_EPOCH, &mut rng(seed))
}

fn token_of<'a>(tenant: &'a TenantId, row: &'a str) -> Place<'a> {
    Place { tenant, purpose: "connector.token", row }
}

fn open(vault: &Vault, place: Place<'_>, sealed: &Sealed) -> Result<Vec<u8>, VaultError> {
    block_on(vault.open(place, sealed)).map(|plain| plain.to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn vault_opens_what_it_sealed(
        secret in proptest::collection::vec(any::<u8>(), 0..2_000),
        row in "\\PC{0,40}",
        seed in any::<u64>(),
    ) {
        let house = House::new();
        let tenant = tenant(1);
        let sealed = block_on(house.vault(seed).seal(token_of(&tenant, &row), &secret)).unwrap();
        let stored = sealed.to_string();
        prop_assert!(secret.len() < 4 || !contains(stored.as_bytes(), &secret));
        let read: Sealed = stored.parse().unwrap();
        prop_assert_eq!(open(&house.vault(0), token_of(&tenant, &row), &read).unwrap(), secret);
    }

    #[test]
    fn vault_refuses_any_flipped_bit(bit in any::<prop::sample::Index>()) {
        let house = House::new();
        let tenant = tenant(1);
        let place = token_of(&tenant, "row-1");
        let vault = house.vault(2);
        let mut stored = block_on(vault.seal(place, b"s3cret")).unwrap().to_string().into_bytes();
        let bit = bit.index(stored.len() * 8);
        stored[bit / 8] ^= 1 << (bit % 8);
        let opened = String::from_utf8(stored)
            .ok()
            .and_then(|text| text.parse().ok())
            .and_then(|sealed| open(&vault, place, &sealed).ok());
        prop_assert_eq!(opened, None);
    }

    #[test]
    fn vault_parses_no_garbage(text in "(mfv1\\.)?[0-9]{0,3}\\.?[A-Za-z0-9_=-]{0,60}") {
        if let Ok(sealed) = text.parse::<Sealed>() {
            prop_assert_eq!(sealed.to_string(), text);
            let house = House::new();
            prop_assert!(open(&house.vault(2), token_of(&tenant(1), "row-1"), &sealed).is_err());
        }
    }
}

#[test]
fn vault_knows_one_spelling_of_a_sealed_value() {
    let good = format!("mfv1.1.{}", "A".repeat(80));
    assert_eq!(good.parse::<Sealed>().unwrap().to_string(), good);
    for bad in [
        good.replace(".1.", ".01."),
        good.replace(".1.", ".+1."),
        good.replace("mfv1", "mfv2"),
        good.replace("mfv1", "MFV1"),
        format!("{good}="),
        format!("{good}\n"),
        format!(" {good}"),
        good[..good.len() - 3].to_owned(),
        String::new(),
    ] {
        let refused = bad.parse::<Sealed>().unwrap_err();
        assert!(matches!(refused, VaultError::NotSealed), "{bad:?}");
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

#[test]
fn vault_binds_a_secret_to_workspace_purpose_and_row() {
    let house = House::new();
    let vault = house.vault(2);
    let (ours, theirs) = (tenant(1), tenant(2));
    let place = token_of(&ours, "row-1");
    let sealed = block_on(vault.seal(place, b"s3cret")).unwrap();
    block_on(vault.seal(token_of(&theirs, "row-1"), b"other")).unwrap();
    assert_eq!(open(&vault, place, &sealed).unwrap(), b"s3cret");
    for elsewhere in [
        token_of(&theirs, "row-1"),
        token_of(&ours, "row-2"),
        Place { purpose: "connector.password", ..place },
        // The same letters, parted differently.
        Place { purpose: "connector.tokenrow", row: "-1", ..place },
    ] {
        let refused = open(&vault, elsewhere, &sealed).unwrap_err();
        assert!(matches!(refused, VaultError::Unreadable { .. }), "{refused}");
        assert!(!format!("{refused} {refused:?}").contains("s3cret"));
    }
}

#[test]
fn vault_refuses_a_data_key_moved_to_another_workspace() {
    let house = House::new();
    let (ours, theirs) = (tenant(1), tenant(2));
    let sealed = block_on(house.vault(2).seal(token_of(&ours, "r"), b"s3cret")).unwrap();
    let mut moved = block_on(house.table.current(&ours)).unwrap().unwrap();
    moved.tenant = theirs.clone();
    block_on(house.table.insert_or_existing(moved)).unwrap();
    let refused = open(&house.vault(2), token_of(&theirs, "r"), &sealed).unwrap_err();
    assert!(matches!(refused, VaultError::WrongMasterKey { .. }), "{refused}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn vault_makes_one_data_key_when_many_seal_first() {
    let house = House::new();
    let tenant = tenant(1);
    let vaults: Vec<Arc<Vault>> = (0..4).map(|node| Arc::new(house.vault(node))).collect();
    let sealing = (0..64).map(|row: usize| {
        let (vault, tenant) = (vaults[row % 4].clone(), tenant.clone());
        tokio::spawn(async move {
            let row = row.to_string();
            let sealed = vault.seal(token_of(&tenant, &row), row.as_bytes()).await;
            (row, sealed.unwrap())
        })
    });
    let sealed: Vec<_> = join_all(sealing).await;
    assert_eq!(house.table.list_all().await.unwrap().len(), 1);
    for done in sealed {
        let (row, sealed) = done.unwrap();
        let opened = house.vault(9).open(token_of(&tenant, &row), &sealed).await;
        assert_eq!(opened.unwrap().as_slice(), row.as_bytes());
    }
}

#[test]
fn vault_rotates_data_keys_and_keeps_the_old_readable() {
    let house = House::new();
    let tenant = tenant(1);
    let (here, there) = (house.vault(2), house.vault(3));
    let old = block_on(here.seal(token_of(&tenant, "old"), b"one")).unwrap();
    block_on(there.seal(token_of(&tenant, "other"), b"zero")).unwrap();
    assert_eq!(block_on(here.rotate_data_key(&tenant)).unwrap(), 2);
    let new = block_on(there.seal(token_of(&tenant, "new"), b"two")).unwrap();
    assert_eq!((old.key_version(), new.key_version()), (1, 2));
    for vault in [here, there, house.vault(4)] {
        assert_eq!(open(&vault, token_of(&tenant, "old"), &old).unwrap(), b"one");
        assert_eq!(open(&vault, token_of(&tenant, "new"), &new).unwrap(), b"two");
    }
    let unborn: Sealed = new.to_string().replacen("mfv1.2.", "mfv1.3.", 1).parse().unwrap();
    let refused = open(&house.vault(5), token_of(&tenant, "new"), &unborn).unwrap_err();
    assert!(matches!(refused, VaultError::NoSuchDataKey { version: 3, .. }), "{refused}");
}

#[test]
fn vault_rotates_master_keys_under_a_running_server() {
    let house = House::new();
    let (first, second) = (tenant(1), tenant(2));
    let running = house.vault(2);
    let sealed = block_on(running.seal(token_of(&first, "r"), b"one")).unwrap();

    let before = house.file().read().unwrap();
    let rotated = before.with_new_master(&mut rng(7));
    house.file().replace(&rotated, &mut rng(8)).unwrap();
    let tool = house.vault(3);
    assert_eq!(block_on(tool.rewrap_all()).unwrap(), 1);
    assert_eq!(block_on(tool.rewrap_all()).unwrap(), 0);
    let in_use = block_on(tool.master_keys_in_use()).unwrap();
    assert_eq!(in_use.into_iter().collect::<Vec<_>>(), [rotated.current_id()]);

    // A second tool's new workspace is locked with a key the running server has not seen yet.
    let other = block_on(tool.seal(token_of(&second, "r"), b"two")).unwrap();
    assert_eq!(open(&running, token_of(&second, "r"), &other).unwrap(), b"two");
    assert_eq!(open(&running, token_of(&first, "r"), &sealed).unwrap(), b"one");

    let trimmed = rotated.without_master(before.current_id()).unwrap();
    house.file().replace(&trimmed, &mut rng(9)).unwrap();
    let after = house.vault(4);
    block_on(after.verify()).unwrap();
    assert_eq!(open(&after, token_of(&first, "r"), &sealed).unwrap(), b"one");
    let refused = trimmed.without_master(trimmed.current_id()).unwrap_err();
    assert!(matches!(refused, KeyError::MasterInUse { .. }));
}

#[test]
fn vault_refuses_to_start_with_the_wrong_master_key() {
    let house = House::new();
    block_on(house.vault(2).verify()).expect("nothing is sealed yet");
    block_on(house.vault(2).seal(token_of(&tenant(1), "r"), b"s3cret")).unwrap();
    block_on(house.vault(2).verify()).unwrap();

    let right = house.file().read().unwrap();
    let stranger = Keyring::fresh("a test", &mut rng(99));
    house.file().replace(&stranger, &mut rng(1)).unwrap();
    let missing = block_on(house.vault(2).verify()).unwrap_err();
    assert!(matches!(missing, VaultError::MasterKeyMissing { .. }), "{missing}");
    assert!(missing.to_string().contains(right.current_id()), "{missing}");

    let disguised = stranger.to_text().replace(stranger.current_id(), right.current_id());
    fs::write(house.file().path(), disguised).unwrap();
    let wrong = block_on(house.vault(2).verify()).unwrap_err();
    assert!(matches!(wrong, VaultError::WrongMasterKey { .. }), "{wrong}");
    assert!(wrong.to_string().contains("master.keys"), "{wrong}");
}

#[test]
fn vault_key_file_is_private_and_made_once() {
    let house = House::new();
    let path = house.file().path().to_owned();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    let first = house.file().read().unwrap();
    assert_eq!(house.file().read_or_create(&mut rng(2)).unwrap(), first);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "leftovers");
}

#[test]
fn vault_key_file_is_the_same_for_all_who_start_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = KeyFile::at(folder.path().join("master.keys"));
    let made: Vec<Keyring> = std::thread::scope(|scope| {
        let file = &file;
        let starting: Vec<_> =
            (0..8).map(|seed| scope.spawn(move || file.read_or_create(&mut rng(seed)).unwrap())).collect();
        let joined = starting.into_iter().map(|thread| thread.join().unwrap());
        joined.collect()
    });
    assert!(made.iter().all(|keyring| *keyring == made[0]));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "leftovers");
}

#[test]
fn vault_never_replaces_a_missing_key_file_while_secrets_exist() {
    let folder = tempfile::tempdir().unwrap();
    let source = KeySource::file(folder.path().join("master.keys"));
    let refused = block_on(Keyring::load(&source, false, &mut rng(1))).unwrap_err();
    assert!(matches!(refused, KeyError::FileMissing { .. }));
    assert!(refused.to_string().contains("Restore the file from your backup"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    block_on(Keyring::load(&source, true, &mut rng(1))).unwrap();
}

#[test]
fn vault_refuses_key_files_others_can_read_or_that_are_damaged() {
    let house = House::new();
    let path = house.file().path().to_owned();
    let good = fs::read_to_string(&path).unwrap();
    for mode in [0o644, 0o640, 0o604] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let refused = house.file().read().unwrap_err().to_string();
        assert!(refused.contains(&format!("chmod 600 {}", path.display())), "{refused}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();

    let line = |name: &str| good.lines().find(|line| line.starts_with(name)).unwrap();
    let (master, root) = (line("mk_"), line("root"));
    let key = root.strip_prefix("root ").unwrap();
    for (content, why) in [
        (String::new(), "no master key"),
        (root.to_owned(), "no master key"),
        (master.to_owned(), "the root line is missing"),
        (format!("{master}\n{root}\n{root}"), "more than one root"),
        (format!("{master}\n{master}\n{root}"), "twice"),
        (format!("{master}\n{}", &root[..20]), "root"),
        (format!("{master}\nroot {}", &key[..20]), "15 bytes instead of 32"),
        (format!("{master}\nroot !!{}", &key[2..]), "line 2: the key root is not Base64"),
        (format!("{master}\n{key}"), "line 2: expected a name"),
        (format!("{master}\nMK {key}"), "line 2: the name must be"),
        (good.replace('\n', "\u{0}"), "cannot be used"),
        ("x".repeat(70_000), "too large"),
    ] {
        fs::write(&path, &content).unwrap();
        let refused = block_on(Keyring::load(&KeySource::File(house.file()), true, &mut rng(1)));
        let message = refused.unwrap_err().to_string();
        assert!(message.contains(why), "expected {why:?} in: {message}");
        assert!(message.contains("master.keys") && message.contains("backup"), "{message}");
        assert!(!message.contains(&key[..16]), "a key was repeated: {message}");
        assert_eq!(fs::read_to_string(&path).unwrap(), content, "it was overwritten");
    }
}

#[test]
fn vault_keys_can_come_from_a_program() {
    let house = House::new();
    let path = house.file().path().display().to_string();
    let load = |text: String| {
        let source: KeySource = text.parse().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.unwrap().block_on(Keyring::load_existing(&source))
    };
    let keyring = load(format!("command:cat {path}")).unwrap();
    assert_eq!(keyring.to_text(), house.file().read().unwrap().to_text());
    for (command, why) in [
        (format!("command:cat {path}.missing"), "it ended with exit status: 1"),
        ("command:no-such-program-here".to_owned(), "could not be started"),
        ("command:true".to_owned(), "no master key"),
        ("command:cat /dev/zero".to_owned(), "far more than keys"),
        ("env:MARKETFLOW_TEST_NOT_SET".to_owned(), "is not set"),
    ] {
        let refused = load(command).unwrap_err().to_string();
        assert!(refused.contains(why), "expected {why:?} in: {refused}");
    }
}

#[test]
fn vault_key_sources_are_understood_or_refused() {
    for text in ["file:/srv/master.keys", "env:MASTER_KEYS"] {
        assert_eq!(text.parse::<KeySource>().unwrap().to_string(), text);
    }
    for (text, why) in [
        ("", "no kind"),
        ("/srv/master.keys", "no kind"),
        ("file:", "nothing follows"),
        ("command: ", "nothing follows"),
        ("env:A B", "not the name"),
        ("vault:x", "does not exist"),
    ] {
        let refused = text.parse::<KeySource>().unwrap_err().to_string();
        assert!(refused.contains(why) && refused.contains("file:PATH"), "{refused}");
    }
}

#[test]
fn vault_installation_secrets_outlive_master_keys_but_not_the_root() {
    let keyring = Keyring::fresh("a test", &mut rng(1));
    let signing = keyring.derive("sign-in tokens");
    assert_eq!(keyring.derive("sign-in tokens"), signing);
    assert_ne!(keyring.derive("blob links"), signing);
    let rotated = keyring.with_new_master(&mut rng(2));
    assert_eq!(rotated.derive("sign-in tokens"), signing);
    assert_ne!(keyring.with_new_root(&mut rng(2)).derive("sign-in tokens"), signing);
}

#[test]
fn vault_debug_output_shows_no_secret() {
    let house = House::new();
    let keyring = house.file().read().unwrap();
    let tenant = tenant(1);
    let vault = house.vault(2);
    let sealed = block_on(vault.seal(token_of(&tenant, "r"), b"s3cret")).unwrap();
    let wrapped = block_on(house.table.current(&tenant)).unwrap().unwrap();
    let printed = format!("{vault:?} {keyring:?} {sealed:?} {wrapped:?}");
    assert_eq!(printed.matches("[redacted]").count(), 4, "{printed}");
    let text = keyring.to_text();
    for key in text.lines().filter_map(|line| line.rsplit_once(' ')) {
        assert!(!printed.contains(key.1), "{printed}");
    }
    assert!(!printed.contains(&wrapped.wrapped) && !printed.contains("s3cret"));
}
