//! What weights do by events: work in proportion to spikes.
//!
//! The traces of a layer's inputs are linear filters with shared constants, so while the weights W stand still the drive
//! of the membrane potential can be carried from step to step, V = W·P and X = W·Q, and all that meets the weights is
//! W·S, one addition per weight of an input that spiked:
//!
//! - forward: [`convolution`](fn@convolution) and [`dense`](fn@dense) give W·S of each step;
//! - gradient: over steps in which W stood still, `Σ_t δ[t]·P[t]ᵀ` is `Σ_t q[t]·S[t]ᵀ` with δ filtered backwards in time, plus
//!   two terms for the traces at the start; [`convolution_gradient`] and [`dense_gradient`] do the sum over events.
//!
//! Lanes hold output channels. An event of a convolution touches a patch of kernel × kernel outputs, of which a row is one
//! run of weights in memory ([`pack_stencils`](crate::pack_stencils)). Forward, the outputs of a row stay in registers while
//! the events that reach them pass ([`ArrivalsByColumn`]). The gradient reads a row of errors as one run too, so that the
//! [`Plane`]s of errors have a margin of `kernel − 1` columns, that no run is cut, and the weights of an input channel stay
//! in a cache while its events pass ([`ArrivalsByChannel`]). Every sum adds its events in that order, so that the bits are
//! the same for every vector width and number of threads.

mod by_channel;
mod by_column;
mod convolution;
mod convolution_gradient;
mod dense;
pub mod scalar;

pub use by_channel::ArrivalsByChannel;
pub use by_column::ArrivalsByColumn;
pub use convolution::convolution;
pub use convolution_gradient::{Plane, convolution_gradient};
pub(crate) use dense::strip_of;
pub use dense::{dense, dense_gradient};
