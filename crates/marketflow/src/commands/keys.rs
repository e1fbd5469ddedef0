//! `marketflow keys`: looking at the keys and changing them, beside a running server. A server notices
//! a new master key by itself; a new root secret only when it starts again.

use mf_domain::TenantId;
use mf_stores::vault::{KeyFile, KeySource};

use super::{CommandError, Out, open_existing};
use crate::cli::{KeysCommand, Place};
use crate::config::Config;
use crate::installation::Installation;
use crate::machine;

pub(super) async fn run(command: KeysCommand, out: Out<'_>) -> Result<(), CommandError> {
    let place = match &command {
        KeysCommand::List(place)
        | KeysCommand::RotateMaster(place)
        | KeysCommand::RotateData(place)
        | KeysCommand::DropOld(place)
        | KeysCommand::RotateRoot(place) => place,
    };
    let (config, installation) = open(place).await?;
    let done = match &command {
        KeysCommand::List(_) => list(&config, &installation, out).await,
        KeysCommand::RotateMaster(_) => rotate_master(&config, &installation, out).await,
        KeysCommand::DropOld(_) => drop_old(&config, &installation, out).await,
        KeysCommand::RotateData(_) => rotate_data(&installation, out).await,
        KeysCommand::RotateRoot(_) => rotate_root(&config, &installation, out),
    };
    installation.close().await;
    done
}

async fn open(place: &Place) -> Result<(Config, Installation), CommandError> {
    let config = super::load(place)?;
    let installation = open_existing(&config).await?;
    Ok((config, installation))
}

async fn list(config: &Config, installation: &Installation, out: Out<'_>) -> Result<(), CommandError> {
    let in_use = installation.app.vault.master_keys_in_use().await?;
    writeln!(out, "Master keys in {}:", config.vault)?;
    for (place, id) in installation.keyring.ids().into_iter().enumerate() {
        let role = if place == 0 { "current" } else { "older" };
        let used = if in_use.contains(id) { "in use" } else { "not in use" };
        writeln!(out, "  {id}  {role}, {used}")?;
    }
    Ok(())
}

/// The older keys stay: a running server may still lock a new data key with the one it knows. They go
/// with `drop-old`, once every server has been started anew.
async fn rotate_master(
    config: &Config,
    installation: &Installation,
    out: Out<'_>,
) -> Result<(), CommandError> {
    let file = key_file(config)?;
    let mut rng = machine::rng()?;
    let keyring = installation.keyring.with_new_master(&mut *rng);
    file.replace(&keyring, &mut *rng)?;
    let changed = installation.app.vault.rewrap_all().await?;
    writeln!(
        out,
        "{} is the master key now; {changed} data keys were locked with it anew.",
        keyring.current_id()
    )?;
    writeln!(
        out,
        "Back up {} again. To remove the older keys, restart every server, then run",
        config.vault
    )?;
    writeln!(out, "`marketflow keys drop-old`. Older backups of the database still need them: keep a copy.")?;
    Ok(())
}

async fn drop_old(config: &Config, installation: &Installation, out: Out<'_>) -> Result<(), CommandError> {
    let file = key_file(config)?;
    let vault = &installation.app.vault;
    vault.rewrap_all().await?;
    let in_use = vault.master_keys_in_use().await?;
    let mut keyring = installation.keyring.clone();
    for id in installation.keyring.ids().into_iter().skip(1).filter(|id| !in_use.contains(*id)) {
        keyring = keyring.without_master(id)?;
        writeln!(out, "Removed {id}: no data key is locked with it any more.")?;
    }
    if keyring == installation.keyring {
        writeln!(out, "There is no older master key to remove.")?;
        return Ok(());
    }
    file.replace(&keyring, &mut *machine::rng()?)?;
    writeln!(
        out,
        "Back up {} again. Older backups of the database still need the older keys.",
        config.vault
    )?;
    Ok(())
}

async fn rotate_data(installation: &Installation, out: Out<'_>) -> Result<(), CommandError> {
    let tenants = installation.app.store.system_read().await?.tenants().await?;
    let mut rotated = 0;
    for tenant in tenants {
        if let Ok(id) = tenant.tenant_id.parse::<TenantId>() {
            installation.app.vault.rotate_data_key(&id).await?;
            rotated += 1;
        }
    }
    writeln!(out, "{rotated} workspaces have a new data key. What was stored before stays readable.")?;
    Ok(())
}

fn rotate_root(config: &Config, installation: &Installation, out: Out<'_>) -> Result<(), CommandError> {
    let file = key_file(config)?;
    let mut rng = machine::rng()?;
    file.replace(&installation.keyring.with_new_root(&mut *rng), &mut *rng)?;
    writeln!(
        out,
        "There is a new root secret in {}. Restart the server: from then on, access tokens, CSRF tokens and",
        config.vault
    )?;
    writeln!(out, "signed links made before are void. Then back the file up again.")?;
    Ok(())
}

fn key_file(config: &Config) -> Result<&KeyFile, CommandError> {
    match &config.vault {
        KeySource::File(file) => Ok(file),
        elsewhere => Err(CommandError::Refused(format!(
            "The keys come from {elsewhere}, which Marketflow does not write. Add the new key there yourself, first in \
             line, and keep the older ones until `marketflow keys list` says they are not in use."
        ))),
    }
}
