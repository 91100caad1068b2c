//! Checkpoints: safetensors files that hold the whole network, so that training resumes bit for bit.
//!
//! The metadata has one entry, `decolle`: a JSON object with the format's version, the specification, the counters, the
//! state of the sequence, and what the user stored. One entry, because the order of several would be random.

use decolle_error::{Code, Fault, Result, reserve};
use decolle_json::{Read, Value};
use decolle_layer::{Batch, Counted, Layer, Window};
use decolle_learning::Occurrences;
use decolle_specification::{LayerSpecification, Specification};

use crate::counters::{Counters, MOST_COUNTED};
use crate::file::{Entry, File};
use crate::memory::{self, Need};
use crate::network::Network;

/// Version of the format; a file with a greater one is refused.
const VERSION: u32 = 1;

struct Header {
    version: u32,
    specification: Value,
    counters: Counters,
    sequence_step: u64,
    samples: u64,
    accumulated: u64,
    /// Events of late, layer by layer; empty in files from before there was a choice to be made by them.
    windows: Vec<Window>,
    /// Error events since the last update, layer by layer, where a threshold depends on them.
    error_events: Vec<Occurrences>,
    /// Spikes since the last update, layer by layer, where a layer has a budget of them.
    spikes: Vec<Occurrences>,
    metadata: Value,
}

decolle_json::object! {
    Header {
        version,
        specification,
        counters,
        sequence_step,
        samples,
        accumulated,
        windows = Vec::new(),
        error_events = Vec::new() => omitted,
        spikes = Vec::new() => omitted,
        metadata,
    }
}

fn fault(message: impl Into<String>) -> Fault {
    Fault::new(Code::Checkpoint, message)
}

impl Network {
    /// The network as a safetensors file; `metadata` is a JSON object to keep beside it.
    ///
    /// # Errors
    /// `busy` while a batch is being worked on, `config` where the metadata is no JSON object, `memory` where there is none for
    /// the file.
    pub fn checkpoint(&self, metadata: &str) -> Result<Vec<u8>> {
        self.check_idle()?;
        let metadata = decolle_json::parse(metadata)
            .ok()
            .filter(Value::is_object)
            .ok_or_else(|| Fault::at(Code::Config, &"metadata", &"expected a JSON object"))?;
        let header = Header {
            version: VERSION,
            specification: self.specification.to_json(),
            counters: self.counters,
            sequence_step: self.sequence_step,
            samples: self.samples as u64,
            accumulated: self.layers.first().map_or(0, |layer| layer.accumulated as u64),
            windows: self.layers.iter().map(|layer| layer.batch.window).collect(),
            error_events: self.counted(|layer| (layer.constants.trigger?.moves()).then_some(layer.counted.errors)),
            spikes: self.counted(|layer| (layer.constants.regularizer?.moves()).then_some(layer.counted.spikes)),
            metadata,
        };
        let names = self.saved_names();
        let mut need = Need::default();
        for name in &names {
            // As bytes, and among those of the file.
            need.join(memory::of_tensor(name, &self.tensor_shape(name)?, 2));
        }
        need.demand(self.bytes)?;
        let tensors = names
            .into_iter()
            .map(|name| {
                let tensor = self.tensor(&name)?;
                let mut bytes = Vec::new();
                reserve(&mut bytes, 4 * tensor.data.len(), &name)?;
                tensor.data.iter().for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
                Ok((name, tensor.shape, bytes))
            })
            .collect::<Result<Vec<_>>>()?;
        crate::file::write(tensors, "decolle", &decolle_json::write(&header))
    }

    /// Builds the network that a checkpoint holds, with 1 to 1024 threads of its own.
    ///
    /// # Errors
    /// `checkpoint` for a damaged or foreign file, with what was found.
    pub fn from_checkpoint(bytes: &[u8], threads: usize) -> Result<Self> {
        let file = open(bytes)?;
        let header = read_header(&file)?;
        let specification = read_specification(&header)?;
        check_tensors(&file, &specification)?;
        let mut network = Self::build(specification, threads, 0)?;
        network.fill(&file, header)?;
        Ok(network)
    }

    /// Replaces weights, state and counters by those of a checkpoint of the same layers.
    ///
    /// # Errors
    /// `checkpoint` for a damaged or foreign file or other layers, `busy` while a batch is being worked on. After an
    /// error nothing has changed.
    pub fn restore(&mut self, bytes: &[u8]) -> Result<()> {
        self.check_idle()?;
        let file = open(bytes)?;
        let header = read_header(&file)?;
        let specification = read_specification(&header)?;
        if specification.layers != self.specification.layers || specification.input != self.specification.input {
            return Err(Fault::unfit(Code::Checkpoint, &"specification.layers", &"those of this network", &"others"));
        }
        check_tensors(&file, &specification)?;
        let mut network = Self::build(specification, 1, self.bytes)?;
        network.fill(&file, header)?;
        std::mem::swap(&mut self.threads, &mut network.threads);
        std::mem::swap(&mut self.snapshots, &mut network.snapshots);
        network.level = self.level;
        *self = network;
        Ok(())
    }

    /// What one controller goes by, layer by layer; nothing where no layer has one.
    fn counted(&self, of: impl Fn(&Layer) -> Option<Occurrences>) -> Vec<Occurrences> {
        if self.layers.iter().any(|layer| of(layer).is_some()) {
            self.layers.iter().map(|layer| of(layer).unwrap_or_default()).collect()
        } else {
            Vec::new()
        }
    }

    fn fill(&mut self, file: &File<'_>, header: Header) -> Result<()> {
        let samples = decolle_number::saturated(header.samples);
        self.samples = samples;
        for (index, layer) in self.layers.iter_mut().enumerate() {
            let of = |all: &[Occurrences]| all.get(index).copied().unwrap_or_default();
            layer.counted = Counted { errors: of(&header.error_events), spikes: of(&header.spikes) };
            layer.accumulated = decolle_number::saturated(header.accumulated);
            layer.updates = header.counters.updates;
        }
        if self.samples > 0 {
            // The state in the file bounds what is made here, whatever the header claims.
            for name in self.saved_names().iter().filter(|name| name.starts_with("state.")) {
                check_tensor(file, name, &self.tensor_shape(name)?)?;
            }
            memory::of_state(&self.layers, samples).demand(self.bytes)?;
            for layer in &mut self.layers {
                layer.batch = Batch::new(&layer.constants, samples);
            }
            for (index, layer) in self.layers.iter_mut().enumerate() {
                layer.batch.carried &= file.tensor(&format!("state.layers.{index}.carriedPotential")).is_some();
                layer.batch.window = header.windows.get(index).copied().unwrap_or_default();
            }
        }
        let names = self.saved_names();
        for name in file.names() {
            if !names.iter().any(|expected| expected == name) {
                return Err(Fault::at(Code::Checkpoint, &name, &"expected no such tensor"));
            }
        }
        for name in names {
            let view = check_tensor(file, &name, &self.tensor_shape(&name)?)?;
            let numbers = view.data.as_chunks::<4>().0;
            let mut data = Vec::new();
            reserve(&mut data, numbers.len(), &name)?;
            data.extend(numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)));
            self.put_one_of_all(&name, &data).map_err(|error| error.coded(Code::Checkpoint))?;
        }
        self.counters = header.counters;
        self.sequence_step = header.sequence_step;
        self.metadata = decolle_json::write(&header.metadata);
        Ok(())
    }
}

fn open(bytes: &[u8]) -> Result<File<'_>> {
    File::read(bytes).map_err(|reason| Fault::new(Code::Checkpoint, format!("no safetensors file: {reason}")))
}

/// A tensor of a file, which has to be of float32 and these axes.
fn check_tensor<'f, 'a>(file: &'f File<'a>, name: &str, axes: &[usize]) -> Result<&'f Entry<'a>> {
    let entry = file.tensor(name).ok_or_else(|| Fault::unfit(Code::Checkpoint, &name, &"it", &"nothing"))?;
    match entry.departs(axes) {
        Some(reason) => Err(Fault::at(Code::Checkpoint, &name, &reason)),
        None => Ok(entry),
    }
}

/// Compares a file with the layers that its specification claims, before any of them is built: then what is built is about
/// as large as the file.
fn check_tensors(file: &File<'_>, specification: &Specification) -> Result<()> {
    let shapes = specification.shapes().map_err(|error| error.coded(Code::Checkpoint))?;
    let classes = specification.readout.units;
    for (index, (shape, layer)) in shapes.iter().zip(&specification.layers).enumerate() {
        let (mut weights, outputs) = (shape.axes.of_weights(&shape.geometry), shape.geometry.outputs);
        if let LayerSpecification::Dense(dense) = layer
            && dense.recurrent
        {
            weights[1] -= dense.own_inputs();
            check_tensor(file, &format!("layers.{index}.recurrentWeight"), &[outputs, outputs])?;
        }
        check_tensor(file, &format!("layers.{index}.weight"), &weights)?;
        check_tensor(file, &format!("layers.{index}.bias"), &[outputs])?;
        for name in ["weight", "feedback"] {
            check_tensor(file, &format!("readouts.{index}.{name}"), &[classes, shape.units()])?;
        }
        for moment in specification.optimizer.moments() {
            check_tensor(file, &format!("optimizer.layers.{index}.weight.{moment}"), &weights)?;
        }
    }
    Ok(())
}

/// Checks what is counted.
fn check_counts(header: &Header) -> Result<()> {
    let Header { counters, sequence_step, samples, accumulated, .. } = header;
    for (name, found, most) in [
        ("counters.steps", counters.steps, MOST_COUNTED),
        ("counters.updates", counters.updates, MOST_COUNTED),
        ("sequenceStep", *sequence_step, MOST_COUNTED),
        ("samples", *samples, 1 << 20),
        ("accumulated", *accumulated, 1 << 26),
    ] {
        if found > most {
            return Err(Fault::unfit(
                Code::Checkpoint,
                &format_args!("metadata.decolle.{name}"),
                &format_args!("at most {most}"),
                &found,
            ));
        }
    }
    Ok(())
}

fn read_header(file: &File<'_>) -> Result<Header> {
    let entry = file
        .text("decolle")
        .ok_or_else(|| Fault::unfit(Code::Checkpoint, &"metadata", &"an entry \"decolle\"", &"none"))?;
    let header = decolle_json::parse(entry)
        .and_then(Header::read)
        .map_err(|misfit| misfit.within("metadata.decolle").fault("metadata.decolle").coded(Code::Checkpoint))?;
    if header.version != VERSION {
        return Err(Fault::unfit(Code::Checkpoint, &"version", &VERSION, &header.version));
    }
    if !header.metadata.is_object() {
        return Err(Fault::at(Code::Checkpoint, &"metadata.decolle.metadata", &"expected an object"));
    }
    check_counts(&header)?;
    Ok(header)
}

fn read_specification(header: &Header) -> Result<Specification> {
    let specification = Specification::from_value(header.specification.clone())
        .map_err(|error| error.of("metadata.decolle.specification").coded(Code::Checkpoint))?;
    let layers = specification.layers.len();
    let Header { windows, error_events, spikes, .. } = header;
    for (name, found) in [("windows", windows.len()), ("errorEvents", error_events.len()), ("spikes", spikes.len())] {
        if found != 0 && found != layers {
            let message = format!("metadata.decolle.{name}: expected one for each of {layers} layers, found {found}");
            return Err(fault(message));
        }
    }
    Ok(specification)
}
