//! The state of a layer for a batch of samples, and the room its steps work in.

use decolle_learning::Dropout;
use decolle_synapse::{INPUT_GROUP, SpikeTrain};

use super::Constants;

/// State and working room for a batch.
#[derive(Clone, Default)]
pub(crate) struct Batch {
    pub samples: Vec<Sample>,
    /// P of all samples, `[sample][trace plane]`.
    pub membrane: Vec<f32>,
    /// W·P + b, `[tile][block][sample of the tile or position][output of the block]`.
    pub drive: Vec<f32>,
    /// δ, `[sample][block][pooled position][output of the block]`.
    pub deltas: Vec<f32>,
    /// Inputs of a dense layer that have a trace, tile by tile.
    pub active: Vec<ActiveInputs>,
    /// Which groups of inputs hold one, `[tile][group]`.
    pub active_groups: Vec<bool>,
    /// Regulariser's share of the cost, summed over counted steps.
    pub regularization: f64,
}

/// Inputs with a trace in some sample of a tile.
#[derive(Clone)]
pub(crate) struct ActiveInputs {
    pub inputs: Vec<u32>,
    pub peaks: Vec<f32>,
}

/// State and tallies of one sample.
#[derive(Clone)]
pub(crate) struct Sample {
    /// Q, `[trace plane]`.
    pub synaptic: Vec<f32>,
    /// R, U and S before pooling, `[block][position][output of the block]`.
    pub refractory: Vec<f32>,
    pub potential: Vec<f32>,
    pub spike: Vec<f32>,
    /// U after pooling, `[block][pooled position][output of the block]`; empty without pooling.
    pub pooled: Vec<f32>,
    /// Which position won each pooling window, laid out as `pooled`.
    pub winners: Vec<u16>,
    /// Y, and ∂L/∂Y.
    pub readout: Vec<f32>,
    pub error: Vec<f32>,
    /// What each unit's spike counts after dropout; empty without dropout.
    pub passes: Vec<f32>,
    pub dropout: Option<Dropout>,
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
        let classes = constants.readout.classes();
        let settings = &constants.readout_settings;
        let (neurons, units) = (constants.neuron_memory(), constants.unit_memory());
        let pooled = if constants.pool > 1 { units } else { 0 };
        let drops = settings.dropout > 0.0 && (learn || settings.dropout_in_evaluation);
        let purpose = if learn { "dropout" } else { "dropout.evaluation" };
        Self {
            synaptic: vec![0.0; constants.geometry.trace_plane],
            refractory: vec![0.0; neurons],
            potential: vec![0.0; neurons],
            spike: vec![0.0; neurons],
            pooled: vec![0.0; pooled],
            winners: vec![0; pooled],
            readout: vec![0.0; classes],
            error: vec![0.0; classes],
            passes: vec![0.0; if drops { units } else { 0 }],
            dropout: drops.then(|| {
                Dropout::new(constants.seed, &format!("{purpose}.{}", constants.index), settings.dropout, units)
            }),
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
        let fresh = Self::new(constants, learn);
        let state = [&mut self.synaptic, &mut self.refractory, &mut self.potential, &mut self.spike, &mut self.pooled]
            .map(std::mem::take);
        let (winners, readout) = (std::mem::take(&mut self.winners), std::mem::take(&mut self.readout));
        let [synaptic, refractory, potential, spike, pooled] = state;
        *self = Self { synaptic, refractory, potential, spike, pooled, winners, readout, ..fresh };
    }
}

impl Batch {
    /// A batch of samples at rest.
    pub(crate) fn new(constants: &Constants, samples: usize, learn: bool) -> Self {
        let geometry = &constants.geometry;
        let tiles = samples.div_ceil(geometry.tile);
        let peaks = if geometry.is_dense() { geometry.trace_plane } else { 0 };
        Self {
            samples: (0..samples).map(|_| Sample::new(constants, learn)).collect(),
            membrane: vec![0.0; samples * geometry.trace_plane],
            drive: vec![0.0; tiles * geometry.tile * constants.neuron_memory()],
            deltas: vec![0.0; if learn { samples * constants.unit_memory() } else { 0 }],
            active: vec![ActiveInputs { inputs: Vec::with_capacity(peaks), peaks: vec![0.0; peaks] }; tiles],
            active_groups: vec![false; tiles * geometry.trace_plane / INPUT_GROUP],
            regularization: 0.0,
        }
    }

    /// Starts new tallies; the neuron state stays.
    pub(crate) fn start_tallies(&mut self, constants: &Constants, learn: bool) {
        for sample in &mut self.samples {
            sample.start_tallies(constants, learn);
        }
        self.deltas.resize(if learn { self.samples.len() * constants.unit_memory() } else { 0 }, 0.0);
        self.regularization = 0.0;
    }
}
