//! Neurons and costs of the user's, where those that ship have [`postsynaptic`](super::postsynaptic).
//!
//! Weights, traces and kernels are the same; what follows the drive is compiled from the derived rule
//! (`decolle_program::compile`).

use decolle_error::{Fault, Result};
use decolle_number::product;
use decolle_plasticity::{Model, Rule, RuleOptions, trigger_document};
use decolle_program::{
    InputProgram, Inputs, JudgementRoom, Lanes, LayerSize, LearnedConstant, MOST_MET, NeuronProgram, NeuronRoom, Parts,
    Programs, Regularization, See, SynapseProgram, Units, compile,
};
use decolle_specification::{LayerSpecification, Specification};
use decolle_synapse::{Aligned, Geometry, Level, WIDEST_BLOCK, Weights};
use decolle_threads::each;
use fearless_simd::dispatch;

use super::postsynaptic::{
    count_error_events, drive_of, fire, integrate as integrate_lif, pool, read_out, record_moments, regularizer_value,
    sum_for_regularizer,
};
use super::state::Block;
use super::{Batch, Constants, Learned, Sample, Step};

/// What learning changes.
#[derive(Clone, Copy)]
pub(super) struct Plastic<'a> {
    pub(crate) weights: &'a Weights,
    /// Constants that learn.
    pub(crate) learned: &'a [Learned],
}

impl<'a> Plastic<'a> {
    /// Constants that learn, of the neurons of a block.
    fn constants(self, block: usize, geometry: &Geometry) -> [&'a [f32]; MOST_MET] {
        let neurons = geometry.positions() * geometry.block;
        std::array::from_fn(|index| self.learned.get(index).map_or(&[][..], |learned| learned.of_block(block, neurons)))
    }
}

/// Where the programs of one sample work.
#[derive(Default)]
pub(crate) struct OwnRoom {
    pub(super) neuron: NeuronRoom,
    pub(super) judgement: JudgementRoom,
    ready: bool,
}

impl OwnRoom {
    /// Makes room where there is none yet.
    pub(super) fn prepare(&mut self, constants: &Constants) {
        let Some(programs) = constants.programs.as_ref().filter(|_| !self.ready) else { return };
        self.neuron = programs.neuron.as_ref().map(|(_, neuron)| neuron.room()).unwrap_or_default();
        self.judgement = programs.judgement.room();
        self.ready = true;
    }
}

/// The programs of layer `index` with so many units, where its neuron or its cost are the user's.
///
/// # Errors
/// Those of the derivation, with the path of the neuron or cost; `config` for what networks do not run.
pub(super) fn compile_own(specification: &Specification, index: usize, units: usize) -> Result<Option<Programs>> {
    let layer = &specification.layers[index];
    let neuron = layer.neuron().unwrap_or(&specification.neuron);
    let cost = layer.cost().unwrap_or(&specification.cost);
    let parts = Parts { neuron: neuron.lif().is_none(), cost: cost.built_in().is_none() };
    if !parts.neuron && !parts.cost {
        return Ok(None);
    }
    let place = |own: bool, field: &str| if own { format!("layers[{index}].{field}") } else { field.to_string() };
    let located = |fault: Fault| {
        let paths = [("neuron", layer.neuron().is_some()), ("cost", layer.cost().is_some())];
        let message = paths
            .into_iter()
            .find_map(|(field, own)| Some(format!("{}{}", place(own, field), fault.message.strip_prefix(field)?)))
            .unwrap_or_else(|| format!("layers[{index}]: {}", fault.message));
        Fault::new(fault.code, message)
    };
    let trigger = specification.error_trigger.map(|trigger| trigger_document(&trigger));
    let options = RuleOptions { dropout: specification.readout.dropout > 0.0 };
    let size = LayerSize {
        units,
        classes: specification.readout.units,
        time_step: specification.time_step,
        shares_weights: !matches!(layer, LayerSpecification::Dense(_)),
    };
    Model::new(&neuron.document(), &[cost.document()], trigger.as_ref())
        .and_then(|model| Rule::derive(model, options))
        .and_then(|rule| compile(&rule, parts, size))
        .map(Some)
        .map_err(located)
}

impl Constants {
    /// The user's neuron, if it is one.
    pub fn own_neuron(&self) -> Option<&NeuronProgram> {
        self.programs.as_ref()?.neuron.as_ref().map(|(_, neuron)| neuron)
    }

    /// Whether the cost is the user's.
    pub(super) fn judges_cost(&self) -> bool {
        self.programs.as_ref().is_some_and(|programs| programs.judgement.has_cost())
    }

    /// Whether the cost looks at the layer's units.
    pub fn judges_units(&self) -> bool {
        self.programs.as_ref().is_some_and(|programs| programs.judgement.looks_at_units())
    }

    /// How many δ a neuron has beside that of its weights: that of its bias, and those of further products.
    pub fn other_deltas(&self) -> usize {
        self.programs.as_ref().map_or(0, |programs| programs.judgement.others())
    }

    /// Traces of inputs where they are the user's.
    pub fn input(&self) -> Option<&InputProgram> {
        match self.programs.as_ref()?.neuron.as_ref()? {
            (Inputs::Program(program), _) => Some(program),
            (Inputs::Leaks(_), _) => None,
        }
    }

    /// The gradient of each synapse, where it is more than δ times one trace.
    pub fn synapse(&self) -> Option<&SynapseProgram> {
        self.programs.as_ref()?.synapse.as_ref()
    }

    /// Whether the drive comes with the bias in it.
    pub(super) fn takes_bias_with_drive(&self) -> bool {
        self.own_neuron().is_none_or(NeuronProgram::takes_bias_with_drive)
    }

    /// θ of the error trigger; 0 without one.
    fn error_threshold(&self) -> f32 {
        self.trigger.map_or(0.0, |trigger| trigger.threshold)
    }

    /// What weights meet, plane after plane.
    pub(super) fn met<'a>(&self, batch: &'a Batch) -> &'a [Aligned] {
        if self.input().is_some() { &batch.inputs.met } else { std::slice::from_ref(&batch.membrane) }
    }

    /// Which of what weights meet each product of the gradient is with.
    pub(super) fn terms(&self) -> &[usize] {
        match &self.programs {
            Some(programs) if programs.neuron.is_some() => &programs.terms,
            _ => &[0],
        }
    }

    /// Constants that learn.
    pub fn learned(&self) -> &[LearnedConstant] {
        self.programs.as_ref().map_or(&[], |programs| &programs.learned)
    }

    /// Bytes of eligibility traces of one sample.
    pub fn eligibility_bytes(&self) -> u64 {
        let Self { geometry, .. } = self;
        let names = self.synapse().map_or(0, |synapse| synapse.names().len());
        product([names, geometry.blocks() * geometry.block, geometry.inputs, size_of::<f32>()])
    }

    /// Whether a step cannot run by events: where its cost or δ look at more than one sample's potentials and spikes.
    pub(super) fn only_densely(&self, learns: bool, judged: bool) -> bool {
        self.programs.as_ref().is_some_and(|Programs { judgement, .. }| {
            judged && (judgement.couples_samples() || judgement.cost_looks_at_state())
                || learns && (judgement.looks_at_state() || judgement.others() > 0)
        })
    }

    /// Milliseconds from the start of the sequence to a step.
    fn time(&self, step: &Step<'_>) -> f32 {
        decolle_number::nearest(step.sequence_step as f64 * (self.time_step as f64 / 1000.0))
    }
}

/// The biases that go into the drive of a block: none where they enter elsewhere.
pub(super) fn drive_bias<'a>(constants: &Constants, bias: &'a [f32]) -> &'a [f32] {
    const NONE: [f32; WIDEST_BLOCK] = [0.0; WIDEST_BLOCK];
    if constants.takes_bias_with_drive() { bias } else { &NONE[..bias.len()] }
}

/// State, U and S of a block's neurons, and U after pooling; false if a potential or a state variable is not finite.
/// `learned` holds what of the neurons' constants learns.
#[expect(clippy::too_many_arguments, reason = "all that a neuron starts from")]
pub(super) fn integrate(
    constants: &Constants,
    own: &NeuronProgram,
    level: Level,
    room: &mut NeuronRoom,
    drives: &[&[f32]],
    learned: &[&[f32]],
    bias: &[f32],
    state: &mut Block,
) -> bool {
    let Block { states, potential, spike, .. } = state;
    let finite = own.step(
        level,
        room,
        &mut Lanes { drives, constants: learned, bias, states: &mut states[..], potential, spike },
    );
    if constants.pool > 1 {
        dispatch!(level, _simd => pool(constants, state));
    }
    finite
}

/// Advances all samples by one step with its drive and writes δ, that of weights and what others there are, where it learns;
/// false if a potential, a state variable, a cost or an error is not finite.
pub(super) fn advance(
    constants: &Constants,
    programs: &Programs,
    plastic: Plastic<'_>,
    batch: &mut Batch,
    drives: &[Aligned],
    deltas: [&mut [f32]; 2],
    step: &Step<'_>,
) -> bool {
    let Batch { samples, regularization, .. } = batch;
    let (count, judgement, level) = (samples.len(), &programs.judgement, step.level);
    let together = judgement.couples_samples() && step.is_judged();
    let regularizer = constants.regularizer.filter(|_| step.learn);
    each(samples.iter_mut().enumerate(), |(index, sample)| {
        respond(constants, plastic, step, count, index, sample, drives);
        if !together {
            judge(constants, programs, step, count, index, sample);
        }
        if let Some(regularizer) = &regularizer {
            sum_for_regularizer(constants, regularizer, sample);
        }
    });
    if together {
        for sample in samples.iter_mut() {
            judgement.start(&mut sample.own.judgement, count, constants.time(step), constants.error_threshold());
        }
        for stage in 0..judgement.stages() {
            each(samples.iter_mut().enumerate(), |(index, sample)| {
                take_stage(constants, programs, step, index, stage, sample);
            });
            judgement.sum_samples(stage, samples, |sample| &mut sample.own.judgement);
        }
        samples.iter_mut().for_each(|sample| note_cost(programs, sample));
    }
    if step.is_judged()
        && let Some(first) = samples.first_mut()
    {
        note_layer_cost(programs, first);
    }
    if step.learn {
        let mut lower_active = false;
        if let Some(regularizer) = &regularizer {
            let (value, active) = regularizer_value(constants, regularizer, samples);
            *regularization += value;
            lower_active = active;
        }
        let [deltas, others] = deltas;
        let memory = constants.unit_memory();
        let of_sample = |sample: &mut Sample, deltas: &mut [f32], others: &mut [f32]| {
            count_error_events(constants, sample);
            sample_deltas(constants, programs, level, count, lower_active, sample, deltas, others);
        };
        let parts = samples.iter_mut().zip(deltas.chunks_mut(memory));
        if judgement.others() > 0 {
            let parts = parts.zip(others.chunks_mut(memory * judgement.others()));
            each(parts, |((sample, deltas), others)| of_sample(sample, deltas, others));
        } else {
            each(parts, |(sample, deltas)| of_sample(sample, deltas, &mut []));
        }
    }
    samples.iter().all(|sample| sample.finite)
}

/// What neurons look at of the whole layer before a step.
fn sum_over_layer<'a>(
    constants: &Constants,
    own: &NeuronProgram,
    plastic: Plastic<'a>,
    level: Level,
    sample: &mut Sample,
    drives: &dyn Fn(usize) -> [&'a [f32]; MOST_MET],
) {
    let Sample { blocks, own: room, .. } = sample;
    let Constants { geometry, .. } = constants;
    for index in 0..own.sums() {
        let mut sum = -0.0;
        for (number, block) in blocks.iter_mut().enumerate() {
            let Block { states, potential, spike, .. } = block;
            let (drives, constants) = (&drives(number), &plastic.constants(number, geometry));
            let bias = &plastic.weights.block(number).bias[..];
            let lanes = Lanes { drives, constants, bias, states: &mut states[..], potential, spike };
            let real = geometry.outputs - number * geometry.block;
            own.add_to_sum(level, &mut room.neuron, index, &lanes, real, &mut sum);
        }
        own.set_sum(&mut room.neuron, index, sum);
    }
}

/// One sample's step up to its readout.
fn respond(
    constants: &Constants,
    plastic: Plastic<'_>,
    step: &Step<'_>,
    samples: usize,
    index: usize,
    sample: &mut Sample,
    drives: &[Aligned],
) {
    let level = step.level;
    sample.finite = true;
    sample.fired.clear();
    let of_block = |number: usize| -> [&[f32]; MOST_MET] {
        std::array::from_fn(|met| drives.get(met).map_or(&[][..], |drive| drive_of(constants, drive, index, number)))
    };
    if let Some(own) = constants.own_neuron() {
        sum_over_layer(constants, own, plastic, level, sample, &of_block);
    }
    for (number, state) in sample.blocks.iter_mut().enumerate() {
        let drives = of_block(number);
        sample.finite &= match constants.own_neuron() {
            Some(own) => {
                let learned = plastic.constants(number, &constants.geometry);
                let bias = &plastic.weights.block(number).bias;
                integrate(constants, own, level, &mut sample.own.neuron, &drives, &learned, bias, state)
            }
            None => dispatch!(level, _simd => integrate_lif(constants, number, drives[0], state)),
        };
        dispatch!(level, simd => fire(simd, constants, number, state.unit_potentials(), &mut sample.fired));
        if step.record_potential {
            record_moments(constants, number, state.unit_potentials(), &mut sample.moments);
        }
    }
    dispatch!(level, _simd => read_out(constants, step, samples, index, sample));
}

/// Cost and ∂L/∂Y of one sample by itself.
pub(super) fn judge(
    constants: &Constants,
    programs: &Programs,
    step: &Step<'_>,
    samples: usize,
    index: usize,
    sample: &mut Sample,
) {
    if !step.is_judged() {
        return;
    }
    programs.judgement.start(&mut sample.own.judgement, samples, constants.time(step), constants.error_threshold());
    for stage in 0..programs.judgement.stages() {
        take_stage(constants, programs, step, index, stage, sample);
    }
    note_cost(programs, sample);
}

fn take_stage(
    constants: &Constants,
    programs: &Programs,
    step: &Step<'_>,
    index: usize,
    stage: usize,
    sample: &mut Sample,
) {
    let Some(target) = step.targets.of(index, sample.readout.len()) else { return };
    let Sample { blocks, readout, error, passes, own, .. } = sample;
    let blocks = &blocks[..];
    let seen = |block: usize, value: usize, first: usize, to: &mut [f32]| {
        see(constants, &blocks[block], value, first, to);
    };
    let potentials = |block: usize| blocks[block].unit_potentials();
    let units = units(constants, passes, &potentials, &seen);
    programs.judgement.stage(step.level, stage, &mut own.judgement, readout, target, error, &units);
}

/// As [`judge`], where potentials have been kept and nothing else is looked at.
pub(super) fn judge_kept<'a>(
    constants: &Constants,
    programs: &Programs,
    step: &Step<'_>,
    samples: usize,
    index: usize,
    sample: &mut Sample,
    potentials: impl Fn(usize) -> &'a [f32],
) {
    if !step.is_judged() {
        return;
    }
    let Some(target) = step.targets.of(index, sample.readout.len()) else { return };
    let Sample { readout, error, passes, own, .. } = &mut *sample;
    programs.judgement.start(&mut own.judgement, samples, constants.time(step), constants.error_threshold());
    let units = units(constants, passes, &potentials, &unseen);
    for stage in 0..programs.judgement.stages() {
        programs.judgement.stage(step.level, stage, &mut own.judgement, readout, target, error, &units);
    }
    note_cost(programs, sample);
    // What belongs to no sample is the same for all; the first one counts it.
    if index == 0 {
        note_layer_cost(programs, sample);
    }
}

/// Adds what of the cost belongs to no sample.
pub(super) fn note_layer_cost(programs: &Programs, sample: &mut Sample) {
    let loss = programs.judgement.layer_loss(&sample.own.judgement);
    sample.loss += f64::from(loss);
    sample.finite &= loss.is_finite();
}

/// Adds a sample's share of the cost, where it was computed here.
fn note_cost(programs: &Programs, sample: &mut Sample) {
    if programs.judgement.has_cost() {
        let loss = programs.judgement.loss(&sample.own.judgement);
        sample.loss += f64::from(loss);
        sample.finite &= loss.is_finite() && sample.error.iter().all(|error| error.is_finite());
    }
}

fn units<'a, 'b>(
    constants: &'a Constants,
    passes: &'a [f32],
    potentials: &'a dyn Fn(usize) -> &'b [f32],
    seen: See<'a>,
) -> Units<'a, 'b> {
    let geometry = &constants.geometry;
    Units { readout: &constants.readout, passes, width: geometry.block, outputs: geometry.outputs, potentials, seen }
}

/// Steps by events are not taken where δ or cost look at state.
fn unseen(_: usize, _: usize, _: usize, to: &mut [f32]) {
    to.fill(0.0);
}

/// Copies a value of a block's units, of the neuron that won each pooling window.
fn see(constants: &Constants, block: &Block, value: usize, first: usize, to: &mut [f32]) {
    let source = block.states.get(value).unwrap_or(&block.refractory);
    if constants.pool == 1 {
        to.copy_from_slice(&source[first..first + to.len()]);
        return;
    }
    let width = constants.geometry.block;
    for (unit, to) in (first..).zip(to) {
        *to = source[block.winners[unit] as usize * width + unit % width];
    }
}

/// δ of all units of one sample.
#[expect(clippy::too_many_arguments, reason = "a step of one of many samples")]
fn sample_deltas(
    constants: &Constants,
    programs: &Programs,
    level: Level,
    samples: usize,
    lower_active: bool,
    sample: &mut Sample,
    deltas: &mut [f32],
    others: &mut [f32],
) {
    let per_block = constants.pooled_positions() * constants.geometry.block;
    let Sample { blocks, error, passes, own, .. } = sample;
    let blocks = &blocks[..];
    let seen = |block: usize, value: usize, first: usize, to: &mut [f32]| {
        see(constants, &blocks[block], value, first, to);
    };
    let potentials = |block: usize| blocks[block].unit_potentials();
    let units = units(constants, passes, &potentials, &seen);
    let regularization = regularization(constants, samples, lower_active);
    for (number, (block, deltas)) in blocks.iter().zip(deltas.chunks_exact_mut(per_block)).enumerate() {
        deltas.copy_from_slice(block.unit_potentials());
        let room = &mut own.judgement;
        programs.judgement.deltas(level, room, error, &units, regularization, number, deltas, others);
    }
}

fn regularization(constants: &Constants, samples: usize, lower_active: bool) -> Option<Regularization> {
    let count = samples * constants.units();
    constants.regularizer.map(|regularizer| Regularization { regularizer, count, lower_active })
}

/// Turns the pooled potentials of a block into its δ, where weights and biases share it.
#[expect(clippy::too_many_arguments, reason = "a step of one of many samples")]
pub(super) fn deltas(
    constants: &Constants,
    programs: &Programs,
    level: Level,
    samples: usize,
    block: usize,
    error: &[f32],
    passes: &[f32],
    room: &mut JudgementRoom,
    potentials: &mut [f32],
) {
    let none = |_: usize| -> &[f32] { &[] };
    let units = units(constants, passes, &none, &unseen);
    let regularization = regularization(constants, samples, false);
    programs.judgement.deltas(level, room, error, &units, regularization, block, potentials, &mut []);
}
