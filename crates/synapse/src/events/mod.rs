//! What weights do by events: work in proportion to spikes.
//!
//! The traces of a layer's inputs are linear filters with shared constants, so while the weights W stand still the drive
//! of the membrane potential can be carried from step to step, V = W·P and X = W·Q, and all that meets the weights is
//! W·S, one addition per weight of an input that spiked:
//!
//! - forward: [`convolution`](fn@convolution) and [`dense`](fn@dense) add W·S of a step to a plane of outputs;
//! - gradient: over steps in which W stood still, `Σ_t δ[t]·P[t]ᵀ` is `Σ_t q[t]·S[t]ᵀ` with δ filtered backwards in time, plus
//!   two terms for the traces at the start; [`convolution_gradient`] and [`dense_gradient`] do the sum over events.
//!
//! Lanes hold output channels. An event of a convolution touches a patch of kernel × kernel outputs, of which a row is one
//! run of numbers in memory, on the plane of outputs as well as in its weights ([`pack_stencils`](crate::pack_stencils)): the planes
//! have a margin of `kernel − 1` columns, so that no run is cut. Every output adds its events in the order of
//! [`Arrivals`], so that the bits are the same for every vector width and number of threads.

mod arrivals;
mod convolution;
mod dense;
pub mod scalar;

pub use arrivals::Arrivals;
pub use convolution::{Plane, convolution, convolution_gradient};
pub(crate) use dense::strip_of;
pub use dense::{dense, dense_gradient};
