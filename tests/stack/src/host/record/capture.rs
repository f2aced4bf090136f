//! A body that is passed on as it is, and noted as it is read.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::{
    format::{Contents, End, Entry, Fault, Outcome},
    tape::Tape,
};
use crate::host::wasi::{Error, WasiBody};

/// Whose body it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The request's, for which the component waits.
    Request,
    /// The response's, with which the request ends.
    Response,
    /// That of a call.
    Sent(usize),
    /// That of a call's answer, for which the component waits, and which may be a key set.
    Answered(usize),
}

impl Place {
    fn contents(self, entry: &mut Entry) -> Option<&mut Contents> {
        match self {
            Self::Request => Some(&mut entry.request.body),
            Self::Response => entry.response.as_mut().map(|response| &mut response.body),
            Self::Sent(index) => entry.calls.get_mut(index).map(|call| &mut call.request.body),
            Self::Answered(index) => match &mut entry.calls.get_mut(index)?.outcome {
                Some(Outcome::Answer(answer)) => Some(&mut answer.body),
                _ => None,
            },
        }
    }
}

pub struct Captured {
    tape: Arc<Tape>,
    body: WasiBody,
    /// What was announced: nobody reads on after so many bytes.
    expected: Option<u64>,
    read: u64,
    place: Place,
    ended: bool,
}

impl Captured {
    pub fn new(tape: Arc<Tape>, place: Place, expected: Option<u64>, body: WasiBody) -> Self {
        let mut captured = Self { tape, body, expected, read: 0, place, ended: false };
        if captured.body.is_end_stream() || expected == Some(0) {
            captured.end(End::Complete);
        }
        captured
    }

    fn contents(&self, with: impl FnOnce(&mut Contents)) {
        self.tape.note(|entry| self.place.contents(entry).map(with));
    }

    fn end(&mut self, end: End) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        let complete = end == End::Complete;
        self.contents(|contents| contents.end = end);
        let counts = match self.place {
            Place::Request | Place::Answered(_) => true,
            // A timer may go off while a call waits for its answer, and not before the call's body was taken.
            Place::Sent(_) => complete && self.read > 0,
            Place::Response => false,
        };
        if counts {
            self.tape.completed();
        }
        if matches!(self.place, Place::Answered(_)) && complete {
            let mut answer = Bytes::new();
            self.contents(|contents| answer = contents.data.0.clone().into());
            self.tape.learn(answer);
        }
    }
}

impl Body for Captured {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(cx));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    self.read += data.len() as u64;
                    self.contents(|contents| contents.data.0.extend_from_slice(data));
                }
                if self.expected == Some(self.read) || self.body.is_end_stream() {
                    self.end(End::Complete);
                }
            }
            Some(Err(error)) => self.end(End::Fault(Fault::of(error))),
            None => self.end(End::Complete),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Captured {
    fn drop(&mut self) {
        if self.place == Place::Response {
            self.tape.finish();
        }
    }
}
