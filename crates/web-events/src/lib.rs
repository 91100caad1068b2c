//! The WebAssembly binding of recordings: what the Node addon in `crates/node` offers of them.
//!
//! It is a module of its own, so that whoever trains by numbers of their own does not download parsers, and those do not
//! take the room of the engine in `crates/web`. `src/backend/recordings.ts` describes the surface.

// Conversions that wrap or cut off in silence: `decolle_number` has others.
#![cfg_attr(not(test), deny(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss))]

mod camera;
mod cochlea;
mod columns;
mod file;
mod image;
mod synthetic;
mod transform;

pub use camera::{FrameCamera, SpotCamera};
pub use cochlea::Cochlea;
pub use decolle_web_border::{failure_address, start};
pub use file::{Encoder, Reader, formats};
pub use image::*;
pub use synthetic::*;
pub use transform::*;
