//! Getting in: guessing is slowed down without locking the owner out, and every link and token works
//! once.

use std::sync::{Arc, Condvar, Mutex};

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use mf_app::{App, AppError, AuditQuery, Client, Identity, PageRequest, Presented, SessionKind, SignedIn};
use mf_domain::{Clock, RequestId, Role, Scope};
use mf_stores::relational::{Engine, TableDump};
use mf_testkit::{Member, PASSWORD, TestApp, Workspace, on_each_engine};

use crate::handlers::until;

const HOME: &str = "203.0.113.0/24";
const NEW_PASSWORD: &str = "another horse, another battery";
/// Failures per account and network before somebody must wait; see the settings of tests.
const FREE_GUESSES: usize = 5;

on_each_engine! {
    async fn one_guesser_is_slowed_down_and_nobody_else_is(test: TestApp) {
        let workspace = test.workspace().await;
        let (ann, ben) = (&workspace.marketer, &workspace.analyst);
        for _ in 0..FREE_GUESSES {
            assert!(is_wrong(&guess(&test, ann, HOME).await));
        }
        assert_eq!(seconds_to_wait(&right(&test, ann, HOME).await), Some(2), "even the right password waits");
        assert!(right(&test, ben, HOME).await.is_ok(), "a colleague in the same office");
        assert!(right(&test, ann, "198.51.100.0/24").await.is_ok(), "the same person from elsewhere");

        test.clock.advance(SignedDuration::from_secs(2));
        assert!(is_wrong(&guess(&test, ann, HOME).await));
        test.clock.advance(SignedDuration::from_secs(1));
        assert!(seconds_to_wait(&right(&test, ann, HOME).await).is_some(), "each failure doubles the wait");
        test.clock.advance(SignedDuration::from_secs(2));
        assert!(right(&test, ann, HOME).await.is_ok());
        for _ in 0..FREE_GUESSES {
            assert!(is_wrong(&guess(&test, ann, HOME).await), "whoever got in starts anew");
        }
        test.clock.advance(SignedDuration::from_mins(16));
        assert!(is_wrong(&guess(&test, ann, HOME).await), "old failures are forgotten");
        assert!(is_wrong(&guess(&test, ann, HOME).await));
    }

    async fn a_network_that_tries_many_accounts_is_slowed_down(test: TestApp) {
        let workspace = test.workspace().await;
        for _ in 0..13 {
            let victim = test.member(&workspace.id, Role::Analyst).await;
            for _ in 0..4 {
                let _ = guess(&test, &victim, "192.0.2.0/24").await;
            }
        }
        let fresh = &workspace.marketer;
        assert!(seconds_to_wait(&right(&test, fresh, "192.0.2.0/24").await).is_some());
        assert!(right(&test, fresh, HOME).await.is_ok());
    }

    async fn many_guessers_of_one_account_do_not_lock_its_owner_out(test: TestApp) {
        let owner = test.workspace().await.marketer;
        right(&test, &owner, HOME).await.unwrap();
        for n in 0..10 {
            for _ in 0..FREE_GUESSES {
                assert!(is_wrong(&guess(&test, &owner, &format!("10.0.{n}.0/24")).await));
            }
        }
        assert!(seconds_to_wait(&guess(&test, &owner, "10.0.99.0/24").await).is_some());
        assert!(seconds_to_wait(&right(&test, &owner, "10.0.98.0/24").await).is_some());
        assert!(right(&test, &owner, HOME).await.is_ok(), "strangers cannot keep the owner out of their home");
        assert!(seconds_to_wait(&guess(&test, &owner, "10.0.97.0/24").await).is_some(), "nor does that let strangers in");
    }

    async fn guesses_made_at_once_all_count(test: TestApp) {
        let victim = test.workspace().await.marketer;
        let all = join_all((0..30).map(|_| guess(&test, &victim, HOME))).await;
        let admitted = all.iter().filter(|outcome| is_wrong(outcome)).count();
        let refused = all.iter().filter(|outcome| seconds_to_wait(outcome).is_some()).count();
        assert_eq!(admitted + refused, 30);
        // As many as look at the same moment, which the pool of connections bounds.
        assert!((FREE_GUESSES..FREE_GUESSES + 8).contains(&admitted), "{admitted}");
        let counted = counted_failures(&test.app).await;
        assert!(counted.len() == 3 && counted.iter().all(|count| *count == admitted as u64), "{counted:?}");
        assert!(seconds_to_wait(&right(&test, &victim, HOME).await).is_some());
    }

    async fn asking_for_reset_links_is_slowed_down_and_tells_nothing(test: TestApp) {
        let workspace = test.workspace().await;
        let known = &workspace.marketer;
        let ask = |email: String| {
            let request = test.fresh(RequestId::fresh);
            let (app, client) = (test.app.clone(), from(HOME));
            async move { app.ask_password_reset(&email, &client, request).await }
        };
        ask("nobody@example.com".to_owned()).await.unwrap();
        for _ in 0..FREE_GUESSES {
            ask(known.email.clone()).await.unwrap();
        }
        assert!(matches!(ask(known.email.clone()).await, Err(AppError::Throttled { .. })));
        test.run_jobs_until_idle().await;
        assert_eq!(test.outbox.sent().iter().filter(|mail| mail.to == known.email).count(), FREE_GUESSES);
        assert_eq!(test.outbox.sent().len(), FREE_GUESSES);
        assert!(right(&test, known, HOME).await.is_ok(), "asking for links is not guessing");
    }

    async fn a_password_changed_while_it_was_checked_does_not_sign_in(test: TestApp) {
        let owner = test.workspace().await.marketer;
        let gate = Gate::closed(Arc::new(test.clock.clone()));
        let clock = gate.clone();
        let app = test.another_with(|parts| parts.clock = clock).await;
        let (guesser, victim, request) = (app.clone(), owner.clone(), test.fresh(RequestId::fresh));
        let signing_in = tokio::spawn(async move {
            guesser.sign_in(&victim.email, PASSWORD, None, SessionKind::Cookie, &from(HOME), request).await
        });
        // It has read the hash, and asks what time it is before it may go on to check the password.
        until("the hash was read", || async { gate.is_waited_for() }).await;
        let mut turn = Box::pin(app.store.system_write());
        if test.engine() == Engine::Sqlite {
            // The attempt is being noted, and only one writes at a time: we are the next.
            assert!(futures::poll!(&mut turn).is_pending());
            gate.open();
        }
        let tx = turn.await.unwrap();
        tx.set_password_hash(&owner.id, "$argon2id$changed".to_owned(), test.app.now_ms()).await.unwrap();
        tx.commit().await.unwrap();
        gate.open();
        assert!(is_wrong(&signing_in.await.unwrap()));
        assert_eq!(sessions_of(&test, &owner).await, 0);
    }

    async fn a_refresh_token_works_once_and_a_used_one_ends_the_sign_in(test: TestApp) {
        let workspace = test.workspace().await;
        let owner = &workspace.marketer;
        let first = token_session(&test, owner).await;
        let second = refresh(&test, &first.refresh).await.unwrap();
        assert!(bearer(&test, &second.access).await.is_ok());
        let third = refresh(&test, &second.refresh).await.unwrap();

        let forged = format!("{}x", &first.refresh[..first.refresh.len() - 1]);
        assert!(refresh(&test, &forged).await.is_err());
        assert!(bearer(&test, &third.access).await.is_ok(), "a token nobody issued ends nothing");

        assert!(refresh(&test, &first.refresh).await.is_err(), "not the last but one: the oldest");
        assert!(bearer(&test, &third.access).await.is_err());
        assert!(refresh(&test, &third.refresh).await.is_err());
        assert_eq!(sessions_of(&test, owner).await, 0);
        let query = AuditQuery { action: Some("session.reused".into()), ..Default::default() };
        let entries = test.app.audit_entries(&workspace.admin.scope, query, None, 10).await.unwrap().items;
        assert_eq!(entries.len(), 1);
    }

    async fn a_refresh_token_used_twice_at_once_gives_one_pair_at_most_and_ends(test: TestApp) {
        let owner = test.workspace().await.marketer;
        for _ in 0..4 {
            let tokens = token_session(&test, &owner).await;
            let (one, two) = tokio::join!(refresh(&test, &tokens.refresh), refresh(&test, &tokens.refresh));
            assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1);
            let given = one.or(two).unwrap();
            assert!(bearer(&test, &given.access).await.is_err(), "two hold it, and nobody knows who is the thief");
        }
    }

    async fn tokens_lapse(test: TestApp) {
        let owner = test.workspace().await.marketer;
        let tokens = token_session(&test, &owner).await;
        test.clock.advance(SignedDuration::from_mins(15));
        assert!(bearer(&test, &tokens.access).await.is_err());
        let tokens = refresh(&test, &tokens.refresh).await.unwrap();
        test.clock.advance(SignedDuration::from_hours(24 * 30));
        assert!(refresh(&test, &tokens.refresh).await.is_err());
    }

    async fn a_reset_link_works_once_lapses_and_ends_every_sign_in(test: TestApp) {
        let workspace = test.workspace().await;
        let (owner, cookie) = (&workspace.marketer, cookie(&test, &workspace.marketer).await);
        let tokens = token_session(&test, owner).await;
        let (lapsing, sibling, link) =
            (reset_link(&test, &workspace).await, reset_link(&test, &workspace).await, reset_link(&test, &workspace).await);
        assert!(matches!(reset(&test, "mfl_invented").await, Err(AppError::Gone(_))));
        let short = test.app.reset_password(&link, "short", test.fresh(RequestId::fresh)).await;
        assert_eq!(fields(&short), ["password"], "and the link is not used up");

        let (one, two) = tokio::join!(reset(&test, &link), reset(&test, &link));
        assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1);
        for used in [&link, &sibling, &lapsing] {
            assert!(matches!(reset(&test, used).await, Err(AppError::Gone(_))));
        }
        assert!(present(&test, &cookie).await.is_err());
        assert!(bearer(&test, &tokens.access).await.is_err() && refresh(&test, &tokens.refresh).await.is_err());
        assert!(is_wrong(&right(&test, owner, HOME).await));
        assert!(with_password(&test, owner, NEW_PASSWORD, HOME).await.is_ok());

        let late = reset_link(&test, &workspace).await;
        test.clock.advance(SignedDuration::from_mins(60));
        assert!(matches!(reset(&test, &late).await, Err(AppError::Gone(_))));
    }

    async fn accepting_and_revoking_at_once_ends_in_one_of_them(test: TestApp) {
        let (here, elsewhere) = (test.workspace().await, test.workspace().await);
        let admin = &here.admin.scope;
        for _ in 0..6 {
            let guest = test.member(&elsewhere.id, Role::Analyst).await;
            let invited = test.app.invite(admin, &guest.email, Role::Approver).await.unwrap();
            let (link, id) = (after_hash(&invited.url), invited.invitation.id);
            let (accepted, revoked) =
                tokio::join!(accept(&test, &link, None), test.app.revoke_invitation(admin, &id));
            let inside = test.app.member(admin, guest.id.as_str()).await.is_ok();
            let all = test.app.invitations(admin, &PageRequest::first(50)).await.unwrap().items;
            let state = all.iter().find(|one| one.id == id).unwrap().state;
            match (accepted.is_ok(), revoked.is_ok()) {
                (true, false) => assert_eq!((inside, state), (true, "accepted")),
                (false, true) => assert_eq!((inside, state), (false, "revoked")),
                both => panic!("accepted, revoked: {both:?}"),
            }
        }
    }

    async fn an_invitation_accepted_twice_at_once_lets_one_in(test: TestApp) {
        let (here, elsewhere) = (test.workspace().await, test.workspace().await);
        let admin = &here.admin.scope;
        let guest = test.member(&elsewhere.id, Role::Analyst).await;
        for (email, name) in [(guest.email.as_str(), None), ("somebody.new@example.com", Some("Somebody New"))] {
            let link = after_hash(&test.app.invite(admin, email, Role::Analyst).await.unwrap().url);
            let (one, two) = tokio::join!(accept(&test, &link, name), accept(&test, &link, name));
            assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1, "{email}");
            let loser = one.err().or(two.err()).unwrap();
            assert!(matches!(loser, AppError::Gone(_) | AppError::Conflict { .. }), "{loser:?}");
            let found = test.app.members(admin, Some(email), &PageRequest::first(5)).await.unwrap().items;
            assert_eq!(found.len(), 1);
            assert!(matches!(accept(&test, &link, name).await, Err(AppError::Gone(_))));
        }
    }

    async fn an_invitation_needs_the_password_of_the_account_it_is_for(test: TestApp) {
        let (here, elsewhere) = (test.workspace().await, test.workspace().await);
        let admin = &here.admin.scope;
        let guest = test.member(&elsewhere.id, Role::Analyst).await;
        let invited = test.app.invite(admin, &guest.email, Role::Analyst).await.unwrap();
        let renewed = test.app.renew_invitation(admin, &invited.invitation.id).await.unwrap();
        assert!(matches!(accept(&test, &after_hash(&invited.url), None).await, Err(AppError::Gone(_))), "the old link");
        let link = after_hash(&renewed.url);
        for _ in 0..FREE_GUESSES {
            assert_eq!(fields(&accept_with(&test, &link, None, NEW_PASSWORD).await), ["password"]);
        }
        let slowed = accept_with(&test, &link, None, PASSWORD).await;
        assert!(matches!(slowed, Err(AppError::Throttled { .. })), "a link is no way round the throttle");
        test.clock.advance(SignedDuration::from_hours(24 * 7));
        assert!(matches!(accept(&test, &link, None).await, Err(AppError::Gone(_))));
        assert!(test.app.member(admin, guest.id.as_str()).await.is_err());
    }

    async fn the_longest_unused_sign_ins_end_when_there_are_too_many(test: TestApp) {
        let owner = test.workspace().await.marketer;
        let first = cookie(&test, &owner).await;
        let mut second = String::new();
        for n in 0..50 {
            test.clock.advance(SignedDuration::from_secs(1));
            let next = cookie(&test, &owner).await;
            if n == 0 {
                second = next;
            }
        }
        assert!(present(&test, &first).await.is_err());
        assert!(present(&test, &second).await.is_ok());
        assert_eq!(sessions_of(&test, &owner).await, 50);
        test.clock.advance(SignedDuration::from_secs(-60));
        // Nor does it matter what the clock says, or that many signed in at the same moment.
        for _ in 0..52 {
            let newest = cookie(&test, &owner).await;
            assert!(present(&test, &newest).await.is_ok(), "whoever signs in now is in");
        }
    }
}

/// Signs somebody in as with a browser, in the workspace they were made for.
pub async fn enter(test: &TestApp, who: &Member) -> Identity {
    present(test, &cookie(test, who).await).await.unwrap()
}

pub async fn cookie(test: &TestApp, who: &Member) -> String {
    right(test, who, HOME).await.unwrap().cookie.unwrap().expose().to_owned()
}

pub async fn present(test: &TestApp, cookie: &str) -> Result<Identity, AppError> {
    test.app.identify(Presented::Cookie(cookie.to_owned()), test.fresh(RequestId::fresh)).await
}

pub async fn bearer(test: &TestApp, secret: &str) -> Result<Identity, AppError> {
    test.app.identify(Presented::Bearer(secret.to_owned()), test.fresh(RequestId::fresh)).await
}

/// What follows the `#` of a link.
pub fn after_hash(url: &str) -> String {
    url.split_once('#').unwrap().1.to_owned()
}

/// The fields that were found wanting.
pub fn fields<T>(outcome: &Result<T, AppError>) -> Vec<&str> {
    match outcome {
        Err(AppError::Invalid(problems)) => problems.iter().map(|problem| problem.field.as_str()).collect(),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was accepted"),
    }
}

pub async fn accept(test: &TestApp, link: &str, name: Option<&str>) -> Result<SignedIn, AppError> {
    accept_with(test, link, name, PASSWORD).await
}

async fn accept_with(
    test: &TestApp,
    link: &str,
    name: Option<&str>,
    password: &str,
) -> Result<SignedIn, AppError> {
    let request = test.fresh(RequestId::fresh);
    test.app.accept_invitation(link, name, password, SessionKind::Cookie, &from(HOME), request).await
}

/// Sets a new password by a link, so that it is no longer [`PASSWORD`].
pub async fn reset(test: &TestApp, link: &str) -> Result<(), AppError> {
    test.app.reset_password(link, NEW_PASSWORD, test.fresh(RequestId::fresh)).await
}

pub async fn sessions_of(test: &TestApp, who: &Member) -> usize {
    let tx = test.app.store.system_read().await.unwrap();
    tx.sessions_of(&who.id, test.app.now_ms()).await.unwrap().len()
}

fn from(network: &str) -> Client {
    Client { network: network.to_owned(), user_agent: "a test".to_owned() }
}

async fn with_password(
    test: &TestApp,
    who: &Member,
    password: &str,
    network: &str,
) -> Result<SignedIn, AppError> {
    let (tenant, request) = (&who.scope.tenant, test.fresh(RequestId::fresh));
    let kind = SessionKind::Cookie;
    test.app.sign_in(&who.email, password, Some(tenant), kind, &from(network), request).await
}

async fn right(test: &TestApp, who: &Member, network: &str) -> Result<SignedIn, AppError> {
    with_password(test, who, PASSWORD, network).await
}

async fn guess(test: &TestApp, who: &Member, network: &str) -> Result<SignedIn, AppError> {
    with_password(test, who, "a wild guess", network).await
}

fn is_wrong(outcome: &Result<SignedIn, AppError>) -> bool {
    matches!(outcome, Err(AppError::Unauthenticated(_)))
}

fn seconds_to_wait(outcome: &Result<SignedIn, AppError>) -> Option<u64> {
    match outcome {
        Err(AppError::Throttled { retry_after_seconds }) => Some(*retry_after_seconds),
        _ => None,
    }
}

struct Pair {
    access: String,
    refresh: String,
}

fn pair(signed_in: SignedIn) -> Pair {
    let tokens = signed_in.tokens.unwrap();
    Pair { access: tokens.access.expose().to_owned(), refresh: tokens.refresh.expose().to_owned() }
}

async fn token_session(test: &TestApp, who: &Member) -> Pair {
    let request = test.fresh(RequestId::fresh);
    let kind = SessionKind::Token;
    pair(test.app.sign_in(&who.email, PASSWORD, None, kind, &from(HOME), request).await.unwrap())
}

async fn refresh(test: &TestApp, token: &str) -> Result<Pair, AppError> {
    test.app.refresh(token, test.fresh(RequestId::fresh)).await.map(pair)
}

/// One for the marketer, from the admin.
async fn reset_link(test: &TestApp, workspace: &Workspace) -> String {
    let scope: &Scope = &workspace.admin.scope;
    after_hash(&test.app.make_reset_link(scope, workspace.marketer.id.as_str()).await.unwrap().url)
}

/// Every count of failed sign-ins there is.
async fn counted_failures(app: &App) -> Vec<u64> {
    #[derive(Default)]
    struct Counts(Vec<u64>);
    impl TableDump for Counts {
        fn lines(&mut self, table: &'static str, lines: &[String]) -> std::io::Result<()> {
            let rows = lines.iter().filter(|_| table == "login_attempts");
            let row = |line: &String| serde_json::from_str::<serde_json::Value>(line).unwrap();
            self.0.extend(rows.map(|line| row(line)["failures"].as_u64().unwrap()));
            Ok(())
        }
    }
    let mut counts = Counts::default();
    app.store.system_read().await.unwrap().dump(&mut counts).await.unwrap();
    counts.0
}

/// A clock that makes whoever asks it wait until it is opened.
struct Gate {
    clock: Arc<dyn Clock>,
    state: Mutex<GateState>,
    changed: Condvar,
}

#[derive(Default)]
struct GateState {
    waited_for: bool,
    open: bool,
}

impl Gate {
    fn closed(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { clock, state: Mutex::default(), changed: Condvar::new() })
    }

    fn is_waited_for(&self) -> bool {
        self.state.lock().unwrap().waited_for
    }

    fn open(&self) {
        self.state.lock().unwrap().open = true;
        self.changed.notify_all();
    }
}

impl Clock for Gate {
    fn now(&self) -> Timestamp {
        // The runtime's thread is given up while this waits: others have work on it.
        tokio::task::block_in_place(|| {
            let mut state = self.state.lock().unwrap();
            state.waited_for = true;
            drop(self.changed.wait_while(state, |state| !state.open).unwrap());
        });
        self.clock.now()
    }
}
