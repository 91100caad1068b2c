//! The WebAssembly binding of decolle's engine: what the Node addon in `crates/node` offers of it. Recordings and rules have
//! modules of their own, `crates/web-events` and `crates/web-rules`.
//!
//! It is built in two flavours: one runs on the caller's thread; one, compiled with atomics, on workers that share its
//! memory, and offers what these workers call besides. `src/backend/contract.ts` describes the surface. Results are plain
//! JavaScript objects, so nothing but a network has to be disposed of.

// Conversions that wrap or cut off in silence: `decolle_number` has others.
#![cfg_attr(not(test), deny(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss))]

mod batch;
mod network;
#[cfg(target_feature = "atomics")]
mod threads;

pub use batch::Batch;
pub use decolle_web_border::{failure_address, start};
pub use network::Network;
#[cfg(target_feature = "atomics")]
pub use threads::*;

use decolle_web_border::thrown;
use js_sys::{Error, Uint32Array};
use wasm_bindgen::prelude::*;

/// Version of the compiled core.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_string()
}

/// SIMD level that the core uses.
#[wasm_bindgen]
pub fn simd() -> String {
    decolle_network::simd_name().to_string()
}

/// The numbers `0..length` in the random order that `seed` and `purpose` give.
///
/// # Errors
/// `range`.
#[wasm_bindgen]
pub fn permutation(seed: f64, purpose: &str, length: f64) -> Result<Uint32Array, Error> {
    decolle_border::permutation(seed, purpose, length).map(|order| Uint32Array::from(&order[..])).map_err(thrown)
}
