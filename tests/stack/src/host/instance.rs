//! What is known of an instance when it is over: how long it took to make, how much it answered, how large it was.

use std::{sync::Arc, time::Duration};

use wasmtime::ResourceLimiter;

/// An instance that takes no more requests.
#[derive(Debug, Clone)]
pub struct Ended {
    /// The component's id in the manifest.
    pub component: Arc<str>,
    /// From nothing to ready for the first request, with all that the host gives it.
    pub instantiated_in: Duration,
    /// How many it was given.
    pub requests: usize,
    /// Of its linear memories, which never shrink.
    pub memory_bytes: usize,
}

/// Counts what the linear memories grow by, and refuses nothing: Spin's default.
#[derive(Default)]
pub struct Memory(usize);

impl Memory {
    /// All of them together.
    pub fn bytes(&self) -> usize {
        self.0
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        self.0 += desired.saturating_sub(current);
        Ok(true)
    }

    fn table_growing(&mut self, _: usize, _: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        Ok(true)
    }
}
