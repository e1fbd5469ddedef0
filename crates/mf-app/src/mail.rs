//! Mails: sealed while they wait, sent by a job, at most once.
//!
//! Mail cannot be taken back and a mail server does not tell duplicates apart, so the rule is: *a mail
//! is never sent twice, rather not at all.* Before it is handed to the mail server, the job notes on
//! disk that it is about to. If the server stops after that note, nobody knows whether the mail went
//! out; the job then goes to the dead letters and says so, and a person decides. Failures of which the
//! mail server says that it has *not* taken the mail are tried again.
//!
//! How a mail travels (SMTP) is the binary's affair: it brings the [`Mailer`].

use async_trait::async_trait;
use mf_domain::jobs::ErrorClass;
use mf_domain::{JobId, Scope, TenantId};
use mf_stores::relational::{Topic, Tx, rows};
use mf_stores::vault::{Place, Sealed};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::app::fresh;
use crate::worker::{AfterLoss, JobError, JobHandler, JobRun};
use crate::{App, AppError};

const SEND: &str = "mail.send";
const PURPOSE: &str = "mail";

#[derive(Clone, Serialize, Deserialize)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub text: String,
}

/// A mail holds an address and often a link that signs somebody in: neither belongs in a log.
impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mail([redacted])")
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// It was certainly not taken, and may be another time.
    #[error("{0}")]
    Transient(String),
    /// It was certainly not taken, and never will be.
    #[error("{0}")]
    Permanent(String),
    /// The connection broke when the mail was already on its way.
    #[error("{0}")]
    Unknown(String),
}

impl MailError {
    /// Mail servers quote the address back; whoever reads about the job need not read it.
    fn about(self, mail: &Mail) -> Self {
        let hide = |text: String| text.replace(&mail.to, "the recipient");
        match self {
            MailError::Transient(text) => MailError::Transient(hide(text)),
            MailError::Permanent(text) => MailError::Permanent(hide(text)),
            MailError::Unknown(text) => MailError::Unknown(hide(text)),
        }
    }
}

#[async_trait]
pub trait Mailer: Send + Sync + 'static {
    /// `message_id` is the same for every try of one mail, so that a receiver can tell.
    async fn send(&self, mail: &Mail, message_id: &str) -> Result<(), MailError>;
}

/// A mail that can be queued.
pub(crate) struct SealedMail {
    job: JobId,
    sealed: Sealed,
}

#[derive(Serialize, Deserialize)]
struct Payload {
    sealed: Sealed,
}

impl App {
    /// Seals a mail for its way through the queue. To be called before the transaction opens: the
    /// vault may need one of its own.
    pub(crate) async fn prepare_mail(&self, tenant: &TenantId, mail: &Mail) -> Result<SealedMail, AppError> {
        let job = fresh!(self, JobId);
        let text = serde_json::to_vec(mail).map_err(AppError::internal)?;
        let place = Place { tenant, purpose: PURPOSE, row: job.as_str() };
        Ok(SealedMail { sealed: self.vault.seal(place, &text).await?, job })
    }

    pub(crate) async fn enqueue_mail(
        &self,
        tx: &mut Tx,
        scope: &Scope,
        mail: SealedMail,
    ) -> Result<JobId, AppError> {
        let payload = json!({ "sealed": mail.sealed });
        tx.enqueue(self.new_job(&mail.job, scope, SEND, payload, None)).await?;
        tx.announce(Topic::Jobs, Some(mail.job.as_str()));
        Ok(mail.job)
    }

    /// `<job>@<our host>`
    fn message_id(&self, job: &str) -> String {
        let url = &self.settings.public_url;
        let host = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
        let host = host.split(['/', ':']).next().filter(|host| !host.is_empty()).unwrap_or("localhost");
        format!("{job}@{host}")
    }
}

pub(crate) struct SendMail;

#[async_trait]
impl JobHandler for SendMail {
    fn kind(&self) -> &'static str {
        SEND
    }

    fn title(&self) -> &'static str {
        "Send a mail"
    }

    async fn run(&self, app: &App, run: &mut JobRun) -> Result<(), JobError> {
        let Some(mailer) = &app.mailer else {
            return Err(JobError::permanent(
                "no mail server is set up; fill in the section [mail] of the configuration",
            ));
        };
        let Payload { sealed } = run.payload()?;
        let place = Place { tenant: &run.scope().tenant, purpose: PURPOSE, row: &run.job().id };
        let text = app.vault.open(place, &sealed).await.map_err(AppError::from)?;
        let mail: Mail = serde_json::from_slice(&text)
            .map_err(|_| JobError::permanent("what this job was given is not a mail"))?;

        run.mark(0.5, &sending(run.job())).await?;
        mailer.send(&mail, &app.message_id(&run.job().id)).await.map_err(|error| error.about(&mail))?;
        // From here on it is sent, so no failure below may lead to another try.
        let sent = async {
            let tx = app.store.write(run.scope()).await.map_err(AppError::from)?;
            run.finish(tx, None).await
        };
        sent.await.map_err(|error| JobError::new(ErrorClass::Lost, error.to_string()))
    }

    fn after_loss(&self, job: &rows::Job) -> AfterLoss {
        if job.progress_note.as_deref() != Some(sending(job).as_str()) {
            return AfterLoss::TryAgain;
        }
        AfterLoss::GiveUp(
            "the server stopped, or lost the mail server, while this mail was on its way: it may have been sent, or \
             not. Ask the person it was for; retry it only if it did not arrive"
                .to_owned(),
        )
    }
}

/// What is on disk before a mail is handed over. Names the try, so that an earlier one, which is known
/// to have failed, is not taken for this one.
fn sending(job: &rows::Job) -> String {
    format!("Handing it to the mail server (try {})", job.attempts)
}

impl From<MailError> for JobError {
    fn from(error: MailError) -> Self {
        let class = match &error {
            MailError::Transient(_) => ErrorClass::Transient,
            MailError::Permanent(_) => ErrorClass::Permanent,
            MailError::Unknown(_) => ErrorClass::Lost,
        };
        JobError::new(class, error.to_string())
    }
}
