//! The synthetic event camera as JavaScript sees it.

use decolle_events::{CLASSES, SyntheticOptions};
use decolle_web_border::{object, thrown};
use js_sys::Error;
use wasm_bindgen::prelude::*;

use crate::columns::columns;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** A recording of the synthetic event camera. */
export interface SyntheticRecording { events: EventColumns; class: number; }
/** A piece of the synthetic event camera's endless stream. */
export interface SyntheticPiece { events: EventColumns; class: number; start: number; end: number; }
"#;

/// Names of the synthetic gestures, in the order of their classes.
#[wasm_bindgen(js_name = syntheticClasses)]
pub fn synthetic_classes() -> Vec<String> {
    CLASSES.iter().map(|name| (*name).to_string()).collect()
}

/// Makes a synthetic recording.
///
/// # Errors
/// Those of the events crate.
#[wasm_bindgen(unchecked_return_type = "SyntheticRecording")]
pub fn synthesize(#[wasm_bindgen(js_name = optionsJson)] options: &str) -> Result<JsValue, Error> {
    let options = SyntheticOptions::from_json(options).map_err(thrown)?;
    let recording = decolle_events::synthesize(&options).map_err(thrown)?;
    Ok(object([("events", columns(&recording.events)), ("class", recording.class.into())]))
}

/// A synthetic event camera that never ends.
#[wasm_bindgen]
pub struct SyntheticCamera {
    camera: decolle_events::SyntheticCamera,
}

#[wasm_bindgen]
impl SyntheticCamera {
    /// Builds the camera.
    ///
    /// # Errors
    /// Those of the events crate.
    #[wasm_bindgen(constructor)]
    pub fn new(#[wasm_bindgen(js_name = optionsJson)] options: &str) -> Result<Self, Error> {
        let options = SyntheticOptions::from_json(options).map_err(thrown)?;
        let camera = decolle_events::SyntheticCamera::new(&options).map_err(thrown)?;
        Ok(Self { camera })
    }

    /// The events of the next `duration` microseconds.
    ///
    /// # Errors
    /// `range`.
    #[wasm_bindgen(unchecked_return_type = "SyntheticPiece")]
    pub fn next(&mut self, duration: f64) -> Result<JsValue, Error> {
        let duration = decolle_border::duration(duration).map_err(thrown)?;
        let piece = self.camera.next(duration).map_err(thrown)?;
        Ok(object([
            ("events", columns(&piece.events)),
            ("class", piece.class.into()),
            ("start", JsValue::from_f64(piece.start as f64)),
            ("end", JsValue::from_f64(piece.end as f64)),
        ]))
    }

    /// Where the next piece starts, in microseconds.
    pub fn time(&self) -> f64 {
        self.camera.time() as f64
    }
}
