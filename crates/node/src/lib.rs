//! The N-API binding of decolle: it converts arguments and results, and keeps long work off JavaScript's thread.
//!
//! `crates/web` and `crates/web-events` have the same surface, in two modules; `src/backend/contract.ts` and
//! `src/backend/recordings.ts` describe it.

// Conversions that wrap or cut off in silence: `decolle_number` has others.
#![cfg_attr(not(test), deny(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss))]

mod batch;
mod camera;
mod cochlea;
mod file;
mod network;
mod recording;
mod rule;
mod transform;

pub use batch::Batch;
pub use camera::{FrameCamera, SpotCamera};
pub use cochlea::Cochlea;
pub use file::{Encoder, Reader, formats};
pub use network::{BatchOutcome, Network, TensorData};
pub use recording::*;
pub use rule::*;
pub use transform::*;

use decolle_error::{Fault, Result};
use napi::bindgen_prelude::Uint32Array;
use napi_derive::napi;

/// A fault as JavaScript gets it: an `Error` whose message is the fault as JSON.
fn thrown(fault: Fault) -> napi::Error {
    napi::Error::from_reason(decolle_border::told(&fault))
}

/// Calls into the core; a panic reaches JavaScript as a fault.
fn safely<T>(call: impl FnOnce() -> Result<T>) -> napi::Result<T> {
    decolle_border::caught(call).map_err(thrown)
}

/// Version of the compiled core.
#[napi]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// The environment variable that names a SIMD level, for benchmarks: the best there is otherwise.
const ASKED_LEVEL: &str = "DECOLLE_SIMD";

/// SIMD level that the core uses on this processor.
#[napi]
pub fn simd() -> String {
    std::env::var(ASKED_LEVEL).unwrap_or_else(|_| decolle_network::simd_name().into())
}

/// The numbers `0..length` in the random order that `seed` and `purpose` give.
#[napi]
pub fn permutation(seed: f64, purpose: String, length: f64) -> napi::Result<Uint32Array> {
    safely(|| decolle_border::permutation(seed, &purpose, length)).map(Uint32Array::new)
}
