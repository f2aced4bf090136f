//! What a command says: on a terminal, or into a pipe. Its reader may go, as `head` does when it has seen enough, and as `tee`
//! does on Ctrl-C. That never stops what the command does: std's own macros panic then.

use std::{
    fmt::Display,
    io::{self, ErrorKind, Write as _},
};

/// Says a line on standard output, and gives the error of a reader that is still there: of a disk that is full.
#[macro_export]
macro_rules! line {
    ($($said:tt)*) => {
        $crate::out(format_args!("{}\n", format_args!($($said)*)))
    };
}

/// Says a line on standard error.
#[macro_export]
macro_rules! note {
    ($($said:tt)*) => {
        $crate::err(format_args!("{}\n", format_args!($($said)*)))
    };
}

/// Writes to standard output.
pub fn out(said: impl Display) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(said.to_string().as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

/// Writes to standard error. There is nowhere to say that it cannot be written.
pub fn err(said: impl Display) {
    let _unheard = io::stderr().lock().write_all(said.to_string().as_bytes());
}
