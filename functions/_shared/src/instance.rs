//! What outlives a request: the variables and the verifier, read by the first request.

use std::{cell::OnceCell, pin::pin, rc::Rc, time::Duration};

use anyhow::anyhow;
use futures::future::{Either, select};

use crate::{
    auth::{Keys, Verifier},
    config::{Config, Fault},
    platform::Platform,
    problem::Problem,
};

/// How long the variables may take: the budget of a request, unless a variable says otherwise. A provider asks over the
/// network, and sets no limit.
const PATIENCE: Duration = Duration::from_secs(8);

/// What an instance keeps between requests. Never anything of a request.
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

/// The instance, from its first request on. After a failure the next request tries again, so that a repair is seen.
#[derive(Default)]
pub struct Shared(OnceCell<Rc<Instance>>);

impl Shared {
    /// The instance. The first request reads the variables.
    pub async fn instance(&self, platform: &dyn Platform) -> Result<Rc<Instance>, Problem> {
        if let Some(instance) = self.0.get() {
            return Ok(instance.clone());
        }
        let read = match select(pin!(Instance::load(platform)), platform.pause(PATIENCE)).await {
            Either::Left((read, _)) => Rc::new(read?),
            Either::Right(((), _)) => {
                let why = anyhow!("the variables were not there after {} s", PATIENCE.as_secs());
                return Err(Problem::ConfigurationUnavailable(why.into()));
            }
        };
        Ok(self.0.get_or_init(|| read).clone())
    }
}
