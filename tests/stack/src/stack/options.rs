//! How a stack is started.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use crate::{
    database::{Grants, Migrations},
    host::{Sockets, record::Recorder},
    progress::Progress,
    runtime::Kind,
    setup,
};

/// How to start.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which checkout is served.
    pub root: PathBuf,
    /// The origin's; 0 is any free one.
    pub port: u16,
    /// Keeps the cluster.
    pub data: Option<PathBuf>,
    /// What is committed survives a PostgreSQL that is killed, even where nothing is kept.
    pub durable: bool,
    /// The bin folder of a PostgreSQL.
    pub postgres: Option<PathBuf>,
    /// Which default privileges the project has.
    pub grants: Grants,
    /// Whether the project has been in use for years before its first migration of ours.
    pub in_use: bool,
    /// How many of the migrations are applied. The demo's rows come with all of them, its people in any case.
    pub migrations: Migrations,
    /// What becomes of the components.
    pub components: Components,
    /// Values of the application's variables, which go before the stack's own.
    pub variables: BTreeMap<String, String>,
    /// A folder in which each component's records are kept too, as Spin keeps them.
    pub logs: Option<PathBuf>,
    /// Where everything is written down that the components see.
    pub recorder: Option<Arc<Recorder>>,
    /// What runs the components.
    pub runtime: Kind,
    /// How the components' sockets behave.
    pub sockets: Sockets,
    /// Where the steps are shown.
    pub progress: Progress,
}

impl Default for Options {
    /// As the tests want it.
    fn default() -> Self {
        Self {
            root: setup::root(),
            port: 0,
            data: None,
            durable: false,
            postgres: None,
            grants: Grants::Today,
            in_use: false,
            migrations: Migrations::All,
            components: Components::Deployed,
            variables: BTreeMap::new(),
            logs: None,
            recorder: None,
            runtime: Kind::Embedded,
            sockets: Sockets::NoDelay,
            progress: Progress::Silent,
        }
    }
}

/// What becomes of the components.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Components {
    /// They are built, and answer.
    Deployed,
    /// They are built in the profile that compiles fast, and answer.
    Fast,
    /// They are built, for somebody who deploys them.
    Built,
    /// They may not even compile: the contract is still to be written.
    LeftAlone,
}
