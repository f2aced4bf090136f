//! Calls as PostgREST makes them: one connection as `authenticator`, a transaction for each call, in which the role, the
//! caller's claims and the request's headers are set by one prepared statement, and then the prepared call itself.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use stack::{cluster::Cluster, setup};
use tokio_postgres::{Client, Statement};

use super::cases::ADA;

/// One connection.
pub struct Caller {
    client: Client,
    settings: Statement,
    claims: String,
}

/// Whose rights a call has.
#[derive(Debug, Clone, Copy)]
pub enum Role {
    /// The signed-in user.
    Authenticated,
    /// One that no policy stops.
    Bare,
}

impl Caller {
    /// Over the socket, which is the shortest way.
    pub async fn connect(cluster: &Cluster) -> Result<Self> {
        let client = cluster.connect("authenticator").await?;
        let settings = client
            .prepare(
                "select set_config('search_path', '\"public\", \"extensions\"', true), set_config('role', $1, true), \
                 set_config('request.jwt.claims', $2, true), set_config('request.method', 'POST', true), \
                 set_config('request.path', '/rpc/bench', true), set_config('request.headers', $3, true), \
                 set_config('request.cookies', '{}', true)",
            )
            .await?;
        let claims = json!({
            "aal": "aal1", "aud": "authenticated", "email": "ada@bench.test", "exp": 4_102_444_800_u64, "iat": 1_767_225_600,
            "is_anonymous": false, "iss": "http://127.0.0.1:54321/auth/v1", "role": "authenticated",
            "session_id": "5e550000-0000-4000-8000-000000000007", "sub": ADA,
        });
        Ok(Self { client, settings, claims: claims.to_string() })
    }

    /// A statement that is called often, by this role.
    pub async fn prepare(&self, call: &str, role: Role, headers: &str) -> Result<Statement> {
        self.begin(role, headers).await?;
        let prepared = self.client.prepare(call).await.with_context(|| format!("cannot prepare: {call}"))?;
        // What is prepared stays.
        self.client.batch_execute("rollback").await?;
        Ok(prepared)
    }

    /// One call, rolled back, so that the next one finds what it found. The time is that of the call alone: what is around it
    /// is the same for everybody.
    pub async fn call(&self, call: &Statement, role: Role, headers: &str, rows: usize) -> Result<Duration> {
        self.begin(role, headers).await?;
        let began = Instant::now();
        let answer = self.client.query(call, &[]).await;
        let took = began.elapsed();
        self.client.batch_execute("rollback").await?;
        let given = answer?.len();
        ensure!(given == rows, "the call gave {given} rows instead of {rows}");
        Ok(took)
    }

    /// One call that stays.
    pub async fn for_good(&self, call: &str) -> Result<()> {
        self.begin(Role::Authenticated, &headers("sync_rank_match_roster")?).await?;
        self.client.query(call, &[]).await?;
        Ok(self.client.batch_execute("commit").await?)
    }

    async fn begin(&self, role: Role, headers: &str) -> Result<()> {
        let role = match role {
            Role::Authenticated => "authenticated",
            Role::Bare => "bench_bare",
        };
        self.client.batch_execute("begin").await?;
        self.client.query(&self.settings, &[&role, &self.claims, &headers]).await?;
        Ok(())
    }
}

/// What PostgREST says of a request for this RPC, which expects the version of the contract, and of what the RPC runs.
pub fn headers(rpc: &str) -> Result<String> {
    let contract = std::fs::read(setup::root().join("supabase/rank_required_rpcs.json"))?;
    let contract: Value = serde_json::from_slice(&contract)?;
    let known = contract["rpcs"].as_array().context("the contract has RPCs")?;
    let of = |name: &str| known.iter().find(|known| known["name"] == name);
    let asked = of(rpc).with_context(|| format!("the contract has no {rpc}"))?;
    let run = asked["runs"].as_array().into_iter().flatten().filter_map(|name| of(name.as_str()?));
    let tag = |rpc: &Value| Some(format!("{}/{}", rpc["name"].as_str()?, rpc["version"].as_str()?));
    let expected: Vec<String> = std::iter::once(asked).chain(run).filter_map(tag).collect();
    let headers = json!({
        "host": "127.0.0.1:54321",
        "accept": "application/json",
        "accept-encoding": "identity",
        "apikey": format!("sb_publishable_{}", "k".repeat(31)),
        // As long as tokens are.
        "authorization": format!("Bearer {}", "t".repeat(720)),
        "content-profile": "public",
        "content-type": "application/json",
        "x-request-id": "0d5f0000-0000-4000-8000-000000000008",
        "x-rpc-expect": expected.join(", "),
    });
    Ok(headers.to_string())
}
