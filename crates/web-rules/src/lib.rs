//! The WebAssembly binding of plasticity rules, from JSON to JSON: what the Node addon in `crates/node` offers of them.
//!
//! It is a module of its own, so that whoever trains a network does not download what prints and checks rules, a tenth of the
//! engine in `crates/web`. `src/backend/contract.ts` describes the surface.

// Conversions that wrap or cut off in silence: `decolle_number` has others.
#![cfg_attr(not(test), deny(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss))]

pub use decolle_web_border::{failure_address, start};

use decolle_web_border::thrown;
use js_sys::Error;
use wasm_bindgen::prelude::*;

/// Derives the rule of a neuron and costs; gives it printed three ways, with its storage and operations.
///
/// # Errors
/// `config`, `range`, `shape` or `unsupported`, with the node and where it stands.
#[wasm_bindgen(js_name = deriveRule)]
pub fn derive_rule(#[wasm_bindgen(js_name = requestJson)] request_json: &str) -> Result<String, Error> {
    decolle_plasticity::derive_rule(request_json).map_err(thrown)
}

/// Checks the rule of a neuron and costs against finite differences in float64.
///
/// # Errors
/// As `deriveRule`; `not-finite` where the dynamics overflow.
#[wasm_bindgen(js_name = checkRule)]
pub fn check_rule(#[wasm_bindgen(js_name = requestJson)] request_json: &str) -> Result<String, Error> {
    decolle_plasticity::check_rule(request_json).map_err(thrown)
}

/// Runs a small dense layer by the interpreted rule in float32; gives every step's state and gradient.
///
/// # Errors
/// As `deriveRule`; `shape` and `not-finite`.
#[wasm_bindgen(js_name = simulateRule)]
pub fn simulate_rule(#[wasm_bindgen(js_name = requestJson)] request_json: &str) -> Result<String, Error> {
    decolle_plasticity::simulate_rule(request_json).map_err(thrown)
}
