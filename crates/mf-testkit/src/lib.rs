//! What tests need again and again: an application on a database of its own, a clock that only moves
//! when told, an outbox instead of a mail server, a workspace with somebody in every role. Test code
//! only. Knows nothing of HTTP: tests of the API put their router on top of a [`TestApp`].

mod app;
mod clock;
mod database;
mod outbox;
mod workspace;

pub use app::TestApp;
pub use clock::VirtualClock;
pub use database::TestDatabase;
pub use outbox::Outbox;
pub use workspace::{Member, PASSWORD, Workspace};

/// Writes a test once and runs it on every engine: `name::sqlite` and `name::postgres`. The kind of
/// the argument ([`TestApp`] or [`TestDatabase`]) says what it is given.
///
/// ```ignore
/// mf_testkit::on_each_engine! {
///     async fn a_project_can_be_renamed(app: TestApp) { … }
/// }
/// ```
#[macro_export]
macro_rules! on_each_engine {
    ($($(#[$about:meta])* async fn $name:ident($given:ident: $kind:ty) $body:block)*) => {$(
        mod $name {
            use super::*;

            $(#[$about])*
            async fn test($given: $kind) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                test(<$kind>::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(given) = <$kind>::postgres().await {
                    test(given).await;
                }
            }
        }
    )*};
}
