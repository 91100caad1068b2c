//! A cochlea, as JavaScript sees it.

use decolle_events::CochleaOptions;
use decolle_web_border::thrown;
use js_sys::Error;
use wasm_bindgen::prelude::*;

use crate::columns::train_columns;

/// A cochlea that listens: sound as spikes of channels.
#[wasm_bindgen]
pub struct Cochlea {
    cochlea: decolle_events::Cochlea,
}

#[wasm_bindgen]
impl Cochlea {
    /// Builds the cochlea.
    ///
    /// # Errors
    /// Those of the events crate.
    #[wasm_bindgen(constructor)]
    pub fn new(#[wasm_bindgen(js_name = optionsJson)] options: &str) -> Result<Self, Error> {
        let options = CochleaOptions::from_json(options).map_err(thrown)?;
        let cochlea = decolle_events::Cochlea::new(&options).map_err(thrown)?;
        Ok(Self { cochlea })
    }

    /// The spikes of the next samples.
    ///
    /// # Errors
    /// Those of the events crate.
    #[wasm_bindgen(unchecked_return_type = "TrainColumns")]
    pub fn hear(&mut self, samples: &[f32]) -> Result<JsValue, Error> {
        self.cochlea.hear(samples).map(|train| train_columns(&train)).map_err(thrown)
    }

    /// Lets samples go by that nobody heard.
    ///
    /// # Errors
    /// Those of the events crate.
    pub fn skip(&mut self, samples: f64) -> Result<(), Error> {
        self.cochlea.skip(samples).map_err(thrown)
    }
}
