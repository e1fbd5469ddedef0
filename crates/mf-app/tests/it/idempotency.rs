//! The same request twice does its work once and gets the same answer.

use jiff::SignedDuration;
use mf_app::{Answer, App, IdempotencyKey, Start};
use mf_domain::Scope;
use mf_testkit::{TestApp, on_each_engine};

use crate::handlers::effects;

on_each_engine! {
    async fn a_repeated_request_gets_the_kept_answer(test: TestApp) {
        let workspace = test.workspace().await;
        let (admin, marketer) = (&workspace.admin.scope, &workspace.marketer.scope);
        let app = &test.app;
        let key = IdempotencyKey::parse("a-key").unwrap();
        let answer = Answer {
            status: 201,
            headers: vec![("location".into(), "/x".into())],
            body: b"{\"secret\":\"mfs_1\"}".to_vec(),
        };
        begin(app, admin, &key).await;
        assert_eq!(app.start_answer(admin, &key, PRINT).await.unwrap(), Start::InFlight);
        assert_eq!(app.start_answer(admin, &key, "other").await.unwrap(), Start::Mismatch);
        // Another person's key of the same name is another key.
        begin(app, marketer, &key).await;

        app.keep_answer(admin, &key, &answer).await.unwrap();
        assert_eq!(app.start_answer(admin, &key, PRINT).await.unwrap(), Start::Replay(answer));
        assert_eq!(app.start_answer(admin, &key, "other").await.unwrap(), Start::Mismatch);

        app.release_answer(marketer, &key).await.unwrap();
        begin(app, marketer, &key).await;
    }

    async fn work_of_a_key_that_was_taken_over_is_void(test: TestApp) {
        let scope = test.workspace().await.admin.scope;
        let key = IdempotencyKey::parse("a-key").unwrap();
        let slow = begin(&test.app, &scope, &key).await;
        test.clock.advance(SignedDuration::from_secs(61));
        let fast = begin(&test.app, &scope, &key).await;
        assert!(test.app.create_project(&slow, "Spring", "").await.is_err());
        test.app.create_project(&fast, "Spring", "").await.unwrap();
        assert_eq!(effects(&test.app, &scope).await, 1);

        // The process died before it kept the answer: nobody does the work again.
        test.clock.advance(SignedDuration::from_secs(61));
        assert_eq!(test.app.start_answer(&scope, &key, PRINT).await.unwrap(), Start::Done);
        test.app.release_answer(&scope, &key).await.unwrap();
        assert_eq!(test.app.start_answer(&scope, &key, PRINT).await.unwrap(), Start::Done);
    }

    async fn answers_are_kept_for_a_day_and_then_forgotten(test: TestApp) {
        let scope = test.workspace().await.admin.scope;
        let key = IdempotencyKey::parse("a-key").unwrap();
        let answer = Answer { status: 204, headers: Vec::new(), body: Vec::new() };
        test.app.ensure_schedules().await.unwrap();
        begin(&test.app, &scope, &key).await;
        test.app.keep_answer(&scope, &key, &answer).await.unwrap();
        test.clock.advance(SignedDuration::from_hours(23));
        test.run_jobs_until_idle().await;
        assert_eq!(test.app.start_answer(&scope, &key, PRINT).await.unwrap(), Start::Replay(answer));
        test.clock.advance(SignedDuration::from_hours(2));
        test.run_jobs_until_idle().await;
        begin(&test.app, &scope, &key).await;
    }
}

const PRINT: &str = "fingerprint";

/// Takes the key, which must be free; answers the scope to do the work in.
async fn begin(app: &App, scope: &Scope, key: &IdempotencyKey) -> Scope {
    match app.start_answer(scope, key, PRINT).await.unwrap() {
        Start::Go(once) => Scope { once: Some(once), ..scope.clone() },
        other => panic!("{other:?}"),
    }
}
