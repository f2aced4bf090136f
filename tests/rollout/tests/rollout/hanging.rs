//! A step that does not come to its end: because it hangs, or because whoever runs it is killed.

use std::net::{TcpListener, TcpStream};

use tokio::process::Child;
use tokio_postgres::Client;

use crate::site::Site;

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

/// Nobody can read what is in place: a command that has the lock, and reads it next, waits.
pub struct Blocked(Client);

impl Blocked {
    pub async fn new(site: &Site) -> Self {
        let client = site.stack.cluster().connect("postgres").await.unwrap();
        client.batch_execute("begin; lock table lockstep_rollout.in_place").await.unwrap();
        Self(client)
    }

    /// Returns when a command waits.
    pub async fn waits(&self, site: &Site) {
        let waits = "select exists (select from pg_locks where not granted and locktype = 'relation' \
             and relation = 'lockstep_rollout.in_place'::regclass)";
        site.until(waits).await;
    }

    pub async fn end(self) {
        self.0.batch_execute("rollback").await.unwrap();
    }
}
