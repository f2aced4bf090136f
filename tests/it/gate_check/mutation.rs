//! How a mutation is tried: on a good database, in a transaction that is rolled back.

use gate::{
    contract::Contract,
    database::{self, Connection},
    finding::Report,
};
use it::Installation;

use super::{admin, judge, remake::REMAKE, said, said_in_short};

/// One change, and all that the gate must say about it.
pub struct Mutation {
    /// SQL, run by a superuser.
    pub sql: &'static str,
    /// `code where`, as [`said_in_short`] has it.
    pub findings: &'static [&'static str],
}

/// `sql => [findings];`, as many as there are.
macro_rules! mutations {
    ($($sql:expr => [$($finding:expr),*];)*) => {
        &[$(Mutation { sql: $sql, findings: &[$($finding),*] }),*]
    };
}
pub(super) use mutations;

/// Tries each, and then what the gate says to do about it. All that go undetected, or are called by another name, are shown together.
pub async fn try_all(installation: &Installation, contract: &Contract, mutations: &[Mutation]) {
    let mut connection = admin(installation).await;
    let mut wrong = Vec::new();
    for mutation in mutations {
        let found = try_one(&mut connection, contract, mutation).await;
        if found.as_ref() != Ok(&mutation.findings.iter().map(|text| (*text).to_owned()).collect()) {
            wrong.push(format!("{}\n  expected {:?}\n  found    {found:?}", mutation.sql, mutation.findings));
        }
    }
    assert!(wrong.is_empty(), "{} of {} mutations:\n{}", wrong.len(), mutations.len(), wrong.join("\n"));
    let unchanged = Mutation { sql: "select", findings: &[] };
    assert_eq!(try_one(&mut connection, contract, &unchanged).await, Ok(Vec::new()), "the database is good again");
}

async fn try_one(connection: &mut Connection, contract: &Contract, mutation: &Mutation) -> Result<Vec<String>, String> {
    database::run(connection, "begin").await.unwrap();
    let changed = database::run(connection, &format!("{REMAKE}{}", mutation.sql)).await;
    let found = match changed {
        Ok(()) => {
            let report = judge(connection, contract).await;
            remedied(connection, contract, &report).await.map(|()| said_in_short(&report, contract))
        }
        Err(error) => Err(format!("{error:#}")),
    };
    database::rollback(connection).await.unwrap();
    found
}

/// A remedy that is SQL must be all that is needed. The others send people to a migration.
async fn remedied(connection: &mut Connection, contract: &Contract, report: &Report) -> Result<(), String> {
    let remedies: Vec<&str> = report.findings.iter().map(|finding| finding.remedy.as_str()).collect();
    if !remedies.iter().all(|remedy| remedy.ends_with(';')) {
        return Ok(());
    }
    for remedy in &remedies {
        let sql = remedy.trim_start_matches("as a superuser: ");
        database::run(connection, sql).await.map_err(|error| format!("the remedy {remedy}: {error:#}"))?;
    }
    match said(&judge(connection, contract).await)[..] {
        [] => Ok(()),
        ref left => Err(format!("after {remedies:?} there is {left:?}")),
    }
}
