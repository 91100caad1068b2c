//! How spikes come to potentials: densely, position by position (`dense.rs`) or frequency by frequency (`frequency.rs`), or by
//! events while the weights change at every step (`online.rs`; where they stand still, `events/`). `choice.rs` says which.

mod choice;
mod dense;
mod frequency;
mod low_rank;
mod online;

pub use choice::Window;
pub(crate) use choice::{Learning, Mode, delta_left, gradient_by_frequency, mode, potential_by_frequency};
pub(crate) use dense::{DenseScratch, Driving, drive_of, gather};
pub(crate) use frequency::WeightSpectra;
pub use frequency::{FrequencyScratch, frequency_bytes};
pub(crate) use low_rank::LowRank;
