//! A step that does not come to its end: because it hangs, or because whoever runs it is killed.

use std::net::{TcpListener, TcpStream};

use tokio::process::Child;

/// A command that hangs until the test lets go, and says when it does.
pub struct Hanging(TcpListener);

impl Hanging {
    pub fn new() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    /// The shell's line.
    pub fn command(&self) -> String {
        format!("'curl -sS http://{}/ # $FLAGS'", self.0.local_addr().unwrap())
    }

    /// Returns when the command runs.
    pub async fn started(self) -> TcpStream {
        tokio::task::spawn_blocking(move || self.0.accept().unwrap().0).await.unwrap()
    }
}

/// As the kernel kills: no destructor runs.
pub async fn kill(mut child: Child) {
    child.start_kill().unwrap();
    child.wait().await.unwrap();
}
