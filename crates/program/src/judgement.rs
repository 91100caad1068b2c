//! Cost, ∂L/∂Y and δ of one sample, in stages between which sums over classes, neurons and samples are taken.
//!
//! A stage first computes what has one value a sample, then passes over the classes and over the neurons, and sums up what
//! later stages need. What has a value for each class or neuron is computed anew where it is needed: between stages only
//! numbers are kept. After the last stage δ follows, neuron by neuron. A sum over samples is a stage that all samples have
//! to reach first.

use decolle_error::Result;
use decolle_learning::{Passes, Readout, Regularizer};
use decolle_number::nearest;
use decolle_plasticity::{Rule, Symbol};
use fearless_simd::{Level, dispatch};

use crate::Fixed;
use crate::kernel::{LANES, Lanewise, Registers, STRIP, STRIPS, Tile};
use crate::neuron_values::NeuronValues;
use crate::staging::{Input, Pass, Reduction, Stage, Staging};

/// Copies of a block, given first, a value of its units: state variables are counted first, then what else a
/// [`NeuronProgram`](crate::NeuronProgram) keeps. The third number is the first unit.
pub type CopyValue<'a> = &'a dyn Fn(usize, usize, usize, &mut [f32]);

/// What of a layer's units a judgement looks at.
pub struct Units<'a, 'b> {
    /// Brings the error back.
    pub readout: &'a Readout,
    /// What each unit's spike counts after dropout.
    pub passes: Passes<'a>,
    /// Outputs at each position of a block, of which only the real ones count.
    pub width: usize,
    /// All real outputs.
    pub outputs: usize,
    /// U of a block's units; not called by [`Judgement::deltas`].
    pub potentials: &'a dyn Fn(usize) -> &'b [f32],
    /// Copies what else is looked at.
    pub neuron_values: CopyValue<'a>,
}

/// A built-in regulariser, as it enters δ.
#[derive(Clone, Copy, Debug)]
pub struct Regularization {
    /// Its strengths.
    pub regularizer: Regularizer,
    /// Samples times units: what its means run over.
    pub count: usize,
    /// Whether its second term is active in this step.
    pub lower_active: bool,
}

/// Cost and δ of a layer.
#[derive(Clone, Debug)]
pub struct Judgement {
    stages: Vec<Stage>,
    slots: usize,
    /// Where the sample's share of the cost, and the cost of all samples together, are found.
    loss: Option<usize>,
    layer_loss: Option<usize>,
    delta: Pass,
    /// What δ becomes for weights, and the other [factors](Self::postsynaptic_factors), where they are not the same.
    post: Option<Pass>,
    postsynaptic_factors: usize,
    has_cost: bool,
    looks_at_state: bool,
}

/// Where one sample is judged.
#[derive(Clone, Debug, Default)]
pub struct JudgementScratch {
    scalars: Vec<f32>,
    sums: Vec<f64>,
    /// Scalars, classes and neurons of each stage.
    stages: Vec<[Registers; 3]>,
    delta: Registers,
    post: Registers,
}

impl JudgementScratch {
    /// Bytes of memory, but for sums that the first step makes room for.
    pub fn bytes(&self) -> u64 {
        let stages: u64 = self.stages.iter().flatten().map(Registers::bytes).sum();
        stages
            + self.delta.bytes()
            + self.post.bytes()
            + size_of_val(&self.stages[..]) as u64
            + size_of_val(&self.scalars[..]) as u64
    }
}

impl Judgement {
    pub(crate) fn new(rule: &Rule, fixed: &Fixed, cost: bool, neuron_values: NeuronValues) -> Result<Self> {
        let looks_at_state = neuron_values.any();
        let mut staging = Staging::new(rule, fixed, cost, neuron_values)?;
        let delta_leaf = staging.leaf(Symbol::Delta);
        let factor = rule.factors.first().map(|factor| factor.post);
        let posts = rule.posts();
        let products = &posts[rule.factors.len().min(1)..];
        let same = factor == delta_leaf && rule.bias == delta_leaf && delta_leaf.is_some() && products.is_empty();
        let delta = staging.neurons(&[rule.delta]);
        let post = (!same).then(|| {
            let mut roots = vec![factor, rule.bias];
            roots.extend(products.iter().map(|&post| Some(post)));
            staging.optional_neurons(&roots)
        });
        let [loss, layer_loss] = staging.losses();
        let (stages, slots) = staging.finish();
        let postsynaptic_factors = if same { 0 } else { 1 + products.len() };
        Ok(Self { stages, slots, loss, layer_loss, delta, post, postsynaptic_factors, has_cost: cost, looks_at_state })
    }

    /// Whether it evaluates the cost, too; if not, ∂L/∂Y is given.
    pub fn has_cost(&self) -> bool {
        self.has_cost
    }

    /// Whether all samples have to be judged together.
    pub fn couples_samples(&self) -> bool {
        self.stages.iter().any(|stage| !stage.batch.is_empty())
    }

    /// Whether the cost looks at potentials, spikes or state.
    pub fn looks_at_units(&self) -> bool {
        self.stages.iter().any(|stage| stage.neurons.is_some())
    }

    /// Whether cost or δ look at more of a neuron than potential and spike.
    pub fn looks_at_state(&self) -> bool {
        self.looks_at_state
    }

    /// Whether the cost by itself does.
    pub fn cost_looks_at_state(&self) -> bool {
        let looks = |pass: &Pass| pass.inputs.iter().any(|input| matches!(input, Input::NeuronValue(_)));
        self.stages.iter().any(|stage| stage.neurons.as_ref().is_some_and(looks))
    }

    /// How many factors of a neuron there are beside the δ of its weights: none, or the δ of its bias, those of products with
    /// another presynaptic value or an eligibility trace, and its shares of the gradients of constants that learn.
    pub fn postsynaptic_factors(&self) -> usize {
        self.postsynaptic_factors
    }

    /// Stages to be taken before δ.
    pub fn stages(&self) -> usize {
        self.stages.len()
    }

    /// Somewhere to work.
    pub fn scratch(&self) -> JudgementScratch {
        let registers = |pass: &Option<Pass>| pass.as_ref().map(Pass::registers).unwrap_or_default();
        JudgementScratch {
            scalars: vec![0.0; self.slots],
            sums: Vec::new(),
            stages: self
                .stages
                .iter()
                .map(|stage| [registers(&stage.scalars), registers(&stage.classes), registers(&stage.neurons)])
                .collect(),
            delta: self.delta.registers(),
            post: registers(&self.post),
        }
    }

    /// Starts a step, in a batch of `samples`, `time` milliseconds after the sequence began; `error_threshold` is θ of an
    /// error trigger under control.
    pub fn start(&self, scratch: &mut JudgementScratch, samples: usize, time: f32, error_threshold: f32) {
        scratch.scalars[Staging::SAMPLES] = samples as f32;
        scratch.scalars[Staging::TIME] = time;
        scratch.scalars[Staging::ERROR_THRESHOLD] = error_threshold;
    }

    /// One stage of one sample; writes ∂L/∂Y into `error` where it is this stage's to find.
    #[expect(clippy::too_many_arguments, reason = "all that a cost can look at")]
    pub fn stage(
        &self,
        level: Level,
        index: usize,
        scratch: &mut JudgementScratch,
        readout: &[f32],
        target: &[f32],
        error: &mut [f32],
        units: &Units<'_, '_>,
    ) {
        dispatch!(level, _simd => self.pass_over(level, index, scratch, readout, target, error, units));
    }

    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "all that a cost can look at")]
    fn pass_over(
        &self,
        level: Level,
        index: usize,
        scratch: &mut JudgementScratch,
        readout: &[f32],
        target: &[f32],
        error: &mut [f32],
        units: &Units<'_, '_>,
    ) {
        let stage = &self.stages[index];
        let JudgementScratch { scalars, sums, stages, .. } = scratch;
        let [of_scalars, of_classes, of_neurons] = &mut stages[index];
        if let Some(pass) = &stage.scalars {
            pass.load_scalars(of_scalars, scalars);
            pass.kernel.run(level, 1, of_scalars);
            for (output, &(slot, _)) in pass.reductions.iter().enumerate() {
                scalars[slot] = of_scalars.get(pass.kernel.output(output))[0][0];
            }
        }
        if let Some(pass) = &stage.classes {
            self.pass_over_classes(level, pass, of_classes, scalars, readout, target, error);
        }
        if let Some(pass) = &stage.neurons {
            pass.load_scalars(of_neurons, scalars);
            sums.clear();
            sums.resize(pass.reductions.len(), -0.0);
            let blocks = units.outputs.div_ceil(units.width);
            for block in 0..blocks {
                let potentials = (units.potentials)(block);
                let real = units.width.min(units.outputs - block * units.width);
                for first in (0..potentials.len()).step_by(LANES) {
                    let last = potentials.len().min(first + LANES);
                    let place = block * potentials.len() + first;
                    pass.load_units(of_neurons, &potentials[first..last], block, first, place, error, units);
                    pass.kernel.run(level, STRIPS, of_neurons);
                    for (output, sum) in sums.iter_mut().enumerate() {
                        let values = of_neurons.get(pass.kernel.output(output)).as_flattened();
                        for (lane, &value) in values[..last - first].iter().enumerate() {
                            if real == units.width || (first + lane) % units.width < real {
                                *sum += f64::from(value);
                            }
                        }
                    }
                }
            }
            for (&(slot, _), &sum) in pass.reductions.iter().zip(sums.iter()) {
                scalars[slot] = nearest(sum);
            }
        }
    }

    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "all that a cost can look at")]
    fn pass_over_classes(
        &self,
        level: Level,
        pass: &Pass,
        registers: &mut Registers,
        scalars: &mut [f32],
        readout: &[f32],
        target: &[f32],
        error: &mut [f32],
    ) {
        pass.load_scalars(registers, scalars);
        for &(slot, reduction) in &pass.reductions {
            scalars[slot] = if reduction == Reduction::Greatest { f32::NEG_INFINITY } else { 0.0 };
        }
        for first in (0..readout.len()).step_by(LANES) {
            let last = readout.len().min(first + LANES);
            for (register, input) in pass.inputs.iter().enumerate() {
                let from = match input {
                    Input::Readout => readout,
                    Input::Target => target,
                    _ => continue,
                };
                registers.at(register).as_flattened_mut()[..last - first].copy_from_slice(&from[first..last]);
            }
            pass.kernel.run(level, STRIPS, registers);
            for (output, &(slot, reduction)) in pass.reductions.iter().enumerate() {
                let values = &registers.get(pass.kernel.output(output)).as_flattened()[..last - first];
                let sum = &mut scalars[slot];
                for &value in values {
                    *sum = match reduction {
                        Reduction::Sum => *sum + value,
                        // As the interpreter compares: a first value that is no number stays.
                        Reduction::Greatest if value > *sum || *sum == f32::NEG_INFINITY => value,
                        Reduction::Greatest => *sum,
                    };
                }
            }
            if pass.gives_error {
                let values = registers.get(pass.kernel.output(pass.reductions.len())).as_flattened();
                error[first..last].copy_from_slice(&values[..last - first]);
            }
        }
    }

    /// After a stage of all samples: the sums over samples.
    pub fn sum_samples<T>(&self, index: usize, samples: &mut [T], scratch: impl Fn(&mut T) -> &mut JudgementScratch) {
        for &(from, to) in &self.stages[index].batch {
            let sum: f64 = samples.iter_mut().map(|sample| f64::from(scratch(sample).scalars[from])).sum();
            for sample in samples.iter_mut() {
                scratch(sample).scalars[to] = nearest(sum);
            }
        }
    }

    /// This sample's share of the cost, after the last stage.
    pub fn loss(&self, scratch: &JudgementScratch) -> f32 {
        self.loss.map_or(0.0, |slot| scratch.scalars[slot])
    }

    /// What belongs to no sample, after the last stage of any.
    pub fn layer_loss(&self, scratch: &JudgementScratch) -> f32 {
        self.layer_loss.map_or(0.0, |slot| scratch.scalars[slot])
    }

    /// Turns U of a block's units into δ, for weights; the other [factors](Self::postsynaptic_factors) go to `factors`, one after
    /// the other for all units of the sample.
    #[expect(clippy::too_many_arguments, reason = "operands of one kernel")]
    pub fn deltas(
        &self,
        level: Level,
        scratch: &mut JudgementScratch,
        error: &[f32],
        units: &Units<'_, '_>,
        regularization: Option<Regularization>,
        block: usize,
        values: &mut [f32],
        factors: &mut [f32],
    ) {
        dispatch!(level, _simd => self.block_deltas(level, scratch, error, units, regularization, block, values, factors));
    }

    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "operands of one kernel")]
    fn block_deltas(
        &self,
        level: Level,
        scratch: &mut JudgementScratch,
        error: &[f32],
        units: &Units<'_, '_>,
        regularization: Option<Regularization>,
        block: usize,
        values: &mut [f32],
        factors: &mut [f32],
    ) {
        let JudgementScratch { scalars, delta, post, .. } = scratch;
        self.delta.load_scalars(delta, scalars);
        if let Some(pass) = &self.post {
            pass.load_scalars(post, scalars);
        }
        let real = units.width.min(units.outputs - block * units.width);
        let length = values.len();
        let memory = factors.len() / self.postsynaptic_factors.max(1);
        for first in (0..length).step_by(LANES) {
            let last = length.min(first + LANES);
            let place = block * length + first;
            let mut potentials: Tile = [[0.0; STRIP]; STRIPS];
            potentials.load(&values[first..last]);
            let potentials = &potentials.as_flattened()[..last - first];
            self.delta.load_units(delta, potentials, block, first, place, error, units);
            self.delta.kernel.run(level, STRIPS, delta);
            delta.get(self.delta.kernel.output(0)).store(&mut values[first..last]);
            if let Some(Regularization { regularizer, count, lower_active }) = regularization {
                regularizer.add_derivative(potentials, count, lower_active, &mut values[first..last]);
            }
            if let Some(pass) = &self.post {
                pass.load_units(post, potentials, block, first, place, error, units);
                for (register, input) in pass.inputs.iter().enumerate() {
                    if *input == Input::Delta {
                        post.at(register).load(&values[first..last]);
                    }
                }
                pass.kernel.run(level, STRIPS, post);
                post.get(pass.kernel.output(0)).store(&mut values[first..last]);
                for (factor, to) in factors.chunks_exact_mut(memory).enumerate() {
                    post.get(pass.kernel.output(1 + factor)).store(&mut to[place..place + last - first]);
                }
            }
        }
        if real < units.width {
            let factors = factors.chunks_exact_mut(memory.max(1)).map(|factor| &mut factor[block * length..][..length]);
            for values in factors.chain([values]) {
                values.chunks_exact_mut(units.width).for_each(|row| row[real..].fill(0.0));
            }
        }
    }
}

impl Pass {
    #[inline(always)]
    fn load_scalars(&self, registers: &mut Registers, scalars: &[f32]) {
        for (register, input) in self.inputs.iter().enumerate() {
            if let Input::Scalar(slot) = input {
                registers.at(register).spread(scalars[*slot]);
            }
        }
    }

    /// Loads what belongs to the units that lie in memory from `place` on, the lanes from `first` on of their block.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "where the units of a tile lie")]
    fn load_units(
        &self,
        registers: &mut Registers,
        potentials: &[f32],
        block: usize,
        first: usize,
        place: usize,
        error: &[f32],
        units: &Units<'_, '_>,
    ) {
        let count = potentials.len();
        for (register, input) in self.inputs.iter().enumerate() {
            let tile = registers.at(register);
            match *input {
                Input::Potential => tile.load(potentials),
                Input::Pass => units.passes.copy(place, &mut tile.as_flattened_mut()[..count]),
                Input::Back => units.readout.back(error, place, &mut tile.as_flattened_mut()[..count]),
                Input::NeuronValue(value) => {
                    (units.neuron_values)(block, value, first, &mut tile.as_flattened_mut()[..count])
                }
                Input::Scalar(_) | Input::Delta | Input::Readout | Input::Target => {}
            }
        }
    }
}
