//! Dense convolutions in the frequency domain.
//!
//! TODO essay
mod fourier;
mod plan;
mod product;

pub use fourier::Complex;
pub use plan::{Frequency, PART, Scratch};
