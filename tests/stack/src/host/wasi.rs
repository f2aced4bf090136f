//! The types of `wasi:http@0.3` that the host's parts hand to each other.

use bytes::Bytes;
use http_body_util::{BodyExt as _, combinators::UnsyncBoxBody};
pub use wasmtime_wasi_http::p3::{
    RequestOptions, WasiHttpCtxView, WasiHttpHooks, WasiHttpView, bindings::http::types::ErrorCode as Error,
};

/// A body on either side of a component.
pub type WasiBody = UnsyncBoxBody<Bytes, Error>;

/// A component's answer, with the errors that a component knows.
pub fn given_back(body: UnsyncBoxBody<Bytes, wasmtime::Error>) -> WasiBody {
    let error = |error: wasmtime::Error| match error.downcast() {
        Ok(error) => error,
        Err(other) => Error::InternalError(Some(format!("{other:#}"))),
    };
    body.map_err(error).boxed_unsync()
}

/// What a body that hyper has read may end with.
pub fn broken(error: hyper::Error) -> Error {
    Error::from_hyper_request_error(error)
}
