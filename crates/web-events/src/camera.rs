//! Simulated event cameras before frames and before a pointer's spot, as JavaScript sees them.

use decolle_events::{FrameOptions, SpotOptions};
use decolle_web_border::thrown;
use js_sys::Error;
use wasm_bindgen::prelude::*;

use crate::columns::columns;

/// A simulated event camera that looks at frames.
#[wasm_bindgen]
pub struct FrameCamera {
    camera: decolle_events::FrameCamera,
}

#[wasm_bindgen]
impl FrameCamera {
    /// Builds the camera.
    ///
    /// # Errors
    /// Those of the events crate.
    #[wasm_bindgen(constructor)]
    pub fn new(#[wasm_bindgen(js_name = optionsJson)] options: &str) -> Result<Self, Error> {
        let options = FrameOptions::from_json(options).map_err(thrown)?;
        let camera = decolle_events::FrameCamera::new(&options).map_err(thrown)?;
        Ok(Self { camera })
    }

    /// The events up to a frame of luminance from 0 to 255.
    ///
    /// # Errors
    /// Those of the events crate.
    #[wasm_bindgen(unchecked_return_type = "EventColumns")]
    pub fn expose(&mut self, luminance: &[u8], time: f64) -> Result<JsValue, Error> {
        let time = decolle_border::instant("time", time).map_err(thrown)?;
        self.camera.expose(luminance, time).map(|events| columns(&events)).map_err(thrown)
    }

    /// The events up to a frame of luminance from 0 to 1.
    ///
    /// # Errors
    /// Those of the events crate.
    #[wasm_bindgen(js_name = exposeFloat, unchecked_return_type = "EventColumns")]
    pub fn expose_float(&mut self, luminance: &[f32], time: f64) -> Result<JsValue, Error> {
        let time = decolle_border::instant("time", time).map_err(thrown)?;
        self.camera.expose_float(luminance, time).map(|events| columns(&events)).map_err(thrown)
    }

    /// Forgets the last frame.
    pub fn settle(&mut self) {
        self.camera.settle();
    }
}

/// A simulated event camera that watches a spot move.
#[wasm_bindgen]
pub struct SpotCamera {
    camera: decolle_events::SpotCamera,
}

#[wasm_bindgen]
impl SpotCamera {
    /// Builds the camera.
    ///
    /// # Errors
    /// Those of the events crate.
    #[wasm_bindgen(constructor)]
    pub fn new(#[wasm_bindgen(js_name = optionsJson)] options: &str) -> Result<Self, Error> {
        let options = SpotOptions::from_json(options).map_err(thrown)?;
        let camera = decolle_events::SpotCamera::new(&options).map_err(thrown)?;
        Ok(Self { camera })
    }

    /// Puts the spot somewhere without an event.
    ///
    /// # Errors
    /// Those of the events crate.
    pub fn put(&mut self, x: f64, y: f64) -> Result<(), Error> {
        self.camera.put(x, y).map_err(thrown)
    }

    /// The events of a move.
    ///
    /// # Errors
    /// Those of the events crate.
    #[wasm_bindgen(js_name = moveTo, unchecked_return_type = "EventColumns")]
    pub fn move_to(&mut self, x: f64, y: f64, from: f64, to: f64) -> Result<JsValue, Error> {
        let from = decolle_border::instant("from", from).map_err(thrown)?;
        let to = decolle_border::instant("to", to).map_err(thrown)?;
        self.camera.move_to(x, y, from, to).map(|events| columns(&events)).map_err(thrown)
    }
}
