//! How spikes come to potentials: densely, or by events while the weights change at every step (`online.rs`; where they stand
//! still, `events/`). `choice.rs` says which.

mod choice;
mod dense;
mod low_rank;
mod online;

pub use choice::Window;
pub(crate) use choice::{Learning, Mode, mode};
pub(crate) use dense::{DenseScratch, drive_all, drive_of, gather};
pub(crate) use low_rank::LowRank;
