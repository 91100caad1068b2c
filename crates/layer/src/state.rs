//! The state of a layer for a batch of samples.

use decolle_learning::Dropout;
use decolle_program::{JudgementScratch, NeuronScratch};
use decolle_synapse::{Aligned, SpikeTrain};
use decolle_threads::each;

use crate::inputs::InputState;
use crate::learning::Synapses;
use crate::propagation::Window;
use crate::{Constants, Counted, Recorder, Steps};

/// State and tallies of a batch.
#[derive(Default)]
pub struct Batch {
    /// Sample by sample.
    pub samples: Vec<Sample>,
    /// P of all samples, `[sample][trace plane]`.
    pub membrane: Aligned,
    /// Q of all samples, laid out alike.
    pub synaptic: Aligned,
    /// Traces of inputs that a program moves on, instead of P and Q.
    pub inputs: InputState,
    /// What is kept for each synapse, block of outputs by block; empty where nothing is kept.
    pub synapses: Vec<Synapses>,
    /// Which inputs have been heard from, `[sample][input]`; empty likewise.
    pub reached: Vec<bool>,
    /// Regulariser's share of the cost, summed over counted steps.
    pub regularization: f64,
    /// Whether the carried potentials of all blocks are those of the present weights and traces.
    pub carried: bool,
    /// Steps of the batch that ran by events, and those that ran densely.
    pub steps: Steps,
    /// Events that arrived of late.
    pub window: Window,
    /// Whether traces of some samples are recorded.
    pub(crate) records_traces: bool,
}

/// The neurons of one sample that belong to one block of outputs. Arrays are `[position][output of the block]`.
#[derive(Default)]
pub struct Block {
    /// State variables of the neurons, such as R, and behind them what else δ looks at.
    pub states: Vec<Aligned>,
    /// U before pooling.
    pub potential: Aligned,
    /// S before pooling.
    pub spike: Aligned,
    /// U after pooling, and which position won each window; empty without pooling.
    pub(crate) pooled: Aligned,
    pub(crate) winners: Vec<u16>,
    /// W·P; empty where the layer cannot work by events.
    pub carried_potential: Aligned,
    /// W·Q, likewise.
    pub carried_current: Aligned,
}

impl Block {
    fn new(constants: &Constants) -> Self {
        let block = constants.geometry.block;
        let neurons = constants.geometry.positions() * block;
        let pooled = if constants.is_pooled() { constants.pooled_positions() * block } else { 0 };
        let carried = if constants.carried.is_some() { neurons } else { 0 };
        let states = constants.neurons.initial().count() + constants.neurons.looked_at();
        let mut block = Self {
            states: vec![Aligned::zeros(neurons); states],
            potential: Aligned::zeros(neurons),
            spike: Aligned::zeros(neurons),
            pooled: Aligned::zeros(pooled),
            winners: vec![0; pooled],
            carried_potential: Aligned::zeros(carried),
            carried_current: Aligned::zeros(carried),
        };
        block.rest(constants);
        block
    }

    /// Back to rest.
    fn rest(&mut self, constants: &Constants) {
        let Self { potential, spike, pooled, carried_potential, carried_current, .. } = self;
        for array in [potential, spike, pooled, carried_potential, carried_current] {
            array.fill(0.0);
        }
        let initial = constants.neurons.initial().chain(std::iter::repeat(0.0));
        for (state, value) in self.states.iter_mut().zip(initial) {
            state.fill(value);
        }
        self.winners.fill(0);
    }

    /// Takes over the state of another block.
    fn copy(&mut self, from: &Self) {
        self.potential.clone_from(&from.potential);
        self.spike.clone_from(&from.spike);
        self.states.clone_from(&from.states);
        self.pooled.clone_from(&from.pooled);
        self.winners.clone_from(&from.winners);
        self.carried_potential.clone_from(&from.carried_potential);
        self.carried_current.clone_from(&from.carried_current);
    }

    /// U after pooling.
    pub fn unit_potentials(&self) -> &[f32] {
        if self.pooled.is_empty() { &self.potential } else { &self.pooled }
    }
}

/// State and tallies of one sample.
#[derive(Default)]
pub struct Sample {
    /// Its neurons, block of outputs by block.
    pub blocks: Vec<Block>,
    /// Y.
    pub readout: Vec<f32>,
    /// ∂L/∂Y.
    pub error: Vec<f32>,
    pub(crate) dropout: Option<Dropout>,
    /// Its draws for the step at hand, `[block][pooled position][output]`.
    pub(crate) draws: Vec<u8>,
    /// Places of the units that spike in the step at hand, `[block][pooled position][output]` counted through.
    pub fired: Vec<u32>,
    /// Of a recurrent layer: what arrives in this chunk of steps, its own spikes behind those from below.
    pub(crate) arriving: SpikeTrain,
    /// Spikes sent on in this chunk of steps.
    pub train: SpikeTrain,
    /// How often each class had the greatest readout, in counted steps.
    pub votes: Vec<u32>,
    /// Cost summed over counted steps.
    pub loss: f64,
    /// Spikes in all steps.
    pub spikes: u64,
    /// Spikes in counted steps.
    pub counted_spikes: u64,
    /// What controllers go by, since the layer took it in.
    pub(crate) counted: Counted,
    /// Sums that the regulariser's means are made of, for this step.
    pub(crate) regularizer_sums: [f64; 2],
    /// Sum and sum of squares of the pooled potential, over all steps.
    pub moments: [f64; 2],
    /// What is recorded of all steps, on request.
    pub recorder: Option<Box<Recorder>>,
    /// Whether all of its potentials, costs and errors have been finite.
    pub finite: bool,
    /// Whether there was no memory for its spikes.
    pub out_of_memory: bool,
    pub(crate) scratch: SampleScratch,
}

/// Where compiled neurons and costs of one sample work.
#[derive(Default)]
pub(crate) struct SampleScratch {
    pub(crate) neurons: NeuronScratch,
    pub(crate) judgement: JudgementScratch,
    is_made: bool,
}

impl SampleScratch {
    /// Makes it where there is none yet.
    fn prepare(&mut self, constants: &Constants) {
        if !std::mem::replace(&mut self.is_made, true) {
            self.neurons = constants.neurons.scratch();
            self.judgement = constants.judgement.scratch();
        }
    }
}

impl Sample {
    /// A sample at rest.
    fn new(constants: &Constants) -> Self {
        Self {
            blocks: (0..constants.geometry.blocks()).map(|_| Block::new(constants)).collect(),
            readout: vec![0.0; constants.readout.classes()],
            ..Self::default()
        }
    }

    /// Whether spikes are dropped on their way to the readout.
    pub fn drops(&self) -> bool {
        self.dropout.is_some()
    }

    /// Back to rest.
    fn rest(&mut self, constants: &Constants) {
        self.blocks.iter_mut().for_each(|block| block.rest(constants));
        self.readout.fill(0.0);
    }

    /// Takes over the state of another sample, not its tallies.
    fn copy_state(&mut self, from: &Self) {
        self.blocks.resize_with(from.blocks.len(), Block::default);
        for (block, from) in self.blocks.iter_mut().zip(&from.blocks) {
            block.copy(from);
        }
        self.readout.clone_from(&from.readout);
    }

    /// Starts a new batch's tallies; the neuron state stays.
    fn start_tallies(&mut self, constants: &Constants, learn: bool) {
        let classes = constants.readout.classes();
        let settings = &constants.readout_settings;
        let units = constants.unit_memory();
        let drops = settings.dropout > 0.0 && (learn || settings.dropout_in_evaluation);
        let purpose = if learn { "dropout" } else { "dropout.evaluation" };
        self.dropout = drops
            .then(|| Dropout::new(constants.seed, &format!("{purpose}.{}", constants.index), settings.dropout, units));
        self.draws.resize(self.dropout.as_ref().map_or(0, Dropout::bytes), 0);
        self.error.clear();
        self.error.resize(classes, 0.0);
        self.votes.clear();
        self.votes.resize(classes, 0);
        self.fired.clear();
        self.fired.reserve_exact(units);
        self.train.clear();
        (self.loss, self.spikes, self.counted_spikes) = (0.0, 0, 0);
        (self.regularizer_sums, self.moments) = ([0.0; 2], [0.0; 2]);
        self.counted = Counted::default();
        (self.finite, self.out_of_memory) = (true, false);
        self.scratch.prepare(constants);
    }
}

impl Batch {
    /// A batch of samples at rest.
    pub fn new(constants: &Constants, samples: usize) -> Self {
        let geometry = &constants.geometry;
        let leaks = if constants.leaks().is_some() { samples } else { 0 };
        Self {
            samples: (0..samples).map(|_| Sample::new(constants)).collect(),
            membrane: Aligned::zeros(leaks * geometry.trace_plane),
            synaptic: Aligned::zeros(leaks * geometry.trace_plane),
            inputs: InputState::of(constants, samples),
            synapses: Synapses::of(constants, samples),
            reached: vec![false; if constants.eligibility.is_some() { samples * geometry.inputs } else { 0 }],
            // All zero, as the traces are.
            carried: constants.carried.is_some(),
            ..Self::default()
        }
    }

    /// A batch of so many samples at rest, in the memory of this one where it is as large.
    pub(crate) fn rest(mut self, constants: &Constants, samples: usize) -> Self {
        if self.samples.len() != samples {
            return Self::new(constants, samples);
        }
        each(&mut self.samples, |sample| sample.rest(constants));
        self.membrane.fill(0.0);
        self.synaptic.fill(0.0);
        if let Some(program) = constants.input_program() {
            self.inputs.rest(program);
        }
        each(&mut self.synapses, |synapses| synapses.traces.fill(0.0));
        self.reached.fill(false);
        self.carried = constants.carried.is_some();
        self.window = Window::default();
        self
    }

    /// What weights multiply, plane after plane: P, or what a program makes of the inputs.
    pub(crate) fn presynaptic(&self, constants: &Constants) -> &[Aligned] {
        match constants.leaks() {
            Some(_) => std::slice::from_ref(&self.membrane),
            None => &self.inputs.presynaptic,
        }
    }

    /// Takes over the state of another batch, not its tallies.
    pub(crate) fn copy_state(&mut self, from: &Self) {
        self.samples.resize_with(from.samples.len(), Sample::default);
        each(self.samples.iter_mut().zip(&from.samples), |(sample, from)| sample.copy_state(from));
        self.membrane.clone_from(&from.membrane);
        self.synaptic.clone_from(&from.synaptic);
        self.inputs.copy(&from.inputs);
        self.synapses.resize_with(from.synapses.len(), Synapses::default);
        each(self.synapses.iter_mut().zip(&from.synapses), |(synapses, from)| synapses.copy(from));
        self.reached.clone_from(&from.reached);
        self.carried = from.carried;
        self.window = from.window;
    }

    /// Starts new tallies; the neuron state stays.
    pub fn start_tallies(&mut self, constants: &Constants, learn: bool) {
        for sample in &mut self.samples {
            sample.start_tallies(constants, learn);
        }
        self.regularization = 0.0;
        self.steps = Steps::default();
    }
}
