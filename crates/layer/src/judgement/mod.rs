//! The judgement of a layer's spikes, sample by sample: readout and vote, cost and ∂L/∂Y, and what comes of them for each
//! neuron, δ. Cost and δ each have a fused form and a compiled one.

mod factors;
mod program;
mod readout;
mod regularizer;

use decolle_learning::{Cost, Dropout, ErrorTrigger, Passes, STRIP};
use decolle_neuron::Surrogate;
use decolle_plasticity::NeuronFactors;
use decolle_program::{JudgementScratch, Regularization};
use decolle_synapse::Level;
use decolle_threads::each;
use fearless_simd::dispatch;

pub use factors::TOGETHER;
pub(crate) use readout::read_out;
pub(crate) use regularizer::{regularizer_value, sum_for_regularizer};

use crate::state::Block;
use crate::{Constants, Controlled, Sample, Step};

/// How a layer's readouts are judged, and what makes δ of it.
pub struct Judgement {
    /// The cost in its fused form; none where the program evaluates it.
    pub(crate) cost: Option<Cost>,
    pub(crate) deltas: Deltas,
}

/// What makes δ.
pub enum Deltas {
    /// The error that comes back, times σ′ of the potential (eq. 7): the fused form.
    Factors(Surrogate),
    /// Whatever the derived rule says, compiled; it evaluates the cost, too, where that has no fused form.
    Program(Box<decolle_program::Judgement>),
}

impl Judgement {
    /// The program, where there is one.
    pub fn program(&self) -> Option<&decolle_program::Judgement> {
        match &self.deltas {
            Deltas::Factors(_) => None,
            Deltas::Program(program) => Some(program),
        }
    }

    /// Whether cost or δ look at more of the layer's units than what comes back through the readout.
    pub fn looks_at_units(&self) -> bool {
        self.program().is_some_and(decolle_program::Judgement::looks_at_units)
    }

    /// How many δ a neuron has beside that of its weights: that of its bias, and those of further products.
    pub fn other_deltas(&self) -> usize {
        self.program().map_or(0, decolle_program::Judgement::postsynaptic_factors)
    }

    /// Whether all samples have to be judged together.
    pub(crate) fn couples_samples(&self) -> bool {
        self.program().is_some_and(decolle_program::Judgement::couples_samples)
    }

    /// Whether a step cannot run by events: where its cost or δ look at more than one sample's potentials and spikes.
    pub(crate) fn is_only_dense(&self, learns: bool, judged: bool) -> bool {
        self.program().is_some_and(|program| {
            judged && (program.couples_samples() || program.cost_looks_at_state())
                || learns && (program.looks_at_state() || program.postsynaptic_factors() > 0)
        })
    }

    /// Where one sample is judged.
    pub(crate) fn scratch(&self) -> JudgementScratch {
        self.program().map(decolle_program::Judgement::scratch).unwrap_or_default()
    }
}

/// Where cost and δ find the potentials of a block's units: in the state of the sample, or where a stretch by events has
/// kept them, which has no other state to look at.
pub(crate) type Kept<'a, 'b> = Option<&'a dyn Fn(usize) -> &'b [f32]>;

/// Cost and ∂L/∂Y of one sample by itself.
pub(crate) fn judge(
    constants: &Constants,
    trigger: Option<ErrorTrigger>,
    step: &Step<'_>,
    samples: usize,
    index: usize,
    sample: &mut Sample,
    kept: Kept<'_, '_>,
) {
    let Some(target) = step.is_judged().then(|| step.targets.of(index, sample.readout.len())).flatten() else { return };
    let Judgement { cost, deltas } = &constants.judgement;
    if let Some(cost) = cost {
        let loss = cost.evaluate(&sample.readout, target, samples, &mut sample.error);
        note_loss(loss, sample);
    }
    if let Deltas::Program(program) = deltas {
        program::start(constants, program, trigger, step, samples, sample);
        for stage in 0..program.stages() {
            program::take_stage(constants, program, step.level, stage, target, sample, kept);
        }
        program::note_loss(program, sample);
    }
}

/// As [`judge`], all samples together, stage by stage, since some sums run over them.
pub(crate) fn judge_together(
    constants: &Constants,
    trigger: Option<ErrorTrigger>,
    step: &Step<'_>,
    samples: &mut [Sample],
) {
    let Some(program) = constants.judgement.program() else { return };
    let count = samples.len();
    if let Some(cost) = &constants.judgement.cost {
        for (index, sample) in samples.iter_mut().enumerate() {
            if let Some(target) = step.targets.of(index, sample.readout.len()) {
                let loss = cost.evaluate(&sample.readout, target, count, &mut sample.error);
                note_loss(loss, sample);
            }
        }
    }
    for sample in samples.iter_mut() {
        program::start(constants, program, trigger, step, count, sample);
    }
    for stage in 0..program.stages() {
        each(samples.iter_mut().enumerate(), |(index, sample)| {
            if let Some(target) = step.targets.of(index, sample.readout.len()) {
                program::take_stage(constants, program, step.level, stage, target, sample, None);
            }
        });
        program.sum_samples(stage, samples, |sample| &mut sample.scratch.judgement);
    }
    samples.iter_mut().for_each(|sample| program::note_loss(program, sample));
}

/// Adds what of the cost belongs to no sample: it is the same for all, and the first one counts it.
pub(crate) fn note_layer_loss(constants: &Constants, step: &Step<'_>, first: Option<&mut Sample>) {
    if let (Some(program), Some(sample), true) = (constants.judgement.program(), first, step.is_judged()) {
        let loss = program.layer_loss(&sample.scratch.judgement);
        sample.loss += f64::from(loss);
        sample.finite &= loss.is_finite();
    }
}

fn note_loss(loss: f32, sample: &mut Sample) {
    sample.loss += f64::from(loss);
    sample.finite &= loss.is_finite() && sample.error.iter().all(|error| error.is_finite());
}

/// Counts of a sample, in the step at hand, what controllers go by: spikes and error events of its units.
pub(crate) fn note_counts(constants: &Constants, controlled: &Controlled, sample: &mut Sample) {
    if controlled.regularizer.is_some_and(|regularizer| regularizer.moves()) {
        sample.counted.spikes.events += sample.fired.len() as u64;
        sample.counted.spikes.chances += constants.units() as u64;
    }
    let Some(trigger) = controlled.trigger.filter(ErrorTrigger::moves) else { return };
    let mut back = [0.0f32; STRIP];
    // Memory is whole strips; the error that comes back to what only fills it up is zero.
    let Judged { error, passes } = judged(&sample.error, sample.dropout.as_ref(), &sample.draws);
    for first in (0..constants.unit_memory()).step_by(STRIP) {
        constants.readout.back(error, first, &mut back);
        passes.apply(first, &mut back);
        let counted = &mut sample.counted.errors;
        counted.events = counted.events.saturating_add(trigger.events(&back));
    }
    sample.counted.errors.chances += constants.units() as u64;
}

/// What comes back to the units of a sample in a step.
#[derive(Clone, Copy, Default)]
pub(crate) struct Judged<'a> {
    /// ∂L/∂Y.
    pub(crate) error: &'a [f32],
    /// What the units' spikes count.
    pub(crate) passes: Passes<'a>,
}

/// Steps or samples whose δ are made together: what comes back in each, and its potentials.
pub(crate) type Together<'a> = [(Judged<'a>, &'a mut [f32]); TOGETHER];

/// What makes δ, beside the errors.
#[derive(Clone, Copy)]
pub(crate) struct DeltaStep<'a> {
    constants: &'a Constants,
    level: Level,
    trigger: Option<ErrorTrigger>,
    regularization: Option<Regularization>,
}

impl<'a> DeltaStep<'a> {
    /// In a batch of so many samples; `lower_active` says whether the regulariser's second term is.
    pub(crate) fn new(
        constants: &'a Constants,
        level: Level,
        controlled: Controlled,
        samples: usize,
        lower_active: bool,
    ) -> Self {
        let count = samples * constants.units();
        let regularization =
            controlled.regularizer.map(|regularizer| Regularization { regularizer, count, lower_active });
        Self { constants, level, trigger: controlled.trigger, regularization }
    }

    /// How many steps or samples it takes at a time.
    pub(crate) fn most_together(&self) -> usize {
        if self.constants.judgement.program().is_some() { 1 } else { TOGETHER }
    }

    /// δ of all units of some samples, at most as many as it takes at a time.
    pub(crate) fn of_samples(&self, samples: &mut [Sample], deltas: &mut [f32], others: &mut [f32]) {
        let per_block = self.constants.pooled_positions() * self.constants.geometry.block;
        let (memory, count) = (self.constants.unit_memory(), samples.len());
        for number in 0..self.constants.geometry.blocks() {
            let of_block = number * per_block..(number + 1) * per_block;
            let mut together = Together::default();
            let slots = together.iter_mut().zip(deltas.chunks_mut(memory));
            // What a program looks at besides: it takes one sample at a time.
            let mut scratch = None;
            for ((slot, deltas), sample) in slots.zip(&mut *samples) {
                let Sample { blocks, error, draws, dropout, scratch: of_sample, .. } = sample;
                let values = &mut deltas[of_block.clone()];
                values.copy_from_slice(blocks[number].unit_potentials());
                *slot = (judged(error, dropout.as_ref(), draws), values);
                scratch = Some((&mut of_sample.judgement, &blocks[..]));
            }
            if let Some((scratch, blocks)) = scratch {
                self.of_block(number, &mut together[..count], scratch, Some(blocks), others);
            }
        }
    }

    /// Turns the pooled potentials of a block into its δ, of at most as many steps as it takes at a time; other δ than those of
    /// weights go to `others`. Without the sample's `blocks` δ looks at nothing else.
    pub(crate) fn of_block(
        &self,
        block: usize,
        together: &mut [(Judged<'_>, &mut [f32])],
        scratch: &mut JudgementScratch,
        blocks: Option<&[Block]>,
        others: &mut [f32],
    ) {
        let Self { constants, level, trigger, regularization } = *self;
        match &constants.judgement.deltas {
            Deltas::Factors(surrogate) => {
                let factors = NeuronFactors {
                    readout: &constants.readout,
                    surrogate: *surrogate,
                    trigger,
                    regularizer: regularization.map(|regularization| regularization.regularizer),
                    regularized: regularization.map_or(0, |regularization| regularization.count),
                    lower_active: regularization.is_some_and(|regularization| regularization.lower_active),
                };
                dispatch!(level, _simd => factors::potentials_to_deltas(constants, &factors, block, together));
            }
            Deltas::Program(program) => {
                let neuron_values = program::neuron_values(constants, blocks);
                let none = |_: usize| -> &[f32] { &[] };
                for (Judged { error, passes }, potentials) in together {
                    let units = program::units(constants, *passes, &none, &neuron_values);
                    program.deltas(level, scratch, error, &units, regularization, block, potentials, others);
                }
            }
        }
    }
}

/// What comes back to the units of a sample.
pub(crate) fn judged<'a>(error: &'a [f32], dropout: Option<&Dropout>, draws: &'a [u8]) -> Judged<'a> {
    Judged { error, passes: passes(dropout, draws) }
}

/// What the spikes of a sample count.
fn passes<'a>(dropout: Option<&Dropout>, draws: &'a [u8]) -> Passes<'a> {
    dropout.map(|dropout| dropout.passes(draws)).unwrap_or_default()
}
