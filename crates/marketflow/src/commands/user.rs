//! `marketflow user`: helping somebody in who cannot help themselves.

use mf_app::AppError;

use super::{CommandError, Out, open_existing};
use crate::cli::UserCommand;

pub(super) async fn run(command: UserCommand, out: Out<'_>) -> Result<(), CommandError> {
    let UserCommand::ResetLink { email, place } = command;
    let installation = open_existing(&super::load(&place)?).await?;
    let link = installation.app.reset_link_for_email(&email).await;
    installation.close().await;
    let link = link.map_err(|error| match error {
        AppError::NotFound(_) => CommandError::Nobody { email },
        other => other.into(),
    })?;
    writeln!(out, "{}", link.url)?;
    writeln!(
        out,
        "Works once, until {}. Pass it on by a way you trust.",
        link.expires_at.strftime("%Y-%m-%d %H:%M UTC")
    )?;
    Ok(())
}
