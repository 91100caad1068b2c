//! The state of a layer for a batch of samples, and the room its steps work in.

use decolle_learning::Dropout;
use decolle_synapse::{Aligned, INPUT_GROUP, SpikeTrain};

use super::Constants;
use super::choice::Window;
use crate::process::Steps;

/// State and working room for a batch.
#[derive(Clone, Default)]
pub(crate) struct Batch {
    pub samples: Vec<Sample>,
    /// P of all samples, `[sample][trace plane]`.
    pub membrane: Aligned,
    /// Q of all samples, laid out alike.
    pub synaptic: Aligned,
    /// W·P + b, `[tile][block][sample of the tile or position][output of the block]`.
    pub drive: Aligned,
    /// δ, `[sample][block][pooled position][output of the block]`.
    pub deltas: Aligned,
    /// Inputs of a dense layer that have a trace.
    pub active: Active,
    /// Regulariser's share of the cost, summed over counted steps.
    pub regularization: f64,
    /// Whether the carried potentials of all blocks are those of the present weights and traces.
    pub carried: bool,
    /// Steps of the batch that ran by events, and those that ran densely.
    pub steps: Steps,
    /// Events that arrived of late.
    pub window: Window,
}

/// Which inputs of a dense layer have a trace in some sample of a tile.
#[derive(Clone, Default)]
pub(crate) struct Active {
    /// Their numbers, tile by tile, each with room to find them.
    pub tiles: Vec<ActiveInputs>,
    /// Whether a group of inputs holds one, `[tile][group]`.
    pub groups: Vec<bool>,
}

/// Inputs with a trace in some sample of a tile.
#[derive(Clone)]
pub(crate) struct ActiveInputs {
    pub inputs: Vec<u32>,
    pub peaks: Vec<f32>,
}

impl Active {
    /// Room for the inputs of a layer.
    pub(crate) fn new(constants: &Constants, samples: usize) -> Self {
        let geometry = &constants.geometry;
        let tiles = samples.div_ceil(geometry.tile);
        let peaks = if geometry.is_dense() { geometry.trace_plane } else { 0 };
        Self {
            tiles: vec![ActiveInputs { inputs: Vec::with_capacity(peaks), peaks: vec![0.0; peaks] }; tiles],
            groups: vec![false; tiles * geometry.trace_plane / INPUT_GROUP],
        }
    }
}

/// The neurons of one sample that belong to one block of outputs. Arrays are `[position][output of the block]`.
#[derive(Clone)]
pub(crate) struct Block {
    /// R, U and S before pooling.
    pub refractory: Aligned,
    pub potential: Aligned,
    pub spike: Aligned,
    /// U after pooling, and which position won each window; empty without pooling.
    pub pooled: Aligned,
    pub winners: Vec<u16>,
    /// W·P and W·Q; empty where the layer cannot work by events.
    pub carried_potential: Aligned,
    pub carried_current: Aligned,
}

impl Block {
    fn new(constants: &Constants) -> Self {
        let block = constants.geometry.block;
        let neurons = constants.geometry.positions() * block;
        let pooled = if constants.pool > 1 { constants.pooled_positions() * block } else { 0 };
        let carried = if constants.carried.is_some() { neurons } else { 0 };
        Self {
            refractory: Aligned::zeros(neurons),
            potential: Aligned::zeros(neurons),
            spike: Aligned::zeros(neurons),
            pooled: Aligned::zeros(pooled),
            winners: vec![0; pooled],
            carried_potential: Aligned::zeros(carried),
            carried_current: Aligned::zeros(carried),
        }
    }

    /// U after pooling.
    pub(crate) fn unit_potentials(&self) -> &[f32] {
        if self.pooled.is_empty() { &self.potential } else { &self.pooled }
    }
}

/// State and tallies of one sample.
#[derive(Clone)]
pub(crate) struct Sample {
    /// Its neurons, block of outputs by block.
    pub blocks: Vec<Block>,
    /// Y, and ∂L/∂Y.
    pub readout: Vec<f32>,
    pub error: Vec<f32>,
    /// What each unit's spike counts after dropout, `[block][pooled position][output]`; empty without dropout.
    pub passes: Vec<f32>,
    pub dropout: Option<Dropout>,
    /// Places of the units that spike in the step at hand, `[block][pooled position][output]` counted through.
    pub fired: Vec<u32>,
    /// Spikes sent on in this chunk of steps.
    pub train: SpikeTrain,
    pub votes: Vec<u32>,
    /// Cost summed over counted steps.
    pub loss: f64,
    /// Spikes in all steps, and in counted steps.
    pub spikes: u64,
    pub counted_spikes: u64,
    /// Sums that the regulariser's means are made of, for this step.
    pub regularizer_sums: [f64; 2],
    /// Sum and sum of squares of the pooled potential, over all steps.
    pub moments: [f64; 2],
    /// Readouts of all steps, if recorded.
    pub recorded: Vec<f32>,
    pub finite: bool,
}

impl Sample {
    /// A sample at rest.
    pub(crate) fn new(constants: &Constants, learn: bool) -> Self {
        let blocks = (0..constants.geometry.blocks()).map(|_| Block::new(constants)).collect();
        Self::start(constants, learn, blocks, vec![0.0; constants.readout.classes()])
    }

    /// Fresh tallies around neuron state.
    fn start(constants: &Constants, learn: bool, blocks: Vec<Block>, readout: Vec<f32>) -> Self {
        let classes = constants.readout.classes();
        let settings = &constants.readout_settings;
        let units = constants.unit_memory();
        let drops = settings.dropout > 0.0 && (learn || settings.dropout_in_evaluation);
        let purpose = if learn { "dropout" } else { "dropout.evaluation" };
        Self {
            blocks,
            readout,
            error: vec![0.0; classes],
            passes: vec![0.0; if drops { units } else { 0 }],
            dropout: drops.then(|| {
                Dropout::new(constants.seed, &format!("{purpose}.{}", constants.index), settings.dropout, units)
            }),
            fired: Vec::new(),
            train: SpikeTrain::default(),
            votes: vec![0; classes],
            loss: 0.0,
            spikes: 0,
            counted_spikes: 0,
            regularizer_sums: [0.0; 2],
            moments: [0.0; 2],
            recorded: Vec::new(),
            finite: true,
        }
    }

    /// Starts a new batch's tallies; the neuron state stays.
    pub(crate) fn start_tallies(&mut self, constants: &Constants, learn: bool) {
        let (blocks, readout) = (std::mem::take(&mut self.blocks), std::mem::take(&mut self.readout));
        *self = Self::start(constants, learn, blocks, readout);
    }
}

impl Batch {
    /// A batch of samples at rest.
    pub(crate) fn new(constants: &Constants, samples: usize, learn: bool) -> Self {
        let geometry = &constants.geometry;
        let tiles = samples.div_ceil(geometry.tile);
        Self {
            samples: (0..samples).map(|_| Sample::new(constants, learn)).collect(),
            membrane: Aligned::zeros(samples * geometry.trace_plane),
            synaptic: Aligned::zeros(samples * geometry.trace_plane),
            drive: Aligned::zeros(tiles * geometry.tile * constants.neuron_memory()),
            deltas: Aligned::zeros(if learn { samples * constants.unit_memory() } else { 0 }),
            active: Active::new(constants, samples),
            regularization: 0.0,
            // All zero, as the traces are.
            carried: constants.carried.is_some(),
            steps: Steps::default(),
            window: Window::default(),
        }
    }

    /// Starts new tallies; the neuron state stays.
    pub(crate) fn start_tallies(&mut self, constants: &Constants, learn: bool) {
        for sample in &mut self.samples {
            sample.start_tallies(constants, learn);
        }
        self.deltas.resize(if learn { self.samples.len() * constants.unit_memory() } else { 0 });
        self.regularization = 0.0;
        self.steps = Steps::default();
    }
}
