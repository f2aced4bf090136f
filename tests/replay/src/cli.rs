//! The command line.

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;
use stack::{host::replay::Recording, setup};

use crate::{
    components::Components,
    run::{self, Options, Outcome},
};

/// Runs the requests that `stack --record FILE` has recorded again, each in a fresh instance of the same component, with
/// the recorded clock, randomness, variables and upstream answers, and shows the first difference.
///
/// Nothing else is started: no PostgreSQL, no PostgREST, no network. An instance is put into the recorded state of its
/// caches by the earlier requests that had filled them. Tokens and keys in a recording are test ones; what people wrote is
/// in it as it was.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Exit status: 0 when everything is the same to the byte, 1 when something differs, 2 when the recording \
                  could not be replayed."
)]
pub struct Arguments {
    /// The recording
    file: PathBuf,
    /// Only the request with this id (`x-request-id`)
    #[arg(long, value_name = "REQUEST ID")]
    only: Option<String>,
    /// Run this file in the place of the component that it is named for, also when it is not the recorded one
    /// [default: target/wasm32-wasip2/component/<id>.wasm]
    #[arg(long, value_name = "PATH")]
    component: Option<PathBuf>,
    /// Also where a component was built anew since: to see what that changed
    #[arg(long)]
    any_component: bool,
    /// In an order that depends on this number [default: a random one]
    #[arg(long, value_name = "SEED", num_args = 0..=1, require_equals = true, default_missing_value = "random")]
    shuffle: Option<Seed>,
    /// How often each request is run
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    times: u32,
    /// Say it as one JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Copy)]
struct Seed(u64);

impl std::str::FromStr for Seed {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "random" { Ok(Self(run::seed())) } else { text.parse().map(Self) }
    }
}

impl Arguments {
    /// Reads the file and the components, and runs what is asked for.
    pub fn run(&self) -> Result<Outcome> {
        let recording = Recording::read(&self.file)?;
        let root = setup::root();
        let components = Components::new(&root, self.component.clone(), self.any_component)?;
        let options =
            Options { only: self.only.clone(), shuffle: self.shuffle.map(|Seed(seed)| seed), times: self.times };
        run::run(&recording, &components, &options)
    }
}
