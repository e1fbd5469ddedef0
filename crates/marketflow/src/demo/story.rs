//! What happened in the demo workspace: four people, some projects, decisions taken and one waiting.

use mf_app::{
    App, AppError, ApprovalView, Client, Decision, ExportFormat, FirstAdmin, KeyKind, NewKey, SessionKind,
    SignedIn, Worker,
};
use mf_domain::{Actor, Currency, Money, RequestId, Role, Scope};

use super::Login;
use super::past::PastClock;

const WORKSPACE: &str = "Demo Coffee";
const TIME_ZONE: &str = "Europe/Berlin";
const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

pub(super) async fn tell(app: &App, clock: &PastClock, people: &[Login]) -> Result<(), AppError> {
    let story = Story { app, clock, worker: tokio::sync::Mutex::new(Worker::new(app.clone())) };
    let team = story.gather(people).await?;
    story.begin_work(&team).await?;
    story.agree_on_money(&team).await?;
    story.tidy_up(&team).await?;
    story.look_back(&team).await?;
    story.leave_open(&team).await
}

struct Story<'a> {
    app: &'a App,
    clock: &'a PastClock,
    worker: tokio::sync::Mutex<Worker>,
}

struct Team {
    admin: Scope,
    marketer: Scope,
    analyst: Scope,
    approver: Scope,
}

impl Story<'_> {
    async fn gather(&self, people: &[Login]) -> Result<Team, AppError> {
        let by_role = |role| {
            people
                .iter()
                .find(|login| login.role == role)
                .ok_or_else(|| internal("a role without a demo login"))
        };
        let admin = by_role(Role::Admin)?;
        let first = FirstAdmin {
            workspace_name: WORKSPACE.to_owned(),
            name: admin.name.clone(),
            email: admin.email.clone(),
            password: admin.password.clone(),
            time_zone: TIME_ZONE.to_owned(),
        };
        let signed_in = self.app.set_up(first, &client(), self.request()).await?;
        let admin = scope_of(&signed_in, self.request())?;
        Ok(Team {
            marketer: self.join(&admin, by_role(Role::Marketer)?).await?,
            analyst: self.join(&admin, by_role(Role::Analyst)?).await?,
            approver: self.join(&admin, by_role(Role::Approver)?).await?,
            admin,
        })
    }

    async fn join(&self, admin: &Scope, login: &Login) -> Result<Scope, AppError> {
        self.clock.minutes(7);
        let invitation = self.app.invite(admin, &login.email, login.role).await?;
        let (_, token) =
            invitation.url.split_once('#').ok_or_else(|| internal("an invitation without a token"))?;
        self.clock.minutes(11);
        let (app, request) = (self.app, self.request());
        let joined = app
            .accept_invitation(
                token,
                Some(&login.name),
                &login.password,
                SessionKind::Cookie,
                &client(),
                request,
            )
            .await?;
        scope_of(&joined, self.request())
    }

    async fn begin_work(&self, team: &Team) -> Result<(), AppError> {
        self.at(8 * DAY).await?;
        for (name, description) in [
            ("Spring launch", "Three new single-origin coffees, in shops from April."),
            (
                "Loyalty programme",
                "Every tenth cup is free; bring back regulars who have not come for 30 days.",
            ),
            ("Newsletter", "Monthly: one recipe, one story from a farm, one offer."),
        ] {
            self.app.create_project(&team.marketer, name, description).await?;
            self.clock.minutes(9);
        }
        self.at(7 * DAY).await?;
        let key = |name: &str, kind, origins: &[&str]| NewKey {
            name: name.to_owned(),
            kind,
            permissions: None,
            expires_in_days: Some(365),
            allowed_origins: origins.iter().map(ToString::to_string).collect(),
        };
        self.app.create_key(&team.admin, key("Shop back end", KeyKind::Server, &[])).await?;
        self.app
            .create_key(&team.admin, key("Website", KeyKind::Write, &["https://www.example.com"]))
            .await?;
        self.app.create_key(&team.analyst, key("Weekly report", KeyKind::Personal, &[])).await?;
        Ok(())
    }

    async fn agree_on_money(&self, team: &Team) -> Result<(), AppError> {
        self.at(6 * DAY).await?;
        let asked = self.raise(&team.marketer, 200_000, "A first budget for the spring launch.").await?;
        self.clock.minutes(35);
        self.approve(&team.approver, &asked, Some("Agreed for this quarter.")).await?;
        self.at(5 * DAY).await?;
        let asked = self.raise(&team.marketer, 900_000, "More reach for the launch week.").await?;
        self.clock.minutes(50);
        let note = "Please split this: launch week first, the rest once we see results.".to_owned();
        self.app
            .decide(&team.approver, &asked.row.id, &asked.row.content_hash, Decision::SendBack { note })
            .await?;
        Ok(())
    }

    async fn tidy_up(&self, team: &Team) -> Result<(), AppError> {
        self.at(4 * DAY).await?;
        let winter =
            self.app.create_project(&team.marketer, "Winter sale", "Last bags of the winter roast.").await?;
        let trial = self.app.create_project(&team.marketer, "Trial run", "Made to look around.").await?;
        self.clock.minutes(20);
        self.app.archive_project(&team.marketer, &winter.id, winter.version).await?;
        self.clock.minutes(90);
        let asked = self.erase(&team.admin, &trial.id, "Made by mistake; holds nothing we need.").await?;
        self.clock.minutes(25);
        self.approve(&team.approver, &asked, None).await
    }

    async fn look_back(&self, team: &Team) -> Result<(), AppError> {
        self.at(2 * DAY).await?;
        self.app.export_audit(&team.admin, ExportFormat::Csv, None, None).await?;
        self.work().await?;
        self.clock.minutes(4);
        self.app.verify_audit(&team.admin).await?;
        Ok(())
    }

    async fn leave_open(&self, team: &Team) -> Result<(), AppError> {
        self.at(DAY).await?;
        self.app.invite(&team.admin, "intern@demo.localhost", Role::Analyst).await?;
        let old = self.app.create_project(&team.marketer, "Old contest", "Ended last summer.").await?;
        self.at(2 * HOUR).await?;
        self.raise(&team.marketer, 450_000, "Launch week went well: 2.4 times the usual orders.").await?;
        self.at(HOUR).await?;
        self.erase(&team.admin, &old.id, "The contest's terms promised deletion after six months.").await?;
        for scope in [&team.admin, &team.marketer, &team.analyst, &team.approver] {
            if let Some(session) = scope.session() {
                self.app.end_my_session(scope, session.as_str()).await?;
            }
        }
        self.work().await
    }

    async fn raise(&self, scope: &Scope, limit_minor: i64, reason: &str) -> Result<ApprovalView, AppError> {
        let now = self.app.spending(scope).await?;
        let limit = Money::new(limit_minor, Currency::EUR);
        let change = self.app.change_spending(scope, now.version, limit, Some(reason)).await?;
        change.approval.ok_or_else(|| internal("a raise that needed no approval"))
    }

    async fn erase(&self, scope: &Scope, project: &str, reason: &str) -> Result<ApprovalView, AppError> {
        let erasure = self.app.ask_erasure(scope, "project", project, reason).await?;
        let approval =
            erasure.row.approval_id.ok_or_else(|| internal("an erasure that needed no approval"))?;
        self.app.approval(scope, &approval).await
    }

    async fn approve(&self, scope: &Scope, asked: &ApprovalView, note: Option<&str>) -> Result<(), AppError> {
        let decision = Decision::Approve { note: note.map(ToOwned::to_owned) };
        self.app.decide(scope, &asked.row.id, &asked.row.content_hash, decision).await?;
        self.work().await
    }

    /// So many minutes before the end; what was due until then has been done.
    async fn at(&self, minutes_before_end: i64) -> Result<(), AppError> {
        self.clock.move_to(minutes_before_end);
        self.work().await
    }

    async fn work(&self) -> Result<(), AppError> {
        self.worker.lock().await.run_until_idle().await?;
        Ok(())
    }

    fn request(&self) -> RequestId {
        RequestId::fresh(self.app.now(), &mut **self.app.rng())
    }
}

fn client() -> Client {
    Client { network: "127.0.0.0/24".to_owned(), user_agent: "marketflow demo".to_owned() }
}

fn scope_of(signed_in: &SignedIn, request: RequestId) -> Result<Scope, AppError> {
    let me = &signed_in.me;
    let user = me.user.as_ref().ok_or_else(|| internal("somebody signed in who is nobody"))?;
    let role = me.role.ok_or_else(|| internal("somebody signed in without a role"))?;
    let session = me.session_id.as_deref().map(str::parse).transpose().map_err(internal)?;
    Ok(Scope {
        tenant: me.tenant.tenant_id.parse().map_err(internal)?,
        actor: Actor::User { id: user.id.parse().map_err(internal)?, session },
        role: Some(role),
        permissions: role.permissions(),
        request,
        once: None,
    })
}

fn internal(why: impl ToString) -> AppError {
    AppError::Internal(why.to_string())
}
