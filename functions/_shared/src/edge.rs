//! What a function sees of one request besides the request itself.

use std::rc::Rc;

use http::HeaderMap;

use crate::{
    auth::{Caller, Intent},
    config::Config,
    context::Context,
    instance::Instance,
    problem::Problem,
    rpc::Database,
};

/// One request's view of the world.
pub struct Edge {
    context: Context,
    instance: Rc<Instance>,
    intent: Intent,
}

impl Edge {
    pub(crate) fn new(context: Context, instance: Rc<Instance>, intent: Intent) -> Self {
        Self { context, instance, intent }
    }

    /// The database, as this caller.
    pub fn rpc<'e>(&'e self, caller: &'e Caller) -> Database<'e> {
        Database { context: &self.context, verifier: self.instance.verifier(), intent: self.intent, caller }
    }

    /// Verifies the token, and looks whether the function is switched on for its user. Comes before the body is read.
    pub(crate) async fn authenticate(&self, headers: &HeaderMap) -> Result<Caller, Problem> {
        let caller = self.instance.verifier().authenticate(&self.context, headers).await?;
        let Config { flag, flag_testers, telemetry_key, .. } = self.context.config();
        let on = flag.is_on_for(caller.subject(), flag_testers);
        self.context.record(|telemetry| telemetry.flagged(on));
        self.context.record(|telemetry| telemetry_key.iter().for_each(|key| telemetry.user(caller.subject(), key)));
        if on { Ok(caller) } else { Err(Problem::FeatureDisabled) }
    }

    pub(crate) fn context(&self) -> &Context {
        &self.context
    }

    pub(crate) fn into_context(self) -> Context {
        self.context
    }
}
