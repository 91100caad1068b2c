//! A network as a JavaScript object.

use decolle_error::Fault;
use decolle_network::Options;
use decolle_number::index;
use decolle_web_border::{object, thrown};
use js_sys::{Error, Float32Array, Uint8Array, Uint32Array};
use wasm_bindgen::prelude::*;

use crate::batch::Batch;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** A tensor taken out of a network. */
export interface TensorData { shape: Uint32Array; data: Float32Array; }
/** What came out of a batch. */
export interface BatchOutcome { summary: string; votes: Uint32Array; predictions: Uint32Array; spikes: Uint8Array; recorded: Float32Array; }
"#;

/// A network, its state and its learning.
#[wasm_bindgen]
pub struct Network {
    /// None once disposed.
    network: Option<Box<decolle_network::Network>>,
}

#[wasm_bindgen]
impl Network {
    /// Builds the network that a specification (JSON) describes.
    ///
    /// # Errors
    /// Those of the core.
    #[wasm_bindgen(constructor)]
    pub fn new(#[wasm_bindgen(js_name = specificationJson)] specification: &str, threads: f64) -> Result<Self, Error> {
        Self::built(|| decolle_network::Network::new(specification, decolle_border::threads(threads)?))
    }

    /// Builds the network that a checkpoint holds.
    ///
    /// # Errors
    /// Those of the core.
    #[wasm_bindgen(js_name = fromCheckpoint)]
    pub fn from_checkpoint(bytes: &[u8], threads: f64) -> Result<Self, Error> {
        Self::built(|| decolle_network::Network::from_checkpoint(bytes, decolle_border::threads(threads)?))
    }

    /// Replaces weights, state and counters by those of a checkpoint of the same specification.
    ///
    /// # Errors
    /// Those of the core.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.call(|network| network.restore(bytes))
    }

    /// The network as a safetensors file.
    ///
    /// # Errors
    /// Those of the core.
    pub fn checkpoint(&mut self, #[wasm_bindgen(js_name = metadataJson)] metadata: &str) -> Result<Uint8Array, Error> {
        self.call(|network| network.checkpoint(metadata)).map(|bytes| Uint8Array::from(&bytes[..]))
    }

    /// JSON: the full specification, shapes of all layers, counters, threads, SIMD level.
    ///
    /// # Errors
    /// `disposed`.
    pub fn describe(&mut self) -> Result<String, Error> {
        self.call(|network| Ok(network.describe()))
    }

    /// JSON: what the rule of a layer is derived from.
    ///
    /// # Errors
    /// `disposed`; `range` for a layer that is not there.
    #[wasm_bindgen(js_name = ruleRequest)]
    pub fn rule_request(&mut self, layer: f64) -> Result<String, Error> {
        self.call(|network| network.rule_request(decolle_border::whole_number("layer", layer, 0, 1 << 24)?))
    }

    /// Bytes of weights, state and all snapshots.
    ///
    /// # Errors
    /// `disposed`.
    pub fn bytes(&mut self) -> Result<f64, Error> {
        self.call(|network| Ok(network.bytes() as f64))
    }

    /// Starts work on a batch: checks the options, remembers the state to return to.
    ///
    /// # Errors
    /// Those of the core.
    pub fn begin(&mut self, batch: &Batch, #[wasm_bindgen(js_name = optionsJson)] options: &str) -> Result<(), Error> {
        self.call(|network| network.begin(batch.held()?, &Options::from_json(options)?))
    }

    /// Works through the next chunk of time steps; true when the batch is done.
    ///
    /// # Errors
    /// Those of the core.
    pub fn advance(&mut self) -> Result<bool, Error> {
        self.call(decolle_network::Network::advance)
    }

    /// Does nothing: here no `advance` runs while another call is made.
    pub fn interrupt(&self) {}

    /// Ends the batch and gives its outcome.
    ///
    /// # Errors
    /// Those of the core.
    #[wasm_bindgen(unchecked_return_type = "BatchOutcome")]
    pub fn finish(&mut self) -> Result<JsValue, Error> {
        self.call(decolle_network::Network::finish).map(|mut outcome| {
            let summary = outcome.to_json();
            let recorded = outcome.recorded.take().unwrap_or_default();
            object([
                ("summary", summary.into()),
                ("votes", Uint32Array::from(&outcome.votes[..]).into()),
                ("predictions", Uint32Array::from(&outcome.predictions[..]).into()),
                ("spikes", Uint8Array::from(&recorded.spikes[..]).into()),
                ("recorded", Float32Array::from(&recorded.numbers[..]).into()),
            ])
        })
    }

    /// Gives the batch up: everything is as before `begin`.
    ///
    /// # Errors
    /// `disposed`.
    pub fn cancel(&mut self) -> Result<(), Error> {
        self.call(|network| {
            network.cancel();
            Ok(())
        })
    }

    /// Sets all neuron state to zero.
    ///
    /// # Errors
    /// `disposed`.
    pub fn reset(&mut self) -> Result<(), Error> {
        self.call(decolle_network::Network::reset)
    }

    /// Takes a snapshot of weights, optimiser, neuron state and counters, on top of those that there are.
    ///
    /// # Errors
    /// `busy`, `disposed`.
    #[wasm_bindgen(js_name = takeSnapshot)]
    pub fn take_snapshot(&mut self) -> Result<(), Error> {
        self.call(decolle_network::Network::take_snapshot)
    }

    /// Goes back to the last snapshot, which is then gone.
    ///
    /// # Errors
    /// `busy`, `config` if there is none, `disposed`.
    #[wasm_bindgen(js_name = restoreSnapshot)]
    pub fn restore_snapshot(&mut self) -> Result<(), Error> {
        self.call(decolle_network::Network::restore_snapshot)
    }

    /// Drops the last snapshot, if there is one.
    ///
    /// # Errors
    /// `disposed`.
    #[wasm_bindgen(js_name = dropSnapshot)]
    pub fn drop_snapshot(&mut self) -> Result<(), Error> {
        self.call(|network| {
            network.drop_snapshot();
            Ok(())
        })
    }

    /// Tells the learning-rate schedule which epoch runs, from 0.
    ///
    /// # Errors
    /// `range`, `disposed`.
    #[wasm_bindgen(js_name = setEpoch)]
    pub fn set_epoch(&mut self, epoch: f64) -> Result<(), Error> {
        self.call(|network| {
            network.set_epoch(decolle_border::epoch(epoch)?);
            Ok(())
        })
    }

    /// Names of all tensors.
    ///
    /// # Errors
    /// `disposed`.
    #[wasm_bindgen(js_name = tensorNames)]
    pub fn tensor_names(&mut self) -> Result<Vec<String>, Error> {
        self.call(|network| Ok(network.tensor_names()))
    }

    /// A copy of a tensor.
    ///
    /// # Errors
    /// Those of the core.
    #[wasm_bindgen(unchecked_return_type = "TensorData")]
    pub fn tensor(&mut self, name: &str) -> Result<JsValue, Error> {
        self.call(|network| network.tensor(name)).map(|tensor| {
            let shape: Vec<u32> = tensor.shape.iter().map(|&length| index(length)).collect();
            object([
                ("shape", Uint32Array::from(&shape[..]).into()),
                ("data", Float32Array::from(&tensor.data[..]).into()),
            ])
        })
    }

    /// Overwrites a tensor.
    ///
    /// # Errors
    /// Those of the core.
    #[wasm_bindgen(js_name = setTensor)]
    pub fn set_tensor(&mut self, name: &str, data: &[f32]) -> Result<(), Error> {
        self.call(|network| network.set_tensor(name, data))
    }

    /// Frees the network; later calls throw `disposed`.
    pub fn dispose(&mut self) {
        self.network = None;
    }

    fn built(build: impl FnOnce() -> Result<decolle_network::Network, Fault>) -> Result<Self, Error> {
        build().map(|network| Self { network: Some(Box::new(network)) }).map_err(thrown)
    }

    fn call<T>(&mut self, call: impl FnOnce(&mut decolle_network::Network) -> Result<T, Fault>) -> Result<T, Error> {
        let network = self.network.as_mut().ok_or_else(decolle_border::disposed).map_err(thrown)?;
        call(network).map_err(thrown)
    }
}
