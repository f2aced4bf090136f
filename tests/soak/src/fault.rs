//! What is broken, how, and how it is mended. A fault ends with what its victim needs: what was killed is started again,
//! what was dropped is put back. Nothing else is restarted by anybody.

use std::{fs, time::Duration};

use anyhow::{Result, bail};
use futures::future::join_all;
use stack::{
    faults::{KeySet, Rest},
    setup,
};
use tokio_postgres::Client;

use crate::site::Site;

/// One thing that breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Fault {
    /// The functions' host gets SIGKILL with requests in flight, and is started at the same address
    HostKilled,
    /// PostgreSQL with all its backends gets SIGKILL, and is started on the same data
    PostgresKilled,
    /// PostgREST gets SIGKILL, and is started again
    PostgrestKilled,
    /// PostgREST's answers come after the functions' time is up
    PostgrestSlow,
    /// PostgREST's answers are no JSON
    PostgrestGarbage,
    /// The connection breaks in the middle of PostgREST's answers
    PostgrestHalf,
    /// PostgREST's answers have 100 MB
    PostgrestHuge,
    /// PostgREST answers with redirects
    PostgrestRedirect,
    /// PostgREST's answers are HTML with status 200
    PostgrestWrongType,
    /// Auth's key set answers 503
    KeysDown,
    /// Auth's key set comes after the functions' time is up
    KeysSlow,
    /// Auth's key set has no key in it
    KeysEmpty,
    /// Auth's key set has 100 MB
    KeysHuge,
    /// Auth signs with another key, and the one before it is revoked
    KeysRotated,
    /// insert_social_message is dropped, and put back by its migration
    RpcDropped,
    /// PostgREST is not told that insert_social_message has other arguments
    CacheStale,
    /// Somebody else holds all of PostgreSQL's connections
    ConnectionsExhausted,
}

/// Of taking what PostgREST holds.
const ROUNDS: usize = 200;
/// So many at once, to be there before PostgREST is.
const CROWD: usize = 40;

const INSERT: &str = "20261122090500_insert_social_message.sql";
const DROP: &str = "drop function public.insert_social_message(uuid, text, uuid)";
const OTHER_ARGUMENTS: &str = "drop function public.insert_social_message(uuid, text, uuid); \
    create function public.insert_social_message(p_channel uuid, p_text text) returns void language sql as ''";

/// What lasts as long as the fault does.
#[derive(Default)]
pub struct Broken {
    taken: Vec<Client>,
}

impl Fault {
    /// Codes that clients may see meanwhile; at least one of them must be seen, or nothing was broken.
    pub fn codes(self) -> &'static [&'static str] {
        match self {
            // A connection that is refused, and nothing that the functions could say.
            Self::HostKilled => &[],
            Self::PostgresKilled | Self::PostgrestKilled | Self::ConnectionsExhausted => {
                &["upstream_unavailable", "deadline_exceeded", "upstream_failed"]
            }
            Self::PostgrestSlow => &["deadline_exceeded"],
            Self::PostgrestHalf => &["upstream_unavailable"],
            Self::PostgrestGarbage | Self::PostgrestHuge | Self::PostgrestRedirect | Self::PostgrestWrongType => {
                &["upstream_failed"]
            }
            Self::KeysDown | Self::KeysEmpty | Self::KeysHuge => &["key_set_unavailable"],
            Self::KeysSlow => &["key_set_unavailable", "deadline_exceeded"],
            // An instance that looked for keys in the last half minute does not know the new one yet; and one that knows
            // the old one accepts tokens that Auth and PostgREST refuse, until it has looked again.
            Self::KeysRotated => &["invalid_token", "upstream_unavailable"],
            Self::RpcDropped | Self::CacheStale => &["rpc_contract_mismatch"],
        }
    }

    /// An instance that has keys asks for them each ten minutes only: such a fault is for those that begin with it.
    pub fn needs_new_instances(self) -> bool {
        matches!(self, Self::KeysDown | Self::KeysSlow | Self::KeysEmpty | Self::KeysHuge)
    }

    /// How long clients may go on without a success when it is mended.
    pub fn patience(self) -> Duration {
        Duration::from_secs(match self {
            // PostgREST asks for the database later and later; an instance asks for keys each half minute.
            Self::PostgresKilled | Self::ConnectionsExhausted | Self::KeysRotated => 40,
            _ => 15,
        })
    }

    /// Breaks it.
    pub async fn begin(self, site: &Site) -> Result<Broken> {
        let faults = site.stack.faults();
        let late = site.budget * 2;
        let mut broken = Broken::default();
        match self {
            Self::HostKilled => site.host.kill().await?,
            Self::PostgresKilled => site.stack.cluster().kill().await?,
            Self::PostgrestKilled => site.stack.postgrest().kill().await?,
            Self::PostgrestSlow => faults.spoil_rest(Rest::Slow(late)),
            Self::PostgrestGarbage => faults.spoil_rest(Rest::Garbage),
            Self::PostgrestHalf => faults.spoil_rest(Rest::Half),
            Self::PostgrestHuge => faults.spoil_rest(Rest::Huge),
            Self::PostgrestRedirect => faults.spoil_rest(Rest::Redirect),
            Self::PostgrestWrongType => faults.spoil_rest(Rest::WrongType),
            Self::KeysDown => faults.spoil_key_set(KeySet::Down),
            Self::KeysSlow => faults.spoil_key_set(KeySet::Slow(late)),
            Self::KeysEmpty => faults.spoil_key_set(KeySet::Empty),
            Self::KeysHuge => faults.spoil_key_set(KeySet::Huge),
            Self::KeysRotated => {
                site.stack.keys().stand_by();
                site.stack.publish_keys().await?;
                site.stack.keys().rotate();
                site.stack.publish_keys().await?;
            }
            Self::RpcDropped => site.superuser().await?.batch_execute(DROP).await?,
            Self::CacheStale => {
                let admin = site.superuser().await?;
                watching(&admin, "disable").await?;
                admin.batch_execute(OTHER_ARGUMENTS).await?;
                watching(&admin, "enable").await?;
            }
            Self::ConnectionsExhausted => broken.taken = take_all(site).await?,
        }
        Ok(broken)
    }

    /// Mends it.
    pub async fn end(self, site: &Site, broken: Broken) -> Result<()> {
        drop(broken);
        match self {
            Self::HostKilled => site.host.again().await?,
            Self::PostgresKilled => site.stack.cluster().again().await?,
            Self::PostgrestKilled => site.stack.postgrest().again().await?,
            Self::KeysRotated => {
                site.stack.keys().revoke_previous();
                site.stack.publish_keys().await?;
            }
            Self::RpcDropped | Self::CacheStale => put_back(site).await?,
            _ => {
                site.stack.faults().spoil_rest(Rest::Sound);
                site.stack.faults().spoil_key_set(KeySet::Sound);
            }
        }
        Ok(())
    }
}

/// The triggers that tell PostgREST of every change.
async fn watching(admin: &Client, how: &str) -> Result<()> {
    let sql = format!("alter event trigger pgrst_ddl_watch {how}; alter event trigger pgrst_drop_watch {how}");
    Ok(admin.batch_execute(&sql).await?)
}

async fn put_back(site: &Site) -> Result<()> {
    let migration = fs::read_to_string(setup::root().join("supabase/migrations").join(INSERT))?;
    let sql = format!(
        "begin; drop function if exists public.insert_social_message(uuid, text); \
         set local role postgres; {migration}; commit"
    );
    Ok(site.superuser().await?.batch_execute(&sql).await?)
}

/// All that an ordinary role gets, those of PostgREST too.
async fn take_all(site: &Site) -> Result<Vec<Client>> {
    let login = site.stack.cluster().login("postgres");
    let admin = site.superuser().await?;
    let mut taken = Vec::new();
    // PostgREST comes back between two rounds, with fewer connections each time.
    for _round in 0..ROUNDS {
        let crowd = join_all((0..CROWD).map(|_| login.connect())).await;
        taken.extend(crowd.into_iter().flatten());
        let end = "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'authenticator'";
        if admin.query(end, &[]).await?.is_empty() {
            return Ok(taken);
        }
    }
    bail!("PostgREST was faster each time: its connections could not be taken")
}
