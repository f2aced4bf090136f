//! The battery: a good database, one change, and what callers are answered before and after it. What changes an answer must
//! be found, what changes none must not; and what the gate says to do brings the answers back.
//!
//! Each change is made in a transaction that is rolled back, which undoes roles and settings too. A copy of the database
//! would share those with the others. What takes effect in a new session alone is told to the callers (ask.sql), and tried
//! with a real PostgREST in `sessions`.

mod adopted;
mod functions;
mod installations;
mod kept;
mod roles;
mod rows;
mod settings;
mod shared;
mod tables;
mod triggers;
mod ways;

use std::fs;

use gate::{
    contract::Contract,
    database::{self, Connection},
    finding::{Finding, Report},
};
use it::Installation;
use serde_json::{Map, Value};
use stack::setup;

use super::{admin, contract, judge, said};

/// One change, and what it must lead to.
pub struct Case {
    sql: &'static str,
    verdict: Verdict,
}

#[derive(Debug, Clone, Copy)]
enum Verdict {
    /// Somebody is answered otherwise: a finding of this code.
    Changes(&'static str),
    /// Nobody is yet, or nobody here: a finding of this code all the same.
    Latent(&'static str),
    /// Somebody is, as an operator wants it: no finding.
    Operators,
    /// Nobody is: no finding.
    Harmless,
}

impl Case {
    const fn changes(code: &'static str, sql: &'static str) -> Self {
        Self { sql, verdict: Verdict::Changes(code) }
    }

    const fn latent(code: &'static str, sql: &'static str) -> Self {
        Self { sql, verdict: Verdict::Latent(code) }
    }

    const fn operators(sql: &'static str) -> Self {
        Self { sql, verdict: Verdict::Operators }
    }

    const fn harmless(sql: &'static str) -> Self {
        Self { sql, verdict: Verdict::Harmless }
    }
}

/// A migrated database, and who asks it.
struct Battery {
    _installation: Installation,
    connection: Connection,
    contract: Contract,
    /// The rows that callers ask about; for an empty database, which the gate judges without them.
    scene: String,
    before: Map<String, Value>,
}

const PRELUDE: &str = "set local search_path = ''; set local check_function_bodies = off;";

impl Battery {
    async fn new(installation: Installation, in_use: bool) -> Self {
        installation.execute("drop table if exists public.social_messages").await;
        Self::of(installation, in_use).await
    }

    /// With the table that the installation had.
    async fn of_adopted(installation: Installation) -> Self {
        Self::of(installation, true).await
    }

    async fn of(installation: Installation, in_use: bool) -> Self {
        installation.migrate().await;
        installation.execute("select lockstep.close_doors()").await;
        let text = |path: &str| fs::read_to_string(setup::root().join(path)).unwrap();
        let mut connection = admin(&installation).await;
        for file in ["ask.sql", "questions.sql"] {
            let sql = text(&format!("tests/it/gate_check/battery/{file}"));
            database::run(&mut connection, &sql).await.unwrap_or_else(|error| panic!("{file}: {error:#}"));
        }
        // The same rows, however long this takes.
        let now =
            database::read(&mut connection, "select to_jsonb(format('%L::timestamptz', now()))::text").await.unwrap();
        let mut scene = text("supabase/seed.sql").replace("now()", now.as_str().unwrap());
        scene += "delete from realtime.messages where true;";
        if in_use {
            database::run(&mut connection, &std::mem::take(&mut scene)).await.unwrap();
        }
        let before = Map::new();
        let mut battery = Self { _installation: installation, connection, contract: contract(), scene, before };
        battery.begin().await.unwrap();
        battery.before = battery.ask().await.unwrap();
        battery.undo().await;
        battery
    }

    async fn begin(&mut self) -> Result<(), String> {
        let sql = format!("begin; {}; {PRELUDE}", self.scene);
        database::run(&mut self.connection, &sql).await.map_err(|error| format!("{error:#}"))
    }

    async fn undo(&mut self) {
        database::rollback(&mut self.connection).await.unwrap();
    }

    async fn ask(&mut self) -> Result<Map<String, Value>, String> {
        let answers = database::read(&mut self.connection, "select pg_temp.answers()::text").await;
        Ok(answers.map_err(|error| format!("{error:#}"))?.as_object().unwrap().clone())
    }

    async fn judge(&mut self) -> Report {
        judge(&mut self.connection, &self.contract).await
    }

    /// What the gate says of the change, and which answers it changes.
    async fn look(&mut self, case: &Case) -> Result<(Report, Map<String, Value>), String> {
        if !self.scene.is_empty() {
            let scene = std::mem::take(&mut self.scene);
            self.begin().await?;
            self.scene = scene;
        } else {
            self.begin().await?;
        }
        self.change(case.sql).await?;
        let report = self.judge().await;
        if !self.scene.is_empty() {
            self.undo().await;
            self.begin().await?;
            self.change(case.sql).await?;
        }
        Ok((report, self.ask().await?))
    }

    async fn change(&mut self, sql: &str) -> Result<(), String> {
        database::run(&mut self.connection, sql).await.map_err(|error| format!("{error:#}"))
    }

    /// Says what is wrong, if something is.
    async fn try_one(&mut self, case: &Case) -> Result<(), String> {
        let (report, after) = self.look(case).await?;
        let changed = differences(&self.before, &after);
        let found = |code: &str| report.findings.iter().any(|finding| finding.code.word() == code);
        let expected = match case.verdict {
            Verdict::Changes(code) => found(code) && changed.is_some(),
            Verdict::Latent(code) => found(code),
            Verdict::Operators => report.findings.is_empty(),
            Verdict::Harmless => report.findings.is_empty() && changed.is_none(),
        };
        if !expected || !report.unseen.is_empty() {
            let changed = changed.unwrap_or_else(|| "no answer".to_owned());
            return Err(format!(
                "expected {:?}, found {:?} {:?}, changed {changed}",
                case.verdict,
                said(&report),
                report.unseen
            ));
        }
        self.remedied(&report.findings).await
    }

    /// Remedies that are SQL must be all that is needed: afterwards the gate is silent, and everybody is answered as before.
    async fn remedied(&mut self, findings: &[Finding]) -> Result<(), String> {
        if findings.is_empty() || !findings.iter().all(|finding| finding.remedy.ends_with(';')) {
            return Ok(());
        }
        for finding in findings {
            let sql = finding.remedy.trim_start_matches("as a superuser: ");
            database::run(&mut self.connection, sql).await.map_err(|error| format!("the remedy {sql}: {error:#}"))?;
        }
        let remedies: Vec<&str> = findings.iter().map(|finding| finding.remedy.as_str()).collect();
        let left = said(&self.judge().await);
        let after = self.ask().await?;
        match (left.is_empty(), differences(&self.before, &after)) {
            (true, None) => Ok(()),
            (_, changed) => Err(format!("after {remedies:#?} there is {left:?}, and changed is {changed:?}")),
        }
    }

    async fn try_all(mut self, tables: &[&[Case]]) {
        let mut wrong = Vec::new();
        let cases: Vec<&Case> = tables.iter().copied().flatten().collect();
        for case in &cases {
            if let Err(why) = self.try_one(case).await {
                wrong.push(format!("{}\n  {why}", case.sql));
            }
            self.undo().await;
        }
        assert!(wrong.is_empty(), "{} of {} changes:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    }
}

/// The first line that differs, of each question.
fn differences(before: &Map<String, Value>, after: &Map<String, Value>) -> Option<String> {
    let mut all = Vec::new();
    for (question, answer) in after.iter().filter(|(question, answer)| before.get(*question) != Some(answer)) {
        let lines = |answer: Option<&Value>| -> Vec<String> {
            answer.and_then(Value::as_str).unwrap_or_default().lines().map(str::to_owned).collect()
        };
        let (old, new) = (lines(before.get(question)), lines(Some(answer)));
        let first = old.iter().zip(&new).find(|(old, new)| old != new);
        let cut = |line: &String| line.chars().take(300).collect::<String>();
        all.push(
            first.map_or_else(
                || question.clone(),
                |(old, new)| format!("{question}:\n  - {}\n  + {}", cut(old), cut(new)),
            ),
        );
    }
    (!all.is_empty()).then(|| all.join("\n"))
}
