//! One instance: how large its component is, how long it takes to make, how much memory it has when it is over, and what
//! it spends on a token. In this process, since the host says of itself what no other process could see.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use record::Record;
use stack::{
    host::{Ended, Host, Manifest, Sockets},
    setup,
};
use tokio::{sync::broadcast::Receiver, task::JoinSet};

use crate::{
    children::Upstream,
    figures::median,
    load::Connection,
    people::{Algorithm, People, Signer},
    result::host::{ComponentFigures, Micro},
    work::{Operation, Spelling, Token, Work},
};

/// Spin's, and the host's.
const REQUESTS_PER_INSTANCE: usize = 128;
/// And of those at once.
const AT_ONCE: usize = 16;

/// How much is done.
struct Amount {
    /// Whole lives of each component.
    lives: usize,
    /// Of each kind.
    tokens: usize,
}

/// Of the components as they are built, with `upstream` behind them.
pub async fn measure(upstream: &Upstream, people: &Arc<People>, signer: &Signer, quick: bool) -> Result<Micro> {
    let amount = if quick { Amount { lives: 5, tokens: 200 } } else { Amount { lives: 20, tokens: 1000 } };
    let root = setup::root();
    let manifest = Manifest::read(&root)?;
    let host = Host::start(&root, Some(&manifest), &upstream.variables("off")?, Sockets::NoDelay, None, None).await?;
    let micro = Bench { host: &host, people, signer };

    let mut components = Vec::new();
    for component in manifest.components.keys() {
        let operation = Operation::USUAL.into_iter().find(|operation| operation.name() == component);
        let operation = operation.with_context(|| format!("Operation::USUAL has nothing for {component}"))?;
        let one_at_a_time = micro.lives(component, operation, 1, amount.lives).await?;
        let at_once = micro.lives(component, operation, AT_ONCE, amount.lives).await?;
        let largest = |lives: &[Ended]| lives.iter().map(|life| life.memory_bytes).max().unwrap_or(0);
        let whole = |life: &&Ended| life.requests == REQUESTS_PER_INSTANCE;
        ensure!(one_at_a_time.iter().any(|life| whole(&life)), "no instance of {component} lived for 128 requests");
        let took = one_at_a_time.iter().chain(&at_once).map(|life| life.instantiated_in.as_secs_f64() * 1e6);
        let file = root.join(&manifest.components[component].source);
        components.push(ComponentFigures {
            component: component.to_owned(),
            size_bytes: std::fs::metadata(&file).with_context(|| format!("no {}", file.display()))?.len(),
            instantiation_us: median(took).context("an instance has lived")?,
            instantiations: one_at_a_time.len() + at_once.len(),
            memory_bytes: largest(&one_at_a_time),
            memory_at_16_bytes: largest(&at_once),
        });
    }
    Ok(Micro {
        host: "stack",
        components,
        repeated_es256_us: micro.token(Algorithm::Es256, false, amount.tokens).await?,
        first_es256_us: micro.token(Algorithm::Es256, true, amount.tokens).await?,
        first_hs256_us: micro.token(Algorithm::Hs256, true, amount.tokens).await?,
    })
}

struct Bench<'m> {
    host: &'m Host,
    people: &'m Arc<People>,
    signer: &'m Signer,
}

impl Bench<'_> {
    /// So many instances and more, most of them to the end of their requests.
    async fn lives(&self, component: &str, operation: Operation, at_once: usize, lives: usize) -> Result<Vec<Ended>> {
        let mut ended = self.host.ended();
        let mut asking = JoinSet::new();
        // With room for those that end early, because they had nothing to do for a second.
        let each = (lives + 2) * REQUESTS_PER_INSTANCE / at_once;
        for number in 0..at_once {
            let work = Work { token: Token::Usual, ..self.work(operation, Algorithm::Es256) };
            let mut connection = Connection::open(&self.host.address().to_string(), number, Arc::new(work)).await?;
            asking.spawn(async move {
                for _ in 0..each {
                    connection.ask().await?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(done) = asking.join_next().await {
            done??;
        }
        Ok(over(&mut ended, component))
    }

    /// What a component spends on a token, by its own clock: requests that are refused after the token, so that nothing
    /// else happens. In microseconds.
    async fn token(&self, algorithm: Algorithm, new: bool, count: usize) -> Result<f64> {
        let mut records = self.host.telemetry();
        let user = self.people.person(0).id();
        let mut taken = Vec::new();
        let address = self.host.address().to_string();
        let usual = Arc::new(Work { token: Token::Usual, ..self.work(Operation::Invalid, algorithm) });
        let mut connection = Connection::open(&address, 0, usual).await?;
        for _ in 0..count {
            if new {
                let token = Token::Given(self.signer.bearer(user, algorithm)?);
                connection.asks(Arc::new(Work { token, ..self.work(Operation::Invalid, algorithm) }));
            }
            connection.ask().await?;
            let line = records.recv().await?;
            let record: Record<'_> = serde_json::from_str(&line)?;
            taken.push(record.auth_ms.context("a record of a request with a token has auth_ms")? * 1000.0);
        }
        median(taken).context("there were tokens")
    }

    fn work(&self, operation: Operation, algorithm: Algorithm) -> Work {
        let (spelling, people) = (Spelling::Function, self.people.clone());
        Work { operation, spelling, algorithm, token: Token::Usual, people, system: "one instance" }
    }
}

/// Those that are over by now. Memory never shrinks, so that one which ended early is no larger than a whole life's.
fn over(ended: &mut Receiver<Ended>, component: &str) -> Vec<Ended> {
    let all = std::iter::from_fn(|| ended.try_recv().ok());
    all.filter(|life| &*life.component == component).collect()
}
