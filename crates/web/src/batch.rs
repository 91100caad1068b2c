//! A batch as a JavaScript object.

use decolle_error::Fault;
use decolle_events::Pixels;
use decolle_network::Lists;
use decolle_web_border::thrown;
use js_sys::Error;
use wasm_bindgen::prelude::*;


/// Spikes of samples, and what the readouts should say.
#[wasm_bindgen]
pub struct Batch {
    batch: decolle_border::Batch,
}

#[wasm_bindgen]
impl Batch {
    /// Makes an empty batch.
    ///
    /// # Errors
    /// `range`, `memory`.
    #[wasm_bindgen(constructor)]
    pub fn new(inputs: f64, layers: f64, units: f64, samples: f64, steps: f64) -> Result<Self, Error> {
        let batch = decolle_border::Batch::new(inputs, layers, units, samples, steps).map_err(thrown)?;
        Ok(Self { batch })
    }

    /// Bins events into a sample.
    ///
    /// # Errors
    /// Those of the events crate.
    #[wasm_bindgen(js_name = putEvents)]
    #[allow(clippy::too_many_arguments, reason = "the columns of events, and where they go")]
    pub fn put_events(
        &mut self,
        path: &str,
        sample: f64,
        x: &[u16],
        y: &[u16],
        p: &[u8],
        t: &[f64],
        #[wasm_bindgen(js_name = binningJson)] binning: &str,
    ) -> Result<(), Error> {
        self.batch.put_events(path, sample, Pixels { x, y, p }, t, binning).map_err(thrown)
    }

    /// Bins a train of (time, unit) into a sample.
    ///
    /// # Errors
    /// Those of the events crate.
    #[wasm_bindgen(js_name = putTrain)]
    pub fn put_train(
        &mut self,
        path: &str,
        sample: f64,
        t: &[f64],
        unit: &[u32],
        #[wasm_bindgen(js_name = binningJson)] binning: &str,
    ) -> Result<(), Error> {
        self.batch.put_train(path, sample, t, unit, binning).map_err(thrown)
    }

    /// Puts sparse lists into a sample.
    ///
    /// # Errors
    /// `shape`, `range`, `not-finite`.
    #[wasm_bindgen(js_name = putSpikes)]
    pub fn put_spikes(
        &mut self,
        path: &str,
        sample: f64,
        offsets: Vec<u32>,
        indices: Vec<u32>,
        counts: Vec<f32>,
    ) -> Result<(), Error> {
        self.batch.put_spikes(path, sample, Ok(Lists { offsets, indices, counts })).map_err(thrown)
    }

    /// Appends whole steps of dense counts to a sample.
    ///
    /// # Errors
    /// `shape`, `range`, `not-finite`.
    #[wasm_bindgen(js_name = appendCounts)]
    pub fn append_counts(
        &mut self,
        path: &str,
        sample: f64,
        counts: &[f32],
        #[wasm_bindgen(js_name = isFirst)] is_first: bool,
    ) -> Result<(), Error> {
        self.batch.append_counts(path, sample, counts, is_first).map_err(thrown)
    }

    /// Sets one class per sample.
    ///
    /// # Errors
    /// `shape`, `range`, `not-finite`.
    #[wasm_bindgen(js_name = setClasses)]
    pub fn set_classes(&mut self, classes: &[f64]) -> Result<(), Error> {
        self.batch.set_classes(classes).map_err(thrown)
    }

    /// Sets values of the readouts.
    ///
    /// # Errors
    /// `shape`, `range`, `not-finite`.
    #[wasm_bindgen(js_name = setValues)]
    pub fn set_values(
        &mut self,
        values: Vec<f32>,
        #[wasm_bindgen(js_name = perStep)] per_step: bool,
        #[wasm_bindgen(js_name = perLayer)] per_layer: bool,
    ) -> Result<(), Error> {
        self.batch.set_values(Ok(values), per_step, per_layer).map_err(thrown)
    }

    /// Bytes that it holds.
    pub fn bytes(&self) -> f64 {
        self.batch.bytes() as f64
    }

    /// Gives the batch up.
    pub fn dispose(&mut self) {
        self.batch.dispose();
    }

    pub(crate) fn held(&self) -> Result<std::sync::Arc<decolle_network::Batch>, Fault> {
        self.batch.held()
    }
}
