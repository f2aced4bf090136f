//! The first request after a pause. A host ends an instance that had nothing to do for a second, so with light traffic every
//! request is a first one: it makes an instance, and whatever the instance must know first.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use http::{Request, header};
use http_body_util::{BodyExt as _, Empty};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::{
    figures::median,
    load::Connection,
    people::Algorithm,
    result::host::{First, FirstFigures},
    site::Site,
    speed::System,
    work::{Operation, Spelling, Token, Work},
};

/// Twice as long as an instance waits for its next request.
const PAUSE: Duration = Duration::from_secs(2);
/// Warm requests after each first one.
const WARM: usize = 10;

/// A list over the direct way, and from our functions with their keys inline and with their keys from the URL.
pub async fn measure(site: &Site<'_>) -> Result<First> {
    let rounds = if site.bench.method.quick { 4 } else { 15 };
    let variables = site.upstream.variables("off")?;
    let mut fetching = variables.clone();
    fetching.remove("supabase_jwks");
    let (folder, reaper) = (site.folder, &site.reaper);
    let start = async {
        let inline = site.hosting.start(&variables, folder, reaper).await?;
        Ok((inline, site.hosting.start(&fetching, folder, reaper).await?))
    };
    let (inline, fetched) = site.progress.step("the functions, keys inline and keys from their URL", start).await?;
    let systems = site.systems(&[("lockstep", &inline), ("lockstep", &fetched)], &site.hosting);
    let keys = [None, Some("inline"), Some("from their URL")];
    let work = async {
        let mut asked = Vec::new();
        for system in &systems {
            asked.push(Asked::open(site, system).await?);
        }
        for _ in 0..rounds {
            for asked in &mut asked {
                asked.round().await?;
            }
        }
        Ok(asked)
    };
    let asked = site.progress.step("first requests, each after a pause", work).await?;
    let key_set = key_set(&site.upstream.child.address, rounds);
    let key_set_ms = site.progress.step("the key set", key_set).await?;
    let figures = asked.into_iter().zip(&systems).zip(keys).map(|((asked, system), keys)| {
        Some(FirstFigures {
            system: system.name,
            host: system.host.clone(),
            keys,
            first_max_ms: asked.first.iter().copied().fold(0.0, f64::max),
            first_ms: median(asked.first)?,
            warm_ms: median(asked.warm)?,
        })
    });
    let systems = figures.collect::<Option<_>>().context("there are rounds")?;
    Ok(First { pause_seconds: PAUSE.as_secs_f64(), rounds, key_set_ms, systems })
}

/// A system with its one connection, which stays open over the pauses.
struct Asked {
    connection: Connection,
    first: Vec<f64>,
    warm: Vec<f64>,
}

impl Asked {
    async fn open(site: &Site<'_>, system: &System) -> Result<Self> {
        let work = Work {
            operation: Operation::List { rows: 50 },
            spelling: system.spelling,
            algorithm: Algorithm::Es256,
            token: Token::Usual,
            people: site.bench.people.clone(),
            system: if system.spelling == Spelling::Direct { "direct" } else { "lockstep" },
        };
        let connection = Connection::open(&system.address, 0, Arc::new(work)).await?;
        let mut asked = Self { connection, first: Vec::new(), warm: Vec::new() };
        // The host compiles, and PostgreSQL reads its tables, once.
        for _ in 0..WARM {
            asked.connection.ask().await?;
        }
        Ok(asked)
    }

    async fn round(&mut self) -> Result<()> {
        // Not a wait for something: the pause is what is measured.
        tokio::time::sleep(PAUSE).await;
        self.first.push(milliseconds(self.connection.ask().await?));
        for _ in 0..WARM {
            self.warm.push(milliseconds(self.connection.ask().await?));
        }
        Ok(())
    }
}

/// How long the key set takes over a new connection: what a function that has no keys cannot do without.
async fn key_set(address: &str, rounds: usize) -> Result<f64> {
    let mut taken = Vec::new();
    for _ in 0..rounds {
        let began = Instant::now();
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async move {
            // The request sees its failure.
            let _ended = connection.await;
        });
        let request = Request::get("/auth/v1/.well-known/jwks.json")
            .header(header::HOST, "bench")
            .body(Empty::<bytes::Bytes>::new())?;
        let answer = sender.send_request(request).await?;
        ensure!(answer.status().is_success(), "the stack gives no key set: {}", answer.status());
        answer.into_body().collect().await?;
        taken.push(milliseconds(began.elapsed()));
    }
    median(taken).context("there are rounds")
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
