//! One request does a piece of work. Those that come meanwhile wait for it, and share its result. In Spin nobody waits: an
//! instance takes one request at a time there.

use std::{cell::Cell, time::Duration};

use crate::platform::Platform;

/// How often a waiting request looks again. Nothing wakes it: a component's task can wait for the host, but not for another
/// task of the same instance.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// Whether somebody is at work, and how often somebody has been.
#[derive(Debug, Default)]
pub struct Flight {
    taken: Cell<bool>,
    ended: Cell<u64>,
}

impl Flight {
    /// The right to do the work; nothing while somebody has it.
    pub fn take(&self) -> Option<Turn<'_>> {
        (!self.taken.replace(true)).then(|| Turn(self))
    }

    /// Waits until nobody is at work. Whether that was before `deadline`, on the platform's clock.
    pub async fn landed(&self, platform: &dyn Platform, deadline: Duration) -> bool {
        while self.taken.get() {
            if platform.elapsed() >= deadline {
                return false;
            }
            platform.pause(LOOK_AGAIN).await;
        }
        true
    }

    /// How often the work has ended, however it ended.
    pub fn count(&self) -> u64 {
        self.ended.get()
    }
}

/// The right to do the work. It ends even when the request that has it goes away in the middle.
pub struct Turn<'f>(&'f Flight);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.taken.set(false);
        self.0.ended.set(self.0.ended.get() + 1);
    }
}
