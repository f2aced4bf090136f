//! Everything that is not a function of the request reaches a component through here, where it is written down or read
//! back. Without a recording nothing stands here, and a component has the platform's own clocks.

use std::{convert::Infallible, future::Future, pin::Pin, sync::Arc, time::Duration};

use http::Request;
use rand::TryRng;
use wasmtime::component::{Accessor, HasData, Linker};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtxBuilder, p3::bindings::clocks::monotonic_clock};

use super::{
    outbound::Answer,
    wasi::{RequestOptions, WasiBody},
};

/// A future that can be awaited anywhere.
pub type Sent<T> = Pin<Box<dyn Future<Output = T> + Send>>;
/// The network, asked once.
pub type Network = Box<dyn FnOnce(Request<WasiBody>) -> Sent<Answer> + Send>;

/// One instance's clocks, randomness, variables, network and log.
pub trait Boundary: Send + Sync {
    /// Since 1970.
    fn wall(&self) -> Duration;
    /// In nanoseconds.
    fn monotonic(&self) -> u64;
    /// Draws bytes.
    fn random(&self, bytes: &mut [u8]);
    /// The same for the whole life of the instance.
    fn seed(&self) -> u128;
    /// Sets a timer, in nanoseconds.
    fn wait(&self, ns: u64) -> Sent<()>;
    /// A variable that has this value in the manifest.
    fn variable(&self, name: &str, set: Option<&String>) -> Option<String>;
    /// A call.
    fn send(&self, request: Request<WasiBody>, options: &RequestOptions, network: Network) -> Sent<Answer>;
    /// A line of the log, without its end.
    fn line(&self, line: &[u8]);
}

/// Gives an instance this boundary's clocks and randomness, whichever WASI it reads them through.
pub fn senses(wasi: &mut WasiCtxBuilder, boundary: &Arc<dyn Boundary>) {
    let sense = || Sense(boundary.clone());
    wasi.wall_clock(sense()).monotonic_clock(sense()).secure_random(sense()).insecure_random(sense());
    wasi.insecure_random_seed(boundary.seed());
}

struct Sense(Arc<dyn Boundary>);

impl HostWallClock for Sense {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        self.0.wall()
    }
}

impl HostMonotonicClock for Sense {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        self.0.monotonic()
    }
}

impl TryRng for Sense {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.random(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.random(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.random(bytes);
        Ok(())
    }
}

/// Marks the part of the store's data that the timers need.
pub struct Timers;

impl HasData for Timers {
    type Data<'a> = Set<'a>;
}

/// Whose timers.
pub struct Set<'a>(pub &'a Arc<dyn Boundary>);

impl monotonic_clock::Host for Set<'_> {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(self.0.monotonic())
    }

    fn get_resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(1)
    }
}

impl<T: Send> monotonic_clock::HostWithStore<T> for Timers {
    async fn wait_until(accessor: &Accessor<T, Self>, when: u64) -> wasmtime::Result<()> {
        let timer = accessor.with(|mut access| {
            let Set(boundary) = access.get();
            boundary.wait(when.saturating_sub(boundary.monotonic()))
        });
        timer.await;
        Ok(())
    }

    async fn wait_for(accessor: &Accessor<T, Self>, ns: u64) -> wasmtime::Result<()> {
        let timer = accessor.with(|mut access| access.get().0.wait(ns));
        timer.await;
        Ok(())
    }
}

/// Puts these timers in the place of WASI's own, which know no other clock than the machine's.
pub fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    boundary: fn(&mut T) -> Set<'_>,
) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    monotonic_clock::add_to_linker::<T, Timers>(linker, boundary)
}
