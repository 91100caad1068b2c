//! The gradient of the weights: ΔW = Σ δ·P over positions and samples.
//!
//! - [`convolution`]: pooling routes the error to one position a window and dropout silences neurons, so most δ are
//!   zero. A [`DeltaList`] holds the others, output by output, in the order of samples and positions; their patches
//!   stream past a few registers of gradient.
//! - [`dense`]: δ of a whole batch meets the traces that are not zero.
//!
//! [`scalar`] says what both compute.

mod convolution;
mod dense;
mod list;
pub mod scalar;

pub use convolution::convolution;
pub use dense::{block_deltas, dense};
pub use list::DeltaList;
