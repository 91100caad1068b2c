//! One layer: its constants, its state for a batch of samples, and how both go through a chunk of time steps.
//!
//! A step in its order:
//!
//! ```text
//! inputs/        spikes enter the traces Q and P, or those of a compiled rule
//! propagation/   W·P + b: by events or densely
//! neurons/       state, potential, spikes, pooling
//! judgement/     readout, vote, cost, and δ
//! learning/      gradient, eligibility traces, update
//! ```
//!
//! `step.rs` takes one densely, `frequency/` doing convolutions where that is less work. `events/` takes a stretch of them by events, over which the weights stand still. `take.rs`
//! chooses. What stays the same is in `constants.rs`, made by `compile.rs`, whose choices `reasons.rs` explains; what changes
//! in `layer.rs` and `state.rs`; what a failed call goes back to in `snapshot.rs`; what is recorded on request in
//! `recording.rs`.

// Conversions that wrap or cut off in silence: `decolle_number` has others.
#![cfg_attr(not(test), deny(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss))]

mod bytes;
mod changed;
mod chunk;
mod compile;
mod constants;
mod control;
mod events;
mod frequency;
mod inputs;
mod judgement;
mod layer;
mod learning;
mod neurons;
mod options;
mod places;
mod propagation;
mod reasons;
mod recording;
mod silence;
mod snapshot;
mod state;
mod step;
mod take;
mod tally;

pub use chunk::{Chunk, Targets, one_hot};
pub use constants::Constants;
pub use control::{Controlled, Counted};
pub use decolle_program::Inputs;
pub use events::samples_at_work;
pub use frequency::FrequencyScratch;
pub use inputs::InputState;
pub use judgement::{Deltas, Judgement, TOGETHER};
pub use layer::Layer;
pub use learning::{Learned, Learner, LearnerState, Synapses, samples_at_once};
pub use neurons::{Neurons, StateVariable};
pub use options::Options;
pub use places::{place, spread_inputs, spread_neurons};
pub use propagation::{Window, frequency_bytes};
pub use reasons::ProgramReasons;
pub use recording::{Record, Recorder, Rows};
pub use silence::Before;
pub use snapshot::Snapshot;
pub use state::{Batch, Block, Sample};
pub use tally::{Operations, Steps};

pub(crate) use chunk::Step;
