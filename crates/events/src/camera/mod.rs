//! A simulated event camera that watches drawn figures move, frames from anywhere, or a spot that follows a pointer.
//!
//! After the published simulators: ESIM (H. Rebecq, D. Gehrig, D. Scaramuzza, "ESIM: an Open Event Camera Simulator",
//! CoRL 2018) renders frames as densely as the motion needs and lets the log intensity of a pixel run linearly between
//! them; every time it has moved by a contrast threshold from where the pixel last fired, there is an event. v2e (Y.
//! Hu, S.-C. Liu, T. Delbruck, "v2e: From Video Frames to Realistic DVS Events", CVPR Workshops 2021) adds thresholds
//! that differ from pixel to pixel, a refractory time, and noise. This follows
//! their behaviour, none of their text.
//!
//! What the synthetic camera sees is one of [`CLASSES`]: a way to move. Figure, texture, size, place, contrast, speed and phase
//! are drawn so that at any one instant they are distributed alike for every class: a single image tells nothing, only
//! the motion does (`gesture.rs` says why). All numbers follow from seed, split and index, with the same bits on every
//! target: basic operations are exact by IEEE 754, sine and cousins come from the crate `libm`, never from the
//! platform.

mod canvas;
mod figure;
mod frames;
mod gesture;
mod options;
mod recording;
mod saccades;
mod sensor;
mod sensor_options;
mod spot;
mod stream;

pub use frames::{FrameCamera, FrameOptions};
pub use gesture::CLASSES;
pub use options::{Split, SyntheticOptions};
pub use recording::{SyntheticRecording, synthesize};
pub use saccades::saccades;
pub use sensor_options::Sensor;
pub use spot::{SpotCamera, SpotOptions};
pub use stream::{SyntheticCamera, SyntheticPiece};
