//! The drive of the membrane potential: W·P + b (eq. 4), for tiles of positions against blocks of outputs.
//!
//! Densely, so at a cost of one multiply-add per weight and position, except where a whole tile's trace is zero.
//! [`scalar`] says what is computed; [`vector`] computes the same bits with every SIMD level.

pub mod scalar;
pub mod vector;

pub use vector::{convolution_rows, dense_tile};
