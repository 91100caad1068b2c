//! What weights do: the membrane potential that traces cause through them, and their gradient.
//!
//! A synapse is dense or convolutional ([`Geometry`]). In both, every output position reads `rows` runs of `row_length`
//! neighbouring traces: a dense layer has one position and one run, all its inputs; a convolution has one position per
//! output pixel and one run per kernel row, because traces lie channel-last on a zero-padded plane.
//!
//! - [`potential`]: W·P + b (eq. 4), densely;
//! - [`gradient`]: ΔW = Σ δ·P, densely in the inputs, sparsely in δ;
//! - [`events`]: both in proportion to the spikes that arrive.
//!
//! Lanes of a vector always hold independent outputs (potential) or independent weights (gradient), and every sum runs
//! in one fixed order, input by input or position by position. So the bits are the same for every vector width, tile
//! size and number of threads, and skipping a zero changes nothing.

// Conversions that wrap or cut off in silence: `decolle_number` has others.
#![cfg_attr(not(test), deny(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss))]

mod aligned;
pub mod events;
pub mod frequency;
mod geometry;
pub mod gradient;
mod inner;
pub mod level;
pub mod potential;
mod runs;
mod spikes;
mod weights;

pub use aligned::Aligned;
pub use fearless_simd::Level;
pub use geometry::{Connection, Convolution, Geometry, MOST_POSITIONS, MOST_UNITS, MOST_WEIGHTS, STRIP, WIDEST_BLOCK};
pub use inner::inner_product;
pub use runs::{RUN, TraceRun};
pub use spikes::SpikeTrain;
pub use weights::{Parameters, Weights, add_stencils, for_each_weight, pack_panel, pack_stencils};
