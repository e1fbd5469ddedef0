//! The audit log tells who did what, finds tampering, and comes out as a file.

use std::collections::BTreeMap;

use jiff::SignedDuration;
use mf_app::{AppError, AuditQuery, ExportFormat};
use mf_domain::jobs::State;
use mf_stores::relational::Engine;
use mf_testkit::{TestApp, Workspace, on_each_engine};
use sha2::{Digest, Sha256};

on_each_engine! {
    async fn an_entry_names_who_acted_even_when_they_left(test: TestApp) {
        let workspace = test.workspace().await;
        let (admin, marketer) = (&workspace.admin, &workspace.marketer);
        test.app.create_project(&marketer.scope, "Spring", "").await.unwrap();
        let member = test.app.member(&admin.scope, marketer.id.as_str()).await.unwrap();
        test.app.remove_member(&admin.scope, marketer.id.as_str(), member.version).await.unwrap();
        let query = AuditQuery { action: Some("project.created".into()), ..Default::default() };
        let found = test.app.audit_entries(&workspace.analyst.scope, query, None, 10).await.unwrap().items;
        assert_eq!((found.len(), &found[0].actor_name), (1, &marketer.name));
        assert_eq!((&*found[0].title, found[0].subject_label.as_deref()), ("Created a project", Some("Spring")));
        let one = test.app.audit_entry(&admin.scope, &found[0].id).await.unwrap();
        assert_eq!(one.after.unwrap()["name"], "Spring");

        let refused = test.app.audit_entries(&marketer.scope, AuditQuery::default(), None, 10).await;
        assert!(matches!(refused, Err(AppError::Forbidden(_))));
        let other = test.workspace().await;
        let foreign = test.app.audit_entry(&other.admin.scope, &found[0].id).await;
        assert!(matches!(foreign, Err(AppError::NotFound(_))));
    }

    async fn every_tampering_is_found_and_the_entry_named(test: TestApp) {
        for (n, (tampering, seq, why)) in [
            ("UPDATE audit_log SET after = '{\"name\":\"Forged\"}' WHERE TENANT AND seq = 3", 3, "content was changed"),
            ("DELETE FROM audit_log WHERE TENANT AND seq = 2", 3, "missing or out of order"),
            ("DELETE FROM audit_log WHERE TENANT AND seq = 5", 5, "end are missing"),
            ("UPDATE audit_log SET seq = CASE seq WHEN 2 THEN 30 ELSE 20 END WHERE TENANT AND seq IN (2, 3)", 4, "missing"),
            ("UPDATE audit_log SET actor_id = NULL WHERE TENANT AND seq = 1", 1, "content was changed"),
        ]
        .into_iter()
        .enumerate()
        {
            let workspace = busy_workspace(&test).await;
            let honest = test.app.verify_audit_of(&workspace.id).await.unwrap();
            assert_eq!((honest.checked, &honest.broken), (5, &None), "{n}");
            tamper(&test, &tampering.replace("TENANT", &format!("tenant_id = '{}'", workspace.id))).await;
            let verdict = test.app.verify_audit(&workspace.analyst.scope).await.unwrap();
            let broken = verdict.broken.unwrap();
            assert_eq!(broken.seq, seq, "{tampering}: {broken:?}");
            assert!(broken.why.contains(why), "{tampering}: {broken:?}");
        }
    }

    async fn a_broken_log_is_found_at_night_and_lies_among_the_dead_letters(test: TestApp) {
        let workspace = busy_workspace(&test).await;
        test.app.ensure_schedules().await.unwrap();
        let forge = |label: &str| {
            format!("UPDATE audit_log SET subject_label = '{label}' WHERE tenant_id = '{}' AND seq = 2", workspace.id)
        };
        tamper(&test, &forge("Forged")).await;
        test.clock.advance(SignedDuration::from_hours(24));
        test.run_jobs_until_idle().await;
        let filter = mf_stores::relational::JobFilter { state: Some(State::Dead), kind: None };
        let dead = test.app.jobs(&workspace.admin.scope, &filter, &mf_app::PageRequest::first(5)).await.unwrap().items;
        assert!(dead[0].error.as_ref().unwrap().message.contains("entry 2"));

        tamper(&test, &forge("Project 1")).await;
        assert!(test.app.verify_audit(&workspace.admin.scope).await.unwrap().broken.is_none());
    }

    async fn verifying_while_others_write_raises_no_false_alarm(test: TestApp) {
        let workspace = busy_workspace(&test).await;
        let writing = async {
            for n in 0..40 {
                test.app.create_project(&workspace.admin.scope, &format!("More {n}"), "").await.unwrap();
            }
        };
        let verifying = async {
            for _ in 0..40 {
                assert_eq!(test.app.verify_audit_of(&workspace.id).await.unwrap().broken, None);
            }
        };
        tokio::join!(writing, verifying);
    }

    async fn an_export_holds_every_entry_and_no_formula(test: TestApp) {
        let workspace = test.workspace().await;
        let (admin, analyst) = (&workspace.admin.scope, &workspace.analyst.scope);
        for name in ["=HYPERLINK(\"http://evil\")", "+1", "ordinary, \"quoted\"", "@x"] {
            test.app.create_project(admin, name, "").await.unwrap();
        }
        let csv = export(&test, &workspace, ExportFormat::Csv).await;
        let mut reader = csv::Reader::from_reader(csv.as_slice());
        let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
        let labels: Vec<&str> = rows.iter().map(|row| &*row["subject_label"]).collect();
        assert_eq!(labels, ["'=HYPERLINK(\"http://evil\")", "'+1", "ordinary, \"quoted\"", "'@x", ""]);
        assert_eq!(rows[0]["actor_name"], workspace.admin.name);
        assert_eq!(rows[1]["prev_hash"], rows[0]["hash"]);

        let ndjson = export(&test, &workspace, ExportFormat::Ndjson).await;
        let lines: Vec<serde_json::Value> =
            String::from_utf8(ndjson).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0]["subject_label"], "=HYPERLINK(\"http://evil\")");
        assert_eq!(lines[0]["seq"], 1);
        assert_eq!(lines[0]["hash"], rows[0]["hash"]);

        let refused = test.app.export_audit(&workspace.approver.scope, ExportFormat::Csv, None, None).await;
        assert!(matches!(refused, Err(AppError::Forbidden(_))));
        let (from, to) = (Some(test.app.now()), Some(test.app.now() - SignedDuration::from_secs(1)));
        let backwards = test.app.export_audit(analyst, ExportFormat::Csv, from, to).await;
        assert!(matches!(backwards, Err(AppError::Invalid(_))));
    }

    async fn a_link_is_for_those_who_may_export_and_not_for_ever(test: TestApp) {
        let workspace = busy_workspace(&test).await;
        let analyst = &workspace.analyst.scope;
        let id = test.app.export_audit(analyst, ExportFormat::Csv, None, None).await.unwrap().id;
        test.run_jobs_until_idle().await;
        let url = async || {
            let result = test.app.job(analyst, &id).await.unwrap().result.unwrap();
            result["url"].as_str().map(ToOwned::to_owned)
        };
        let first = url().await.unwrap();
        assert!(test.app.job(&workspace.marketer.scope, &id).await.unwrap().result.is_none());
        test.clock.advance(SignedDuration::from_hours(2));
        assert_ne!(url().await.unwrap(), first, "a fresh link each time");
        assert!(open(&test, &first).is_err(), "an hour is over");
        test.clock.advance(SignedDuration::from_hours(24 * 7));
        assert_eq!(url().await, None);
    }

    async fn a_large_log_is_exported_in_pieces(test: TestApp) {
        let workspace = test.workspace().await;
        let scope = &workspace.admin.scope;
        for n in 0..600 {
            test.app.audit_denied(scope, "GET", &format!("/{n}")).await.unwrap();
        }
        let csv = export(&test, &workspace, ExportFormat::Csv).await;
        assert_eq!(csv::Reader::from_reader(csv.as_slice()).records().count(), 601);
    }
}

/// Five entries, written by two people.
async fn busy_workspace(test: &TestApp) -> Workspace {
    let workspace = test.workspace().await;
    for n in 0..5 {
        let by = if n % 2 == 0 { &workspace.admin } else { &workspace.marketer };
        test.app.create_project(&by.scope, &format!("Project {n}"), "").await.unwrap();
    }
    workspace
}

/// As somebody who owns the database could.
async fn tamper(test: &TestApp, sql: &str) {
    if test.engine() == Engine::Sqlite {
        test.database.run("DROP TRIGGER IF EXISTS audit_log_no_update").await;
        test.database.run("DROP TRIGGER IF EXISTS audit_log_no_delete").await;
    }
    test.database.run(sql).await;
}

/// The exported file, whose digest is checked.
async fn export(test: &TestApp, workspace: &Workspace, format: ExportFormat) -> Vec<u8> {
    let scope = &workspace.analyst.scope;
    let job = test.app.export_audit(scope, format, None, None).await.unwrap();
    test.run_jobs_until_idle().await;
    let done = test.app.job(scope, &job.id).await.unwrap();
    assert_eq!(done.state, State::Done, "{:?}", done.error);
    let result = done.result.unwrap();
    let key = open(test, result["url"].as_str().unwrap()).unwrap();
    let file = test.app.blobs.get(&key).await.unwrap();
    assert_eq!(result["sha256"], hex::encode(Sha256::digest(&file)));
    file
}

fn open(test: &TestApp, url: &str) -> Result<mf_stores::blobs::BlobKey, mf_stores::blobs::BadLink> {
    let (key, query) = url.strip_prefix("/blobs/").unwrap().split_once('?').unwrap();
    let part = |name: &str| {
        let of = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        of.unwrap().to_owned()
    };
    test.app.blobs.verify_link(key, &part("expires"), &part("signature"), test.app.now())
}
