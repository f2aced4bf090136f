//! How a mutation is tried: on a good database, in a transaction that is rolled back.

use gate::{contract::Contract, database};
use it::Installation;
use sqlx::PgConnection;

use super::{admin, judge, remake::REMAKE, said};

/// One change, and all that the gate must say about it.
pub struct Mutation {
    /// SQL, run by a superuser.
    pub sql: &'static str,
    /// `code where`.
    pub findings: &'static [&'static str],
}

/// `sql => [findings];`, as many as there are.
macro_rules! mutations {
    ($($sql:expr => [$($finding:expr),*];)*) => {
        &[$(Mutation { sql: $sql, findings: &[$($finding),*] }),*]
    };
}
pub(super) use mutations;

/// Tries each. All that go undetected, or are called by another name, are shown together.
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

async fn try_one(
    connection: &mut PgConnection,
    contract: &Contract,
    mutation: &Mutation,
) -> Result<Vec<String>, String> {
    database::run(connection, "begin").await.unwrap();
    let changed = database::run(connection, &format!("{REMAKE}{}", mutation.sql)).await;
    let found = match changed {
        Ok(()) => Ok(said(&judge(connection, contract).await)),
        Err(error) => Err(format!("{error:#}")),
    };
    database::rollback(connection).await.unwrap();
    found
}
