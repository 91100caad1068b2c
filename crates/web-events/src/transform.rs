//! Transforms, slicing and binning of recordings.

use decolle_events::Pixels;
use decolle_web_border::{object, thrown};
use js_sys::{Error, Float32Array, Float64Array, Uint32Array};
use wasm_bindgen::prelude::*;

use crate::columns::columns;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** A recording after its transforms. */
export interface TransformedRecording { events: EventColumns; width: number; height: number; duration: number; }
/** Events per cell and time step. */
export interface BinnedRecording { offsets: Uint32Array; indices: Uint32Array; counts: Float32Array; dropped: number; }
"#;

/// Transforms a recording.
///
/// # Errors
/// Those of the events crate.
#[wasm_bindgen(unchecked_return_type = "TransformedRecording")]
pub fn transform(
    #[wasm_bindgen(js_name = optionsJson)] options: &str,
    x: &[u16],
    y: &[u16],
    p: &[u8],
    t: &[f64],
) -> Result<JsValue, Error> {
    let (events, after) = decolle_border::transformed(options, Pixels { x, y, p }, t).map_err(thrown)?;
    Ok(object([
        ("events", columns(&events)),
        ("width", after.width.into()),
        ("height", after.height.into()),
        ("duration", JsValue::from_f64(after.duration as f64)),
    ]))
}

/// Slices of a recording with these times.
///
/// # Errors
/// Those of the events crate.
#[wasm_bindgen]
pub fn slice(#[wasm_bindgen(js_name = slicingJson)] slicing: &str, t: &[f64]) -> Result<Float64Array, Error> {
    decolle_border::sliced(slicing, t).map(|numbers| Float64Array::from(&numbers[..])).map_err(thrown)
}

/// Bins a recording.
///
/// # Errors
/// Those of the events crate.
#[wasm_bindgen(unchecked_return_type = "BinnedRecording")]
pub fn bin(
    #[wasm_bindgen(js_name = binningJson)] binning: &str,
    x: &[u16],
    y: &[u16],
    p: &[u8],
    t: &[f64],
) -> Result<JsValue, Error> {
    let spikes = decolle_border::binned(binning, Pixels { x, y, p }, t).map_err(thrown)?;
    Ok(object([
        ("offsets", Uint32Array::from(&spikes.offsets[..]).into()),
        ("indices", Uint32Array::from(&spikes.indices[..]).into()),
        ("counts", Float32Array::from(&spikes.counts[..]).into()),
        ("dropped", JsValue::from_f64(spikes.dropped as f64)),
    ]))
}
