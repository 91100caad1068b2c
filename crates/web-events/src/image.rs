//! Images as spike trains and as recordings, as JavaScript sees them.

use decolle_events::{RateCoding, SyntheticOptions};
use decolle_web_border::{object, thrown};
use js_sys::{Error, Float64Array, Uint32Array};
use wasm_bindgen::prelude::*;

use crate::columns::columns;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** A spike train as columns of equal length. */
export interface TrainColumns { t: Float64Array; unit: Uint32Array; }
"#;

/// Draws the spike train of an image by rate coding.
///
/// # Errors
/// Those of the events crate.
#[wasm_bindgen(js_name = rateCoded, unchecked_return_type = "TrainColumns")]
pub fn rate_coded(image: &[u8], #[wasm_bindgen(js_name = optionsJson)] options: &str) -> Result<JsValue, Error> {
    let coding = RateCoding::from_json(options).map_err(thrown)?;
    let train = decolle_events::rate_coded(image, &coding).map_err(thrown)?;
    Ok(object([
        ("t", Float64Array::from(&train.float_times()[..]).into()),
        ("unit", Uint32Array::from(&train.unit[..]).into()),
    ]))
}

/// Records an image through three saccades.
///
/// # Errors
/// Those of the events crate.
#[wasm_bindgen(unchecked_return_type = "EventColumns")]
pub fn saccades(image: &[u8], #[wasm_bindgen(js_name = optionsJson)] options: &str) -> Result<JsValue, Error> {
    let options = SyntheticOptions::from_json(options).map_err(thrown)?;
    decolle_events::saccades(image, &options).map(|events| columns(&events)).map_err(thrown)
}
