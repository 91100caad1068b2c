//! Plasticity rules, from JSON to JSON.

use napi_derive::napi;

use crate::safely;

/// Derives the rule of a neuron and costs; gives it printed three ways, with its storage and operations.
#[napi]
pub fn derive_rule(request_json: String) -> napi::Result<String> {
    safely(|| decolle_plasticity::derive_rule(&request_json))
}

/// Checks the rule of a neuron and costs against finite differences in float64.
#[napi]
pub fn check_rule(request_json: String) -> napi::Result<String> {
    safely(|| decolle_plasticity::check_rule(&request_json))
}

/// Runs a small dense layer by the interpreted rule in float32; gives every step's state and gradient.
#[napi]
pub fn simulate_rule(request_json: String) -> napi::Result<String> {
    safely(|| decolle_plasticity::simulate_rule(&request_json))
}
