//! How every tool of the project connects to PostgreSQL: as psql does, tried beside psql, or not at all.

mod certificates;
mod login;
mod no_weaker;
mod server;
mod stricter;
mod tls;

use it::running;
use server::Server;

/// A connection string, the environment, and what comes of it for psql.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

/// The outcome that psql must have had, and the same for ours. `refused` is any error.
async fn same_as_psql(server: &Server, cases: &[Case<'_>]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (url, variables, expected) in cases {
        let (psql, ours) = (server.psql(url, variables), server.ours(url, variables).await);
        let is = |outcome: &server::Outcome| match outcome {
            Ok(how) => how == expected,
            Err(_) => *expected == "refused",
        };
        if !is(&psql) || !is(&ours) {
            wrong.push(format!("{url} {variables:?}\n  expected {expected}\n  psql     {psql:?}\n  ours     {ours:?}"));
        }
    }
    wrong
}

fn none_is(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} cases:\n{}", wrong.len(), wrong.join("\n"));
}

/// With what psql and `openssl` are on the machine for.
async fn server() -> Option<Server> {
    if running().has_test_extensions() { Some(Server::start().await) } else { None }
}
