//! Commands that the tools run, with all that those start. For the tools: nothing of the gate's own needs it.

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

/// The process group of a command that was started as its leader. On drop all of it is killed: cargo, npm and shells start
/// processes of their own, which would go on when the tool is stopped in the middle.
#[derive(Debug)]
pub struct Group(Option<u32>);

impl Group {
    /// Of a leader that runs; `None` where it is over already.
    pub fn of(leader: Option<u32>) -> Self {
        Self(leader)
    }

    /// Nothing is left to be stopped.
    pub fn has_ended(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // It may have ended just now.
            let _gone = killpg(Pid::from_raw(leader.cast_signed()), Signal::SIGKILL);
        }
    }
}
