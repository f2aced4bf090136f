//! What the system does on a TCP connection: whether it finds out that the other side is gone.

use std::time::Duration;

use anyhow::Result;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;

use super::settings::Settings;

/// `keepalives` and what belongs to it, and `tcp_user_timeout`. Zero is what the system has set.
pub fn keep_alive(settings: &Settings, stream: &TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    let positive = |name: &str| Ok::<_, anyhow::Error>(settings.number::<u32>(name)?.filter(|number| *number > 0));
    if settings.number::<i64>("keepalives")? != Some(0) {
        let mut keep_alive = TcpKeepalive::new();
        if let Some(seconds) = positive("keepalives_idle")? {
            keep_alive = keep_alive.with_time(Duration::from_secs(seconds.into()));
        }
        if let Some(seconds) = positive("keepalives_interval")? {
            keep_alive = keep_alive.with_interval(Duration::from_secs(seconds.into()));
        }
        if let Some(count) = positive("keepalives_count")? {
            keep_alive = keep_alive.with_retries(count);
        }
        socket.set_keepalive(true)?;
        socket.set_tcp_keepalive(&keep_alive)?;
    }
    #[cfg(target_os = "linux")]
    if let Some(milliseconds) = positive("tcp_user_timeout")? {
        socket.set_tcp_user_timeout(Some(Duration::from_millis(milliseconds.into())))?;
    }
    Ok(())
}
