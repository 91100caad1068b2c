//! Transforms, slicing and binning of recordings.

use decolle_events::Pixels;
use napi::bindgen_prelude::{Float32Array, Float64Array, Uint32Array};
use napi_derive::napi;

use crate::recording::EventColumns;
use crate::safely;

/// A recording after its transforms.
#[napi(object)]
pub struct TransformedRecording {
    /// Its events.
    pub events: EventColumns,
    /// Width of the sensor in pixels.
    pub width: u32,
    /// Height of the sensor in pixels.
    pub height: u32,
    /// How long such recordings usually are, in microseconds.
    pub duration: f64,
}

/// Events per cell and time step.
#[napi(object)]
pub struct BinnedRecording {
    /// Where the list of each step starts, and the end of the last.
    pub offsets: Uint32Array,
    /// Cells with events.
    pub indices: Uint32Array,
    /// Number of events in each.
    pub counts: Float32Array,
    /// Events outside the crop or the time steps.
    pub dropped: f64,
}

/// Transforms a recording.
#[napi]
pub fn transform(
    options_json: String,
    x: &[u16],
    y: &[u16],
    p: &[u8],
    t: &[f64],
) -> napi::Result<TransformedRecording> {
    let (events, after) = safely(|| decolle_border::transformed(&options_json, Pixels { x, y, p }, t))?;
    let (width, height, duration) = (after.width, after.height, after.duration as f64);
    Ok(TransformedRecording { events: events.into(), width, height, duration })
}

/// Slices of a recording with these times.
#[napi]
pub fn slice(slicing_json: String, t: &[f64]) -> napi::Result<Float64Array> {
    safely(|| decolle_border::sliced(&slicing_json, t)).map(Float64Array::new)
}

/// Bins a recording.
#[napi]
pub fn bin(binning_json: String, x: &[u16], y: &[u16], p: &[u8], t: &[f64]) -> napi::Result<BinnedRecording> {
    let spikes = safely(|| decolle_border::binned(&binning_json, Pixels { x, y, p }, t))?;
    Ok(BinnedRecording {
        offsets: Uint32Array::new(spikes.offsets),
        indices: Uint32Array::new(spikes.indices),
        counts: Float32Array::new(spikes.counts),
        dropped: spikes.dropped as f64,
    })
}
