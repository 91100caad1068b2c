//! Checkpoints: safetensors files that hold the whole network, so that training resumes bit for bit.
//!
//! The metadata has one entry, `decolle`: a JSON object with the format's version, the specification, the counters, the
//! state of the sequence, and what the user stored. One entry, because the order of several would be random.

use std::collections::HashMap;

use decolle_error::{Code, Fault, Result};
use decolle_learning::ErrorEvents;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use crate::layer::{Batch, Window};
use crate::network::{Counters, Network};
use crate::specification::Specification;

/// Version of the format; a file with a greater one is refused.
const VERSION: u32 = 1;

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Header {
    version: u32,
    specification: serde_json::Value,
    counters: Counters,
    sequence_step: u64,
    samples: u64,
    accumulated: usize,
    /// Events of late, layer by layer; empty in files from before there was a choice to be made by them.
    #[serde(default)]
    windows: Vec<Window>,
    /// Error events since the last update, layer by layer, where a threshold depends on them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    error_events: Vec<ErrorEvents>,
    metadata: serde_json::Value,
}

fn fault(message: impl Into<String>) -> Fault {
    Fault::new(Code::Checkpoint, message)
}

impl Network {
    /// The network as a safetensors file; `metadata` is a JSON object to keep beside it.
    ///
    /// # Errors
    /// `busy` while a batch is being worked on, `config` where the metadata is no JSON object.
    pub fn checkpoint(&self, metadata: &str) -> Result<Vec<u8>> {
        self.check_idle()?;
        let metadata: serde_json::Value = serde_json::from_str(metadata)
            .ok()
            .filter(serde_json::Value::is_object)
            .ok_or_else(|| Fault::new(Code::Config, "metadata: expected a JSON object"))?;
        let header = Header {
            version: VERSION,
            specification: self.specification.to_json(),
            counters: self.counters,
            sequence_step: self.sequence_step,
            samples: self.samples as u64,
            accumulated: self.layers.first().map_or(0, |layer| layer.accumulated),
            windows: self.layers.iter().map(|layer| layer.batch.window).collect(),
            error_events: if self.specification.error_trigger.is_some_and(|trigger| trigger.moves()) {
                self.layers.iter().map(|layer| layer.error_events).collect()
            } else {
                Vec::new()
            },
            metadata,
        };
        let tensors = self
            .saved_names()
            .into_iter()
            .map(|name| {
                let tensor = self.tensor(&name)?;
                let bytes: Vec<u8> = tensor.data.iter().flat_map(|value| value.to_le_bytes()).collect();
                Ok((name, tensor.shape, bytes))
            })
            .collect::<Result<Vec<_>>>()?;
        let views = tensors
            .iter()
            .map(|(name, shape, bytes)| {
                TensorView::new(Dtype::F32, shape.clone(), bytes)
                    .map(|view| (name.as_str(), view))
                    .map_err(|error| fault(format!("{name}: {error}")))
            })
            .collect::<Result<Vec<_>>>()?;
        let header = serde_json::to_string(&header).expect("numbers, strings and lists always serialise");
        safetensors::serialize(views, Some(HashMap::from([("decolle".to_string(), header)])))
            .map_err(|error| fault(format!("could not be written: {error}")))
    }

    /// Builds the network that a checkpoint holds, with 1 to 1024 threads of its own.
    ///
    /// # Errors
    /// `checkpoint` for a damaged or foreign file, with what was found.
    pub fn from_checkpoint(bytes: &[u8], threads: usize) -> Result<Self> {
        let header = read_header(bytes)?;
        let specification = read_specification(&header)?;
        let mut network = Self::build(specification, threads)?;
        network.fill(bytes, header)?;
        Ok(network)
    }

    /// Replaces weights, state and counters by those of a checkpoint of the same layers.
    ///
    /// # Errors
    /// `checkpoint` for a damaged or foreign file or other layers, `busy` while a batch is being worked on. After an
    /// error nothing has changed.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<()> {
        self.check_idle()?;
        let header = read_header(bytes)?;
        let specification = read_specification(&header)?;
        if specification.layers != self.specification.layers || specification.input != self.specification.input {
            return Err(fault("specification.layers: expected those of this network, found others"));
        }
        let mut network = Self::build(specification, 1)?;
        network.fill(bytes, header)?;
        std::mem::swap(&mut self.threads, &mut network.threads);
        std::mem::swap(&mut self.remembered, &mut network.remembered);
        network.level = self.level;
        *self = network;
        Ok(())
    }

    fn fill(&mut self, bytes: &[u8], header: Header) -> Result<()> {
        let file = SafeTensors::deserialize(bytes).map_err(|error| fault(format!("no safetensors file: {error}")))?;
        if header.samples > 1 << 20 {
            return Err(fault(format!("samples: expected at most {}, found {}", 1 << 20, header.samples)));
        }
        let samples = header.samples as usize;
        self.samples = samples;
        for (index, layer) in self.layers.iter_mut().enumerate() {
            layer.error_events = header.error_events.get(index).copied().unwrap_or_default();
            layer.accumulated = header.accumulated;
            layer.updates = header.counters.updates;
        }
        if self.samples > 0 {
            // The traces in the file bound the state that is made here, whatever the header claims.
            for (index, layer) in self.layers.iter().enumerate() {
                let geometry = &layer.constants.geometry;
                let of_synapses = layer.constants.synapse().map_or(&[][..], |synapse| synapse.names()).iter();
                let of_synapses = of_synapses.map(|name| (format!("synapse.{name}"), geometry.outputs));
                let of_inputs = match layer.constants.input() {
                    Some(input) => input.traces().iter().map(|trace| (format!("input.{}", trace.name), 1)).collect(),
                    None => vec![("synapticTrace".to_string(), 1)],
                };
                for (name, each) in of_inputs.into_iter().chain(of_synapses) {
                    let name = format!("state.layers.{index}.{name}");
                    let held = file.tensor(&name).map_err(|_| fault(format!("{name}: expected it, found nothing")))?;
                    let expected = samples.checked_mul(geometry.inputs * each * 4);
                    if Some(held.data().len()) != expected {
                        return Err(fault(format!("{name}: expected the traces of {samples} samples")));
                    }
                }
            }
            for layer in &mut self.layers {
                layer.batch = Batch::new(&layer.constants, samples);
            }
            for (index, layer) in self.layers.iter_mut().enumerate() {
                layer.batch.carried &= file.tensor(&format!("state.layers.{index}.carriedPotential")).is_ok();
                layer.batch.window = header.windows.get(index).copied().unwrap_or_default();
            }
        }
        let names = self.saved_names();
        if let Some(name) = names.iter().find(|name| file.tensor(name).is_err()) {
            return Err(fault(format!("{name}: expected it, found nothing")));
        }
        for name in file.names() {
            if !names.iter().any(|expected| expected == name) {
                return Err(fault(format!("{name}: expected no such tensor")));
            }
        }
        for name in names {
            let view = file.tensor(&name).map_err(|_| fault(format!("{name}: expected it, found nothing")))?;
            if view.dtype() != Dtype::F32 {
                return Err(fault(format!("{name}: expected F32, found {:?}", view.dtype())));
            }
            let expected = self.tensor(&name)?.shape;
            if view.shape() != expected {
                return Err(fault(format!("{name}: expected shape {expected:?}, found {:?}", view.shape())));
            }
            let data: Vec<f32> =
                view.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            self.put_one_of_all(&name, &data).map_err(|error| fault(error.message))?;
        }
        self.counters = header.counters;
        self.sequence_step = header.sequence_step;
        self.metadata = header.metadata.to_string();
        Ok(())
    }
}

fn read_header(bytes: &[u8]) -> Result<Header> {
    let (_, metadata) =
        SafeTensors::read_metadata(bytes).map_err(|error| fault(format!("no safetensors file: {error}")))?;
    let entry = metadata
        .metadata()
        .as_ref()
        .and_then(|entries| entries.get("decolle"))
        .ok_or_else(|| fault("metadata: expected an entry \"decolle\", found none"))?;
    let mut reader = serde_json::Deserializer::from_str(entry);
    let header: Header = decolle_json::from(&mut reader).map_err(|mut misfit| {
        if misfit.path != "." {
            misfit.path.insert_str(0, "metadata.decolle.");
        }
        fault(misfit.fault("metadata.decolle").message)
    })?;
    if header.version != VERSION {
        return Err(fault(format!("version: expected {VERSION}, found {}", header.version)));
    }
    if !header.metadata.is_object() {
        return Err(fault("metadata.decolle.metadata: expected an object"));
    }
    Ok(header)
}

fn read_specification(header: &Header) -> Result<Specification> {
    Specification::from_json(&header.specification.to_string())
        .map_err(|error| fault(format!("metadata.decolle.specification: {}", error.message)))
}
