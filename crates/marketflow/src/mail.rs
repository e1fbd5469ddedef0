//! Sending mail by SMTP. Nothing that came from outside reaches a header unchecked: a line break in
//! one would begin another header, or another mail.

use std::time::Duration;

use async_trait::async_trait;
use lettre::message::header::ContentType;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::Error as SmtpError;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use mf_app::{Mail, MailError, Mailer};
use secrecy::ExposeSecret;

use crate::config;

/// A mail server that says nothing for so long is taken to be gone.
const PATIENCE: Duration = Duration::from_secs(30);

#[derive(Debug, thiserror::Error)]
pub enum MailSetupError {
    #[error("mail.smtp_url cannot be used: {0}. Write it like smtp://USER:PASSWORD@HOST:587 or smtps://….")]
    Server(String),
    #[error("mail.from is not an address: {0}. Write it like \"Marketflow <marketflow@example.com>\".")]
    Sender(String),
}

/// A mail server, and who we are to it.
pub struct Smtp {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Smtp {
    pub fn new(mail: &config::Mail) -> Result<Self, MailSetupError> {
        let from = mail.from.parse().map_err(|error| MailSetupError::Sender(format!("{error}")))?;
        let url = with_encryption(mail.smtp_url.expose_secret());
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(&url)
            .map_err(|error| MailSetupError::Server(error.to_string()))?
            .timeout(Some(PATIENCE))
            .build();
        Ok(Self { transport, from })
    }

    /// Can it be reached, and does it take our name and password?
    pub async fn reach(&self) -> Result<(), String> {
        match self.transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err("the mail server closed the connection".to_owned()),
            Err(error) => Err(said(&error)),
        }
    }
}

#[async_trait]
impl Mailer for Smtp {
    async fn send(&self, mail: &Mail, message_id: &str) -> Result<(), MailError> {
        let message = compose(&self.from, mail, message_id)?;
        // Whatever fails before the message itself is on its way has certainly not sent it.
        self.transport.test_connection().await.map_err(|error| before_sending(&error))?;
        self.transport.send(message).await.map(|_| ()).map_err(|error| while_sending(&error))
    }
}

/// `smtp://` alone means: encrypt, or do not send. Only on this very machine may it be plain.
fn with_encryption(url: &str) -> String {
    let Some(rest) = url.strip_prefix("smtp://") else { return url.to_owned() };
    if rest.contains('?') {
        return url.to_owned();
    }
    let host = rest.rsplit('@').next().unwrap_or(rest);
    let local = ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|name| host.strip_prefix(name).is_some_and(|end| end.is_empty() || end.starts_with([':', '/'])));
    if local { url.to_owned() } else { format!("{url}?tls=required") }
}

fn compose(from: &Mailbox, mail: &Mail, message_id: &str) -> Result<Message, MailError> {
    for (what, text) in [("recipient", &mail.to), ("subject", &mail.subject), ("id", &message_id.to_owned())]
    {
        if text.chars().any(char::is_control) {
            return Err(MailError::Permanent(format!(
                "the {what} of the mail holds a line break or another control character"
            )));
        }
    }
    let to: Mailbox = mail
        .to
        .parse()
        .map_err(|_| MailError::Permanent("the recipient is not a mail address".to_owned()))?;
    Message::builder()
        .from(from.clone())
        .to(to)
        .subject(&mail.subject)
        .message_id(Some(bracketed(message_id)))
        .header(ContentType::TEXT_PLAIN)
        .body(mail.text.clone())
        .map_err(|error| MailError::Permanent(format!("the mail cannot be put together: {error}")))
}

/// A Message-ID stands in angle brackets, or mail servers put another in its place.
fn bracketed(id: &str) -> String {
    if id.starts_with('<') { id.to_owned() } else { format!("<{id}>") }
}

fn before_sending(error: &SmtpError) -> MailError {
    if error.is_permanent() { MailError::Permanent(said(error)) } else { MailError::Transient(said(error)) }
}

fn while_sending(error: &SmtpError) -> MailError {
    if error.is_permanent() {
        MailError::Permanent(said(error))
    } else if error.is_transient() {
        MailError::Transient(said(error))
    } else {
        MailError::Unknown(said(error))
    }
}

/// The error with its causes; none of lettre's repeats the password.
fn said(error: &SmtpError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(to: &str, subject: &str) -> Mail {
        Mail { to: to.to_owned(), subject: subject.to_owned(), text: "Hello,\n\na line\n".to_owned() }
    }

    #[test]
    fn a_message_keeps_the_id_it_was_given() {
        let from: Mailbox = "Marketflow <marketflow@example.com>".parse().unwrap();
        let message = compose(&from, &mail("ada@example.com", "Grüße"), "job_1@example.com").unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        assert!(text.contains("Message-ID: <job_1@example.com>\r\n"), "{text}");
        assert!(text.contains("To: ada@example.com\r\n"));
    }

    #[test]
    fn nothing_smuggles_in_another_header() {
        let from: Mailbox = "marketflow@example.com".parse().unwrap();
        for (to, subject, id) in [
            ("ada@example.com\r\nBcc: eve@example.com", "Hello", "<1@x>"),
            ("ada@example.com", "Hello\r\nBcc: eve@example.com", "<1@x>"),
            ("ada@example.com", "Hello\nworld", "<1@x>"),
            ("ada@example.com", "Hello", "<1@x>\r\nBcc: eve@example.com"),
            ("not an address", "Hello", "<1@x>"),
        ] {
            let refused = compose(&from, &mail(to, subject), id).unwrap_err();
            assert!(matches!(refused, MailError::Permanent(_)), "{to:?} {subject:?}");
            assert!(!refused.to_string().contains("eve"), "what was wrong is not repeated");
        }
    }

    #[test]
    fn plain_smtp_leaves_the_machine_only_encrypted() {
        for (given, used) in [
            ("smtp://u:p@mail.example.com:587", "smtp://u:p@mail.example.com:587?tls=required"),
            ("smtp://localhost:1025", "smtp://localhost:1025"),
            ("smtp://u:p@127.0.0.1", "smtp://u:p@127.0.0.1"),
            ("smtp://localhost.example.com", "smtp://localhost.example.com?tls=required"),
            ("smtps://u:p@mail.example.com", "smtps://u:p@mail.example.com"),
            ("smtp://mail.example.com?tls=opportunistic", "smtp://mail.example.com?tls=opportunistic"),
        ] {
            assert_eq!(with_encryption(given), used);
        }
    }
}
