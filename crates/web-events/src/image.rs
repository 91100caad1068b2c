//! Images as spike trains and as recordings, as JavaScript sees them.

use decolle_events::{RateCoding, SyntheticOptions};
use decolle_web_border::thrown;
use js_sys::Error;
use wasm_bindgen::prelude::*;

use crate::columns::{columns, train_columns};

/// Draws the spike train of an image by rate coding.
///
/// # Errors
/// Those of the events crate.
#[wasm_bindgen(js_name = rateCoded, unchecked_return_type = "TrainColumns")]
pub fn rate_coded(image: &[u8], #[wasm_bindgen(js_name = optionsJson)] options: &str) -> Result<JsValue, Error> {
    let coding = RateCoding::from_json(options).map_err(thrown)?;
    decolle_events::rate_coded(image, &coding).map(|train| train_columns(&train)).map_err(thrown)
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
