//! Networks: layers in order, their schedule over time, samples and threads, and their checkpoints.
//!
//! No gradient flows between layers, so a layer needs nothing from the one above: the schedule takes a chunk of time
//! steps through the first layer, learning at each, then through the second, and so on. Between layers travel sparse
//! lists of spikes, so each layer is free to work by events or densely.
//!
//! ```
//! use decolle_network::{Input, Network, Options, Target};
//!
//! let mut network = Network::new(
//!     r#"{"input": {"units": 4}, "layers": [{"type": "dense", "units": 8}], "readout": {"units": 2},
//!         "optimizer": {"type": "adaMax", "learningRate": 0.001}, "seed": 1}"#,
//!     1,
//! )?;
//! // One sample, two steps: input 3 gets one event in the first.
//! let input = Input { offsets: &[0, 1, 1], indices: &[3], counts: &[1.0] };
//! let options = Options::from_json(r#"{"samples": 1, "steps": 2, "learn": true}"#)?;
//! let outcome = network.process(input, Target::Classes(&[1]), &options)?;
//! assert_eq!(outcome.updates, 2);
//! # Ok::<(), decolle_error::Fault>(())
//! ```

// Conversions that wrap or cut off in silence: `decolle_number` has others.
#![cfg_attr(not(test), deny(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss))]

mod batch;
mod bytes;
mod check;
mod checkpoint;
mod counters;
mod file;
mod memory;
mod network;
mod process;
mod recording;
mod rule;
mod schedule;
mod silence;
mod tensor;
mod whole_batch;
mod work;

pub use batch::{Batch, Layout, Lists, copied};
pub use decolle_layer::{Operations, Options, Record, Steps};
pub use decolle_specification::{
    Conv1d, Conv2d, Dense, InputShape, LayerSpecification, Pair, Propagation, Specification,
};
pub use network::{Network, level_named, simd_name};
pub use process::{Input, LayerOutcome, Outcome, Target, Tensor};
pub use recording::{Recorded, RecordedLayer};
