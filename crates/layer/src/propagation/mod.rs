//! How spikes come to potentials: densely, position by position (`dense.rs`) or frequency by frequency (`frequency/`), or by
//! events while the weights change at every step (`online.rs`; where they stand still, `events/`). `choice.rs` says which.

mod choice;
mod dense;
mod low_rank;
mod online;

pub(crate) use choice::{Learning, Mode, delta_left, gradient_by_frequency, mode, potential_by_frequency};
pub use choice::{Window, frequency_bytes};
pub(crate) use dense::{DenseScratch, Drives, Driving, drive_of, gather};
pub(crate) use low_rank::LowRank;
