//! What was measured of the processes that serve functions, and of one instance.

use serde::Serialize;

/// A process that serves functions.
#[derive(Debug, Serialize)]
pub struct ProcessFigures {
    pub system: &'static str,
    /// Of ours: what it runs in.
    pub host: Option<String>,
    /// Proportional set size after the load.
    pub memory_bytes: u64,
    /// From its start to the first right answer, compiled code cached.
    pub first_answer_ms: f64,
}

/// The first request after a pause, in which the host has let its instances go.
#[derive(Debug, Serialize)]
pub struct First {
    pub pause_seconds: f64,
    /// Each with one first request and some warm ones.
    pub rounds: usize,
    /// What the key set takes over a connection of its own, without a function.
    pub key_set_ms: f64,
    /// The direct call first.
    pub systems: Vec<FirstFigures>,
}

/// What one system did.
#[derive(Debug, Serialize)]
pub struct FirstFigures {
    /// `direct` or `lockstep`.
    pub system: &'static str,
    /// Of ours: what it runs in.
    pub host: Option<String>,
    /// Of ours: `inline`, or `from their URL`.
    pub keys: Option<&'static str>,
    /// Median.
    pub first_ms: f64,
    /// The slowest.
    pub first_max_ms: f64,
    /// Median of those after it.
    pub warm_ms: f64,
}

/// The host under full load.
#[derive(Debug, Serialize)]
pub struct Soak {
    pub host: String,
    pub minutes: f64,
    /// Half of them list, half of them send.
    pub connections: usize,
    pub requests: u64,
    pub samples: Vec<Sample>,
    /// Of the second half, by least squares.
    pub memory_mib_per_minute: f64,
    pub descriptors_per_minute: f64,
}

/// What the host's processes had at one moment.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Sample {
    pub seconds: f64,
    /// Resident.
    pub memory_bytes: u64,
    pub descriptors: usize,
}

/// One instance, in the stack's host: it says of itself what Spin does not.
#[derive(Debug, Serialize)]
pub struct Micro {
    /// What the instances ran in.
    pub host: &'static str,
    pub components: Vec<ComponentFigures>,
    /// The component's own time for a token that it has verified before.
    pub repeated_es256_us: f64,
    /// And for one that it has not.
    pub first_es256_us: f64,
    /// The same with the shared secret.
    pub first_hs256_us: f64,
}

/// A component.
#[derive(Debug, Serialize)]
pub struct ComponentFigures {
    pub component: String,
    pub size_bytes: u64,
    /// Median.
    pub instantiation_us: f64,
    /// Of how many instances.
    pub instantiations: usize,
    /// The largest linear memory at the end of 128 requests, one at a time.
    pub memory_bytes: usize,
    /// The same with sixteen at once.
    pub memory_at_16_bytes: usize,
}
