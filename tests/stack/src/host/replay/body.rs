//! A body as it came, at once.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame};

use super::script::Script;
use crate::host::{
    record::format::{Contents, End},
    wasi::Error,
};

/// What nobody had read on after is never told to have ended.
pub struct Recorded {
    script: Script,
    data: Option<Bytes>,
    end: Option<End>,
}

impl Recorded {
    pub fn new(script: Script, contents: Contents) -> Self {
        let data = Some(Bytes::from(contents.data.0)).filter(|data| !data.is_empty());
        let mut end = Some(contents.end);
        // An empty one has come before anybody reads it, as in the recording.
        if data.is_none() && end == Some(End::Complete) {
            script.complete();
            end = None;
        }
        Self { script, data, end }
    }
}

impl Body for Recorded {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        if let Some(data) = self.data.take() {
            return Poll::Ready(Some(Ok(Frame::data(data))));
        }
        match self.end.take() {
            Some(End::Unread) => {
                self.end = Some(End::Unread);
                Poll::Pending
            }
            Some(End::Complete) => {
                self.script.complete();
                Poll::Ready(None)
            }
            Some(End::Fault(fault)) => {
                self.script.complete();
                Poll::Ready(Some(Err(fault.error())))
            }
            None => Poll::Ready(None),
        }
    }
}
