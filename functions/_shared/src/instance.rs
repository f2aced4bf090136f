//! What outlives a request: the variables and the verifier, read by the first request and shared by all.

use std::{cell::RefCell, pin::pin, rc::Rc, time::Duration};

use anyhow::anyhow;
use futures::future::{Either, select};

use crate::{
    auth::{Keys, Verifier},
    config::{Config, Fault},
    flight::Flight,
    platform::Platform,
    problem::Problem,
};

/// How long the variables may take: the budget of a request, unless a variable says otherwise. A provider asks over the
/// network, and sets no limit.
const PATIENCE: Duration = Duration::from_secs(8);

/// What an instance keeps between requests. Never anything of a request: a host may run sixteen at once.
pub struct Instance {
    config: Rc<Config>,
    verifier: Verifier,
}

impl Instance {
    /// Reads the variables.
    async fn load(platform: &dyn Platform) -> Result<Self, Problem> {
        let config = Config::load(platform).await.map_err(|fault| match fault {
            Fault::Malformed(why) => Problem::Misconfigured(why.into()),
            Fault::Unavailable(why) => Problem::ConfigurationUnavailable(why.into()),
        })?;
        let keys = Keys::of(&config).map_err(|why| Problem::Misconfigured(why.into()))?;
        Ok(Self { verifier: Verifier::new(keys), config: Rc::new(config) })
    }

    /// The variables.
    pub fn config(&self) -> &Rc<Config> {
        &self.config
    }

    pub(crate) fn verifier(&self) -> &Verifier {
        &self.verifier
    }
}

/// The instance, from its first request on.
#[derive(Default)]
pub struct Shared {
    /// What came of reading the variables. After a failure the next request tries again, so that a repair is seen.
    read: RefCell<Option<Result<Rc<Instance>, Problem>>>,
    reading: Flight,
}

impl Shared {
    /// The instance. The first request reads the variables; those that come meanwhile wait for it.
    pub async fn instance(&self, platform: &dyn Platform) -> Result<Rc<Instance>, Problem> {
        if let Some(Ok(instance)) = &*self.read.borrow() {
            return Ok(instance.clone());
        }
        let deadline = platform.elapsed() + PATIENCE;
        let before = self.reading.count();
        if !self.reading.landed(platform, deadline).await {
            return Err(too_slow());
        }
        if self.reading.count() != before
            && let Some(read) = &*self.read.borrow()
        {
            return read.clone();
        }
        let Some(_turn) = self.reading.take() else { return Err(too_slow()) };
        let read = match select(pin!(Instance::load(platform)), platform.pause(PATIENCE)).await {
            Either::Left((read, _)) => read.map(Rc::new),
            Either::Right(((), _)) => Err(too_slow()),
        };
        *self.read.borrow_mut() = Some(read.clone());
        read
    }
}

fn too_slow() -> Problem {
    Problem::ConfigurationUnavailable(anyhow!("the variables were not there after {} s", PATIENCE.as_secs()).into())
}
