//! Recordings of event cameras: their columns, their file formats, transforms, binning into spikes, and a synthetic camera.
//!
//! This crate knows nothing of neurons. An event camera reports, pixel by pixel and as it happens, that the logarithm
//! of the light grew or shrank by a threshold. A recording is kept as columns ([`Events`]); [`Reader`] and [`decode`]
//! read one from bytes, [`synthesize`] and [`SyntheticCamera`] simulate one, [`bin`](fn@bin) turns it into sparse counts per
//! time step.
//!
//! ```
//! use decolle_events::{Binning, SyntheticOptions, bin, synthesize};
//! let recording = synthesize(&SyntheticOptions::from_json(r#"{"seed": 1, "index": 3}"#)?)?;
//! let binning = Binning::from_json(r#"{"width": 32, "height": 32, "timeStep": 1000, "steps": 300}"#)?;
//! let spikes = bin(&recording.events, &binning)?;
//! assert_eq!(spikes.offsets.len(), 301);
//! assert_eq!(spikes.counts.iter().sum::<f32>() as u64 + spikes.dropped, recording.events.len() as u64);
//! # Ok::<(), decolle_error::Fault>(())
//! ```

// Conversions that wrap or cut off in silence: `decolle_number` has others.
#![cfg_attr(not(test), deny(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss))]

mod binning;
mod block;
mod camera;
mod check;
mod cochlea;
mod columns;
pub mod format;
mod order;
mod rate;
mod reader;
mod slicing;
pub mod transform;

pub use binning::{Binning, Spikes, bin, bin_columns, bin_train};
pub use block::Block;
pub use camera::{
    CLASSES, FrameCamera, FrameOptions, Sensor, Split, SpotCamera, SpotOptions, SyntheticCamera, SyntheticOptions,
    SyntheticPiece, SyntheticRecording, saccades, synthesize,
};
pub use cochlea::{Cochlea, CochleaOptions};
pub use columns::{Events, Pixels};
pub use format::{About, Decoded, Decoder, Encoder, Format, decode, encode, encoder};
pub use order::Backwards;
pub use rate::{RateCoding, Train, rate_coded};
pub use reader::{ReadOptions, Reader, TimeOrder};
pub use slicing::{Labelled, Slice, Slicing, Windows};
