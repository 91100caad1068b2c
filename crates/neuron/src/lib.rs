//! State of spiking neurons over time: synaptic and membrane traces, refractoriness, membrane potential, threshold,
//! and the surrogate derivative that stands in for the threshold's.
//!
//! One time step of a layer, in the order of the authors' code (Kaiser, Mostafa & Neftci 2020,
//! doi:10.3389/fnins.2020.00424, eqs. 1–4):
//!
//! ```text
//! Q[t] = β Q[t−1] + (1−β) x[t]          synaptic trace of an input          trace.rs
//! P[t] = α P[t−1] + (1−α) Q[t−1]        membrane trace of an input          trace.rs
//! R[t] = γ R[t−1] + (1−γ) S[t−1]        refractory trace of a neuron        refractory.rs
//! U[t] = W P[t] + b − ρ R[t]            membrane potential                  refractory.rs
//! S[t] = Θ(U[t])                        spike                               refractory.rs
//! ```

// Conversions that wrap or cut off in silence: `decolle_number` has others.
#![cfg_attr(not(test), deny(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss))]

mod carried;
mod decay;
pub mod exponential;
mod lif;
mod neuron;
mod refractory;
mod surrogate;
mod trace;

pub use carried::{CarriedDynamics, order};
pub use decay::{Decay, DecayRun, DecayValues};
pub use lif::{Lif, Refractory, TraceGain, TraceOrder};
pub use neuron::Neuron;
pub use refractory::{RefractoryDynamics, RefractoryLanes, Threshold, recovery};
pub use surrogate::Surrogate;
pub use trace::{Gain, TRACE_FLOOR, TraceDynamics};
