//! Convolutions of a batch in the frequency domain, shared out among threads: by samples, by strips of outputs, by frequencies
//! along rows with parts of the outputs. `potential.rs` drives neurons, `gradient.rs` brings weights their gradient; both work in
//! `scratch.rs`. `crates/synapse/src/frequency` has what each thread does.

mod gradient;
mod potential;
mod scratch;

pub(crate) use potential::{Operands, PotentialSpectra, WeightSpectra};
pub use scratch::FrequencyScratch;
