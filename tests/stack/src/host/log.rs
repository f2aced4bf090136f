//! A component's standard output: each line is a record, sent to whoever listens, and kept in a file where one is named.

use std::{
    fs::File,
    io::{self, Write as _},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{io::AsyncWrite, sync::broadcast};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};

use super::boundary::Boundary;

/// One for each stream: a line that comes in pieces is put together again.
#[derive(Clone)]
pub struct Log {
    lines: broadcast::Sender<String>,
    file: Option<Arc<File>>,
    boundary: Option<Arc<dyn Boundary>>,
    unfinished: Vec<u8>,
}

impl Log {
    pub fn new(lines: broadcast::Sender<String>, file: Option<Arc<File>>) -> Self {
        Self { lines, file, boundary: None, unfinished: Vec::new() }
    }

    /// Of an instance, past whose boundary each line goes.
    pub fn of(&self, boundary: Option<Arc<dyn Boundary>>) -> Self {
        Self { lines: self.lines.clone(), file: self.file.clone(), boundary, unfinished: Vec::new() }
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
        Box::new(self.of(self.boundary.clone()))
    }
}

impl AsyncWrite for Log {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Self { lines, file, boundary, unfinished } = &mut *self;
        unfinished.extend_from_slice(bytes);
        while let Some(end) = unfinished.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = unfinished.drain(..=end).collect();
            // One write for each line, so that those of two instances stay apart.
            if let Some(Err(error)) = file.as_deref().map(|mut file| file.write_all(&line)) {
                say::note!("a record could not be kept: {error}");
            }
            if let Some(boundary) = boundary {
                boundary.line(&line[..end]);
            }
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
