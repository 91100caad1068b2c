//! A network: its layers, counters and threads.

use std::sync::Arc;

use decolle_error::{Code, Fault, Result};
use decolle_json::{Value, Write};
use decolle_layer::{Batch, Constants, FrequencyScratch, Layer, ProgramReasons, Snapshot};
use decolle_learning::Rate;
use decolle_neuron::{DecayValues, Lif, TraceDynamics};
use decolle_specification::Specification;
use decolle_synapse::{Level, Weights, level};
use decolle_threads::Threads;

use crate::counters::Counters;
use crate::memory::{self, Kept};
use crate::work::{NetworkSnapshot, Work};

/// A network, its state and its learning.
pub struct Network {
    pub(crate) specification: Specification,
    pub(crate) layers: Vec<Layer>,
    pub(crate) counters: Counters,
    /// Steps since the sequence began.
    pub(crate) sequence_step: u64,
    /// Samples that the neuron state is for; 0 at rest.
    pub(crate) samples: usize,
    /// Bytes that its layers hold without a batch, at most; and those that batches have left to be used again.
    pub(crate) bytes: u64,
    pub(crate) kept: Kept,
    pub(crate) threads: Arc<Threads>,
    pub(crate) level: Level,
    pub(crate) work: Option<Work>,
    /// What [`Network::take_snapshot`] has taken, the latest last.
    pub(crate) snapshots: Vec<NetworkSnapshot>,
    /// Memories of the last batch, to write over.
    pub(crate) spare: Vec<Snapshot>,
    /// Where whichever layer is at work does so in the frequency domain.
    pub(crate) frequency: FrequencyScratch,
    /// What the user stored beside the network, a JSON object.
    pub(crate) metadata: String,
}

/// What [`Network::describe`] tells.
struct Description {
    counters: Counters,
    input_size: usize,
    layers: Vec<DescribedLayer>,
    metadata: Value,
    parameters: usize,
    readout_units: usize,
    simd: &'static str,
    specification: Value,
    threads: usize,
}

decolle_json::written! {
    Description { counters, input_size, layers, metadata, parameters, readout_units, simd, specification, threads }
}

/// What it tells of a layer.
struct DescribedLayer {
    input_shape: Vec<usize>,
    neurons: usize,
    parameters: usize,
    pooled_shape: Vec<usize>,
    programs: DescribedPrograms,
    shape: Vec<usize>,
    r#type: &'static str,
    units: usize,
}

decolle_json::written! {
    DescribedLayer { input_shape, neurons, parameters, pooled_shape, programs, shape, r#type, units }
}

/// What of a layer runs as a program, with the reason.
struct DescribedPrograms(ProgramReasons);

impl Write for DescribedPrograms {
    fn write(&self, text: &mut String) {
        let ProgramReasons { inputs, neurons, cost, delta, gradient } = &self.0;
        let parts: [&dyn Write; 5] = [inputs, neurons, cost, delta, gradient];
        decolle_json::put_fields(text, &["inputs", "neurons", "cost", "delta", "gradient"], &parts.map(Some));
    }
}

/// The SIMD level that networks use here: `avx512`, `avx2`, `sse4.2`, `sse2`, `neon`, `simd128` or `scalar`.
pub fn simd_name() -> &'static str {
    level::name(level::best())
}

/// The SIMD level of this name, for [`Network::set_level`].
///
/// # Errors
/// `config` where this machine has none of that name, with those that it has.
pub fn level_named(name: &str) -> Result<Level> {
    let levels = level::all();
    levels.iter().copied().find(|&level| level::name(level) == name).ok_or_else(|| {
        let names: Vec<&str> = levels.iter().map(|&level| level::name(level)).collect();
        Fault::unfit(Code::Config, &"DECOLLE_SIMD", &format_args!("one of {}", names.join(", ")), &name)
    })
}

impl Network {
    /// Builds the network that `specification` (JSON) describes, with 1 to 1024 threads to work on.
    ///
    /// # Errors
    /// `config`, `range` or `shape`, with the path of the field; `memory` where there is not enough; `backend` if the threads
    /// cannot start.
    pub fn new(specification: &str, threads: usize) -> Result<Self> {
        Self::build(Specification::from_json(specification)?, threads, 0)
    }

    /// Builds a network beside `held` bytes that another one takes.
    pub(crate) fn build(specification: Specification, threads: usize, held: u64) -> Result<Self> {
        let level = level::best();
        let shapes = specification.shapes()?;
        let need = memory::of_network(&specification, &shapes);
        need.demand(held)?;
        let mut bytes = need.total();
        let mut layers = Vec::with_capacity(specification.layers.len());
        for (index, shape) in shapes.iter().enumerate() {
            let constants = Constants::new(&specification, index, shape.input)?;
            let need = memory::of_learned(&constants);
            need.demand(bytes.saturating_add(held))?;
            bytes = bytes.saturating_add(need.total());
            layers.push(draw_layer(&specification, constants, level));
        }
        // Last, so that a specification that is refused has started none.
        let threads = Threads::shared(threads)?;
        Ok(Self {
            specification,
            layers,
            counters: Counters::default(),
            sequence_step: 0,
            samples: 0,
            bytes,
            kept: Kept::default(),
            threads,
            level,
            work: None,
            snapshots: Vec::new(),
            spare: Vec::new(),
            frequency: FrequencyScratch::default(),
            metadata: "{}".into(),
        })
    }

    /// Makes all later work run with one SIMD level of this machine, for tests and benchmarks; all give the same bits.
    pub fn set_level(&mut self, level: Level) {
        self.level = level;
    }

    /// Inputs of a sample.
    pub fn inputs(&self) -> usize {
        self.specification.input.axes().iter().product()
    }

    /// Readout units of every layer.
    pub fn readout_units(&self) -> usize {
        self.specification.readout.units
    }

    /// JSON: the full specification, shapes of all layers and what runs for them, counters, threads, SIMD level, the user's metadata.
    pub fn describe(&self) -> String {
        let layers: Vec<_> = self
            .layers
            .iter()
            .map(|layer| {
                let Constants { geometry, input_shape, axes, pooled_plane, reasons, .. } = &layer.constants;
                let shape = |plane: &[usize; 2]| axes.of([geometry.outputs, plane[0], plane[1]]);
                DescribedLayer {
                    input_shape: if geometry.is_dense() {
                        vec![layer.constants.inputs_from_below()]
                    } else {
                        axes.of(*input_shape)
                    },
                    neurons: geometry.neurons(),
                    parameters: parameters(layer),
                    pooled_shape: shape(pooled_plane),
                    programs: DescribedPrograms(*reasons),
                    shape: shape(&geometry.output_plane),
                    r#type: axes.layer(),
                    units: layer.constants.units(),
                }
            })
            .collect();
        decolle_json::write(&Description {
            counters: self.counters,
            input_size: self.inputs(),
            layers,
            metadata: decolle_json::parse(&self.metadata).expect("checked when it was stored"),
            parameters: self.layers.iter().map(parameters).sum(),
            readout_units: self.readout_units(),
            simd: level::name(self.level),
            specification: self.specification.to_json(),
            threads: self.threads.count(),
        })
    }

    /// Sets all neuron state to zero and ends the sequence; weights and optimiser stay.
    ///
    /// # Errors
    /// `busy` while a batch is being worked on.
    pub fn reset(&mut self) -> Result<()> {
        self.check_idle()?;
        self.spare.clear();
        self.kept = Kept::default();
        for layer in &mut self.layers {
            layer.batch = Batch::default();
        }
        (self.samples, self.sequence_step) = (0, 0);
        Ok(())
    }

    /// Tells the learning-rate schedule which epoch runs, counted from 0.
    pub fn set_epoch(&mut self, epoch: u32) {
        self.counters.epoch = epoch;
    }

    pub(crate) fn rate(&self) -> f32 {
        let rate: Rate = self.specification.optimizer.rate();
        rate.at(self.counters.epoch)
    }

    pub(crate) fn check_idle(&self) -> Result<()> {
        if self.work.is_some() {
            return Err(Fault::new(Code::Busy, "the network is at work on a batch; finish or cancel it first"));
        }
        Ok(())
    }
}

fn parameters(layer: &Layer) -> usize {
    layer.constants.geometry.outputs * (layer.constants.geometry.fan_in() + 1)
}

/// Drawn weights with those of recurrent synapses, which are zero at first, behind those of each unit.
fn with_recurrent(drawn: Vec<f32>, constants: &Constants) -> Vec<f32> {
    let (below, own) = (constants.inputs_from_below(), constants.own_inputs);
    if own == 0 {
        return drawn;
    }
    drawn.chunks_exact(below).flat_map(|row| row.iter().copied().chain(std::iter::repeat_n(0.0, own))).collect()
}

/// A layer with freshly drawn weights.
fn draw_layer(specification: &Specification, constants: Constants, level: Level) -> Layer {
    let geometry = &constants.geometry;
    let neuron = specification.settings(constants.index).neuron.lif();
    // Biases of neurons that take their inputs otherwise are as small as those of the default neuron.
    let decays = match (neuron, constants.leaks()) {
        (Some(lif), _) => [lif.alpha.mean(), lif.beta.mean()],
        (None, None) => [Lif::default().alpha.mean(), Lif::default().beta.mean()],
        (None, Some(TraceDynamics { alpha: DecayValues::Shared(alpha), beta: DecayValues::Shared(beta), .. })) => {
            [*alpha, *beta]
        }
        (None, Some(_)) => [0.0; 2],
    };
    let bias_scale = (1.0 - decays[0]) * (1.0 - decays[1]);
    let (drawn, bias) = specification.initialization.uniform().draw(
        specification.seed,
        constants.index,
        geometry.is_dense(),
        geometry.outputs,
        geometry.fan_in() - constants.own_inputs,
        bias_scale,
    );
    let drawn = with_recurrent(drawn, &constants);
    let mut weights = Weights::zeros(geometry);
    Weights::set_weights(geometry, &mut weights.slices, &drawn);
    Weights::set_bias(geometry, &mut weights.slices, &bias);
    weights.pack(level, geometry);
    Layer::new(constants, weights)
}
