//! Mails as they were sent, instead of a mail server.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use mf_app::{Mail, MailError, Mailer};

#[derive(Debug, Clone, Default)]
pub struct Outbox(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    sent: Vec<(Mail, String)>,
    failures: VecDeque<MailError>,
    hanging: bool,
}

impl Outbox {
    pub fn sent(&self) -> Vec<Mail> {
        self.inner().sent.iter().map(|(mail, _)| mail.clone()).collect()
    }

    pub fn message_ids(&self) -> Vec<String> {
        self.inner().sent.iter().map(|(_, id)| id.clone()).collect()
    }

    pub fn last_to(&self, address: &str) -> Option<Mail> {
        self.sent().into_iter().rfind(|mail| mail.to == address)
    }

    /// The next mail fails so; it is not sent.
    pub fn fail_next(&self, error: MailError) {
        self.inner().failures.push_back(error);
    }

    /// From now on mails are taken, but the sender never hears so: what a crash at the worst moment
    /// looks like.
    pub fn never_answer(&self) {
        self.inner().hanging = true;
    }

    pub fn answer_again(&self) {
        self.inner().hanging = false;
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says whether to answer.
    fn take(&self, mail: &Mail, message_id: &str) -> Result<bool, MailError> {
        let mut inner = self.inner();
        if let Some(error) = inner.failures.pop_front() {
            return Err(error);
        }
        inner.sent.push((mail.clone(), message_id.to_owned()));
        Ok(!inner.hanging)
    }
}

#[async_trait]
impl Mailer for Outbox {
    async fn send(&self, mail: &Mail, message_id: &str) -> Result<(), MailError> {
        if !self.take(mail, message_id)? {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}
