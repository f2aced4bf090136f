//! A component's standard output: each line is a record, sent to whoever listens.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{io::AsyncWrite, sync::broadcast};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};

/// One for each stream: a line that comes in pieces is put together again.
#[derive(Clone)]
pub struct Log {
    lines: broadcast::Sender<String>,
    unfinished: Vec<u8>,
}

impl Log {
    pub fn new(lines: broadcast::Sender<String>) -> Self {
        Self { lines, unfinished: Vec::new() }
    }
}

impl IsTerminal for Log {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Log {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        // Of its own for each instance: two that write at once must not share an unfinished line.
        Box::new(Self::new(self.lines.clone()))
    }
}

impl AsyncWrite for Log {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Self { lines, unfinished } = &mut *self;
        unfinished.extend_from_slice(bytes);
        while let Some(end) = unfinished.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = unfinished.drain(..=end).collect();
            // Nobody listening is no fault of the component's.
            let _unheard = lines.send(String::from_utf8_lossy(&line[..end]).into_owned());
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
