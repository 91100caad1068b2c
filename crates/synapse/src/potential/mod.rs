//! The drive of the membrane potential: W·P + b (eq. 4).
//!
//! Densely, so at a cost of one multiply-add per weight and position (`convolution.rs`), or per weight and trace that is not
//! zero (`dense.rs`). [`scalar`] says what both compute, with every SIMD level.

mod convolution;
mod dense;
pub mod scalar;

pub use convolution::convolution_rows;
pub use dense::dense;
