//! How much memory a network, a batch or a checkpoint will take, known before any of it is taken.
//!
//! Sizes come from what users write, so their products are computed in 64 bits and saturate. What is found is compared with
//! [`CEILING`], and then asked of the allocator in one piece, which is given back at once: that is the one place where
//! memory can be refused, with the name of what asks for most of it. What is allocated afterwards fits into that piece.
//! And no length of an array is greater than the bytes it takes, so that no product of lengths wraps, where `usize` has 32
//! bits, once the sum was admitted.

use decolle_error::{Bytes, Code, Fault, Result};
use decolle_layer::{Block, Constants, Layer, Learner, Options, Sample, frequency_bytes};
use decolle_neuron::{Decay, Lif};
use decolle_number::product;
use decolle_program::{InputProgram, NeuronProgram};
use decolle_specification::{LayerSpecification, Shape, Specification};
use decolle_synapse::Geometry;
use decolle_synapse::events::Plane;

use crate::recording;

/// Most bytes that a network and its batch may take together: 64 GiB, where a build cannot address less.
pub(crate) const CEILING: u64 = if usize::BITS < 64 { 1 << 32 } else { 64 << 30 };

/// Most bytes of one array.
const LARGEST: u64 = isize::MAX.unsigned_abs() as u64;

/// Bytes of a number.
const FLOAT: u64 = size_of::<f32>() as u64;

/// What an allocator adds to a piece of memory that starts at a cache line, at most.
const OVERHEAD: u64 = 96;

/// How many times its numbers a list takes that grows by doubling, while it does.
const GROWING: usize = 3;

/// Steps that are kept at a time, at most.
const KEPT: u64 = 64;

/// Bytes to be taken, by what asks for them.
#[derive(Default)]
pub(crate) struct Need(Vec<(String, u64)>);

impl Need {
    /// Adds what `field` asks for.
    pub(crate) fn add(&mut self, field: impl Into<String>, bytes: u64) {
        self.0.push((field.into(), bytes));
    }

    /// Adds all that another one asks for.
    pub(crate) fn join(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The sum.
    pub(crate) fn total(&self) -> u64 {
        self.0.iter().fold(0, |sum, (_, bytes)| sum.saturating_add(*bytes))
    }

    /// Finds out whether it can be had beside `held` bytes.
    ///
    /// # Errors
    /// `memory`, naming what asks for most.
    pub(crate) fn demand(&self, held: u64) -> Result<()> {
        self.demand_new(held, self.total())
    }

    /// Finds out whether it can be had beside `held` bytes, where the allocator has to give no more than `new` bytes of it.
    fn demand_new(&self, held: u64, new: u64) -> Result<()> {
        let total = self.total();
        let arrays = self.0.iter().all(|(_, bytes)| *bytes <= LARGEST);
        if arrays && total.saturating_add(held) <= CEILING && there_is(new) {
            return Ok(());
        }
        let (field, bytes) = self.0.iter().max_by_key(|(_, bytes)| *bytes).cloned().unwrap_or_default();
        let rest = if bytes == total { String::new() } else { format!(", {} with all else", Bytes(total)) };
        Err(Fault::at(Code::Memory, &field, &format_args!("needs {}{rest}, which cannot be had here", Bytes(bytes))))
    }
}

/// What a batch will take beside the network and its own lists, by what becomes of it afterwards.
pub(crate) struct OfBatch {
    /// Copies of weights, kept once they were made.
    weights: Need,
    /// State of the samples, kept for as many.
    state: Need,
    /// Where layers work, kept as this batch leaves it.
    work: Need,
    /// Gone with the batch.
    passing: Need,
    mode: Mode,
}

/// Whether a batch learns, and whether it has a single sample: what layers work in differs by that.
type Mode = (bool, bool);

/// Bytes that batches have left to be used again.
#[derive(Clone, Copy, Default)]
pub(crate) struct Kept {
    weights: u64,
    state: u64,
    work: u64,
    mode: Mode,
}

impl OfBatch {
    /// Finds out whether it can be had beside `held` bytes; the allocator is only asked for what is not kept from before. Gives
    /// what will be kept then.
    ///
    /// # Errors
    /// `memory`, naming what asks for most.
    pub(crate) fn demand(self, held: u64, kept: Kept) -> Result<Kept> {
        let Self { weights, state, work, passing, mode } = self;
        let after = Kept { weights: kept.weights.max(weights.total()), state: state.total(), work: work.total(), mode };
        // What other modes have left need not be what this one works in.
        let worked = if kept.mode == mode { kept.work } else { 0 };
        let new = (after.weights - kept.weights)
            .saturating_add(after.state.saturating_sub(kept.state))
            .saturating_add(after.work.saturating_sub(worked))
            .saturating_add(passing.total());
        let mut need = weights;
        [state, work, passing].into_iter().for_each(|part| need.join(part));
        need.demand_new(held, new)?;
        Ok(after)
    }
}

/// Whether the allocator has so many bytes, in one piece, or in several where that would be larger than any may be.
fn there_is(mut bytes: u64) -> bool {
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    while bytes > 0 {
        let piece = bytes.min(LARGEST);
        let mut reserved = Vec::new();
        if reserved.try_reserve_exact(decolle_number::saturated(piece)).is_err() {
            return false;
        }
        pieces.push(reserved);
        bytes -= piece;
    }
    true
}

/// What the network that a specification describes will hold.
pub(crate) fn of_network(specification: &Specification, shapes: &[Shape]) -> Need {
    let mut need = Need::default();
    let classes = specification.readout.units;
    let mut passing = 0u64;
    for (index, (shape, layer)) in shapes.iter().zip(&specification.layers).enumerate() {
        let geometry = &shape.geometry;
        let size = match layer {
            LayerSpecification::Dense(_) => "units",
            LayerSpecification::Conv1d(_) | LayerSpecification::Conv2d(_) => "channels",
        };
        let moments = specification.optimizer.moments().len();
        need.add(format!("layers[{index}].{size}"), weights(geometry, moments));
        need.add(
            format!("layers[{index}]"),
            lists(geometry) + decays(geometry, specification.settings(index).neuron.lif()),
        );
        let readout = [shape.units(), unit_memory(geometry, shape.pooled_positions())];
        let readout =
            readout.map(|units| product([units, classes])).iter().fold(0u64, |sum, part| sum.saturating_add(*part));
        let places = (shape.units() + 2 * classes) as u64;
        need.add("readout.units", readout.saturating_add(places).saturating_mul(FLOAT));
        // What is drawn, before it finds its place.
        let copies = if matches!(layer, LayerSpecification::Dense(dense) if dense.recurrent) { 2 } else { 1 };
        let drawn = product([copies, geometry.outputs, geometry.fan_in()]).max(product([2, classes, shape.units()]));
        passing = passing.max(drawn.saturating_mul(FLOAT));
    }
    need.add("layers", passing);
    need
}

/// Places in memory for outputs at some positions.
fn unit_memory(geometry: &Geometry, positions: usize) -> usize {
    geometry.blocks() * geometry.block * positions
}

/// Numbers in the slices of weights and biases of a layer.
fn sliced(geometry: &Geometry) -> u64 {
    let outputs = geometry.blocks() * geometry.block;
    product([outputs, geometry.rows, geometry.row_padded]).saturating_add(outputs as u64)
}

/// Weights in all layouts, and what learning keeps for them.
fn weights(geometry: &Geometry, moments: usize) -> u64 {
    let slices = sliced(geometry).saturating_mul(2 + moments as u64);
    let (mut panels, mut lists) = (0u64, 0u64);
    if !geometry.is_dense() {
        let outputs = geometry.blocks() * geometry.block;
        // Panels, and stencils where there are any.
        panels = product([outputs, geometry.fan_in() + 1]).saturating_add(stencils(geometry));
        let room = decolle_layer::samples_at_once(geometry) * geometry.positions();
        lists = product([2, outputs, room.next_multiple_of(16) + 16]);
    }
    let pieces = geometry.slices() as u64 * (size_of::<Learner>() as u64 + 12 * OVERHEAD);
    slices.saturating_add(panels).saturating_add(lists).saturating_mul(FLOAT).saturating_add(pieces)
}

/// Numbers in the weights of a convolution as events read them, where it takes any.
fn stencils(geometry: &Geometry) -> u64 {
    if !geometry.takes_events() {
        return 0;
    }
    (0..geometry.strips()).fold(0, |sum, strip| sum.saturating_add(geometry.stencil_length(strip) as u64))
}

/// Where inputs and positions lie.
fn lists(geometry: &Geometry) -> u64 {
    let each = if geometry.is_dense() { 4 } else { 12 };
    product([each, geometry.inputs]) + product([4, geometry.positions()])
}

/// Decay factors that are drawn one by one, before and after they find their places.
fn decays(geometry: &Geometry, neuron: Option<&Lif>) -> u64 {
    let Some(lif) = neuron else { return 0 };
    let drawn = |decay: &Decay, memory: usize, count: usize| {
        if matches!(decay, Decay::Drawn { .. }) { (memory + count) as u64 * FLOAT } else { 0 }
    };
    let neurons = unit_memory(geometry, geometry.positions());
    drawn(&lif.alpha, geometry.trace_plane, geometry.inputs)
        + drawn(&lif.beta, geometry.trace_plane, geometry.inputs)
        + drawn(&lif.gamma, neurons, geometry.neurons())
}

/// What constants that learn will hold in a layer.
pub(crate) fn of_learned(constants: &Constants) -> Need {
    let mut need = Need::default();
    let each = constants.neuron_memory() as u64 + 4 * constants.geometry.outputs as u64;
    let bytes = (each * FLOAT + 5 * OVERHEAD).saturating_mul(constants.learned.len() as u64);
    need.add(format!("layers[{}].neuron", constants.index), bytes);
    need
}

/// The state of some samples at rest.
pub(crate) fn of_state(layers: &[Layer], samples: usize) -> Need {
    let mut need = Need::default();
    for layer in layers {
        need.add("samples", state(&layer.constants).saturating_mul(samples as u64));
    }
    need
}

/// The state of one sample.
fn state(constants: &Constants) -> u64 {
    let geometry = &constants.geometry;
    let (neurons, units) = (constants.neuron_memory() as u64, constants.unit_memory() as u64);
    let program = constants.neurons.program();
    let states = program.map_or(1, |program| program.states().len() + program.extra()) as u64;
    let carried = if constants.carried.is_some() { 2 } else { 0 };
    let mut numbers = neurons.saturating_mul(2 + states + carried);
    if constants.is_pooled() {
        numbers = numbers.saturating_add(2 * units);
    }
    // Events and which of them are own spikes, traces, what weights meet.
    let of_program =
        |input: &InputProgram| 1 + usize::from(input.tells_recurrent()) + input.traces().len() + input.presynaptic();
    let planes = constants.input_program().map_or(2, of_program) as u64;
    numbers = numbers.saturating_add(planes.saturating_mul(geometry.trace_plane as u64));
    if let Some(synapse) = &constants.eligibility {
        let each = product([synapse.names().len(), geometry.inputs, geometry.blocks() * geometry.block]);
        numbers = numbers.saturating_add(each).saturating_add(geometry.inputs as u64);
    }
    // Which units fired; readout, error and votes.
    numbers = numbers.saturating_add(units.saturating_add(3 * constants.readout.classes() as u64));
    numbers = numbers.saturating_add(draws(constants).div_ceil(FLOAT));
    let pieces = geometry.blocks() as u64 * (size_of::<Block>() as u64 + (8 + states) * OVERHEAD);
    let judgement = constants.judgement.program().map_or(0, |program| program.scratch().bytes() + 2 * OVERHEAD);
    let scratch = judgement + program.map_or(0, |program| program.scratch().bytes() + 2 * OVERHEAD);
    let sample = size_of::<Sample>() as u64 + 8 * OVERHEAD;
    numbers.saturating_mul(FLOAT).saturating_add(pieces).saturating_add(scratch).saturating_add(sample)
}

/// Bytes of a sample's draws for a step.
fn draws(constants: &Constants) -> u64 {
    if constants.readout_settings.dropout > 0.0 { 2 * constants.unit_memory() as u64 } else { 0 }
}

/// A copy of what learning changes.
pub(crate) fn of_weights(layers: &[Layer]) -> Need {
    let mut need = Need::default();
    for layer in layers {
        let Layer { constants, learners, .. } = layer;
        let kept = constants.optimizer.moments().len() as u64;
        let pieces = learners.len() as u64 * 6 * OVERHEAD;
        let copies = sliced(&constants.geometry).saturating_mul((2 + kept) * FLOAT).saturating_add(pieces);
        need.add(format!("layers[{}]", constants.index), copies.saturating_add(of_learned(constants).total()));
    }
    need
}

/// All that work on a batch takes beside the network and the batch: what there is to go back to, the state of its samples,
/// and where layers work. Lists of spikes between layers grow with the spikes, and are asked for when they do.
pub(crate) fn of_batch(layers: &[Layer], options: &Options, events: usize, threads: usize) -> OfBatch {
    let Options { samples, learn, .. } = *options;
    let weights = if learn { of_weights(layers) } else { Need::default() };
    let mut work = Need::default();
    for layer in layers {
        let [own, _] = frequency_bytes(&layer.constants, options, threads);
        work.add(format!("layers[{}]", layer.constants.index), of_work(&layer.constants, options).saturating_add(own));
    }
    // One layer after the other works in what they share.
    let frequency = layers.iter().map(|layer| frequency_bytes(&layer.constants, options, threads));
    if let Some(([_, shared], layer)) = frequency.zip(0..).max_by_key(|([_, shared], _)| *shared) {
        work.add(format!("layers[{layer}]"), shared);
    }
    let mut passing = Need::default();
    if !learn {
        // What steps of silence are compared with.
        passing.join(of_state(layers, samples));
    }
    // Copies of a chunk of its lists.
    passing.add("input", product([24, events]));
    let classes = layers.first().map_or(0, |layer| layer.constants.readout.classes());
    passing.add("samples", product([4, layers.len(), samples, classes + 1]));
    if let Some(record) = &options.record {
        passing.add("record", recording::bytes(layers, record, options));
    }
    // As it is, and as it was before the batch.
    let mut state = of_state(layers, samples);
    state.join(of_state(layers, samples));
    OfBatch { weights, state, work, passing, mode: (learn, samples == 1) }
}

/// Where a layer works on a batch.
fn of_work(constants: &Constants, options: &Options) -> u64 {
    let Options { samples, learn, .. } = *options;
    let geometry = &constants.geometry;
    let (neurons, units) = (constants.neuron_memory(), constants.unit_memory());
    let presynaptic = constants.input_program().map_or(1, InputProgram::presynaptic);
    let mut numbers = product([presynaptic, samples, neurons]);
    if geometry.is_dense() {
        // Traces that are not zero, sample by sample and input by input; and δ, block by block.
        numbers = numbers.saturating_add(product([4, samples, geometry.trace_plane]));
        numbers = numbers.saturating_add(if learn { product([samples, neurons]) } else { 0 });
    }
    if learn {
        numbers = numbers.saturating_add(product([samples, units, 1 + constants.judgement.other_deltas()]));
    }
    let mut bytes = numbers.saturating_mul(FLOAT);
    if constants.carried.is_some() && !constants.propagation.is_dense() {
        bytes = bytes.saturating_add(stretch(constants, options));
    }
    bytes
}

/// Where a layer works by events.
fn stretch(constants: &Constants, options: &Options) -> u64 {
    let Options { samples, steps, learn, update_every, .. } = *options;
    let geometry = &constants.geometry;
    let dense = geometry.is_dense();
    let rooms = decolle_layer::samples_at_work(dense, learn, samples) as u64;
    let mut kept = if learn || options.keeps_potentials() || constants.judgement.looks_at_units() {
        KEPT
    } else {
        u64::from(!dense)
    };
    kept = kept.min(steps as u64);
    if learn {
        kept = kept.min(update_every.max(1) as u64);
    }
    if learn && samples == 1 {
        kept = KEPT;
    }
    let units = constants.unit_memory() as u64;
    // Potentials, and which positions won; then which of a step's units spike, a bit for each.
    let mut room = units.saturating_mul(if constants.is_pooled() { 6 } else { 4 }).saturating_mul(kept);
    room = room.saturating_add(units.saturating_mul(KEPT).div_ceil(8));
    let [rows, columns] = geometry.output_plane;
    let tile = if dense {
        0
    } else {
        product([columns, constants.pool[0], 256]).max(8192) + product([256, constants.pool[0], constants.pool[1]])
    };
    let own = constants
        .neurons
        .program()
        .map_or(0, |program: &NeuronProgram| program.scratch().bytes() + program.strips_scratch().bytes());
    let block = tile.saturating_mul(FLOAT).saturating_add(own) + 3 * geometry.block as u64 * FLOAT + 16 * OVERHEAD;
    room = room.saturating_add(block.saturating_mul(geometry.blocks() as u64));
    if !dense {
        // Where the events of each step, column and row start; and those of each channel. These lists grow by doubling, and
        // hold what they had until it is copied.
        let [_, height, width] = constants.input_shape;
        room = room.saturating_add(product([GROWING, 4, height, width]).saturating_mul(KEPT));
        room = room.saturating_add(product([GROWING, 4, geometry.channels()]).saturating_mul(2 * KEPT));
        if learn {
            let plane = product([Plane::new(geometry).length(), 8]);
            let strip = product([3, rows, columns, 16]) + plane + 6 * OVERHEAD;
            let strips = strip.saturating_mul(geometry.strips() as u64).saturating_add(stencils(geometry));
            room = room.saturating_add(strips.saturating_mul(FLOAT));
        }
    }
    if learn {
        // Errors and draws of steps whose δ wait.
        let waiting = draws(constants) + constants.readout.classes() as u64 * FLOAT + 2 * OVERHEAD;
        room = room.saturating_add(waiting.saturating_mul(decolle_layer::TOGETHER as u64));
    }
    let mut numbers = 0u64;
    if learn {
        numbers = product([2, samples, constants.neuron_memory()]);
        if dense {
            numbers = numbers.saturating_add(product([4, samples, geometry.trace_plane]));
        }
        if samples == 1 {
            numbers = numbers.saturating_add((KEPT + 2).saturating_mul(geometry.trace_plane as u64));
        }
    }
    room.saturating_mul(rooms).saturating_add(numbers.saturating_mul(FLOAT))
}

/// A tensor of these axes, so many times over.
pub(crate) fn of_tensor(name: &str, axes: &[usize], copies: u64) -> Need {
    let mut need = Need::default();
    let numbers = axes.iter().fold(FLOAT, |product, &axis| product.saturating_mul(axis as u64));
    need.add(name, numbers.saturating_mul(copies));
    need
}
