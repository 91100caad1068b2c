//! Some time steps by events, over which the weights stand still.
//!
//! A layer's potentials are carried from step to step (`decolle_neuron::CarriedDynamics`), so that weights meet spikes
//! only; errors are filtered backwards over the stretch, so that the gradient does too. Samples are independent until
//! their gradients are summed: a sample takes all steps while its state is in cache,
//!
//! 1. its blocks of outputs: W·S, V, X, R, U, S, pooling ([`forward`]);
//! 2. the readout, cost and δ of each step ([`judge_all`]);
//! 3. the errors filtered, and what they make of the events ([`filter`]).
//!
//! Then the gradients are summed, in a fixed number of parts and a fixed order, what the traces at the start of the
//! stretch add comes from the dense kernels, and the traces take in the events. Block by block only: with one sample,
//! the blocks share out the threads.

mod descend;
mod filter;
mod forward;
mod run;
pub(crate) mod scratch;
mod stretch;

pub(crate) use descend::ByRun;
pub(crate) use filter::filter_dense;
pub(crate) use forward::carry;
pub use scratch::samples_at_work;
pub(crate) use stretch::{LONGEST, Stretch};
