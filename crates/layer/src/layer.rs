//! A layer: what stays, what learns, and the state of its samples.

use decolle_learning::Occurrences;
use decolle_synapse::{Level, Weights};

use crate::changed::Changed;
use crate::events::ByRun;
use crate::events::scratch::EventScratch;
use crate::frequency::{FrequencyScratch, WeightSpectra};
use crate::learning::{Descent, Learned, Learner};
use crate::propagation::{DenseScratch, LowRank};
use crate::{Batch, Constants, Controlled, Counted, Operations};

/// Where the steps of a layer work; nothing in it lasts.
#[derive(Default)]
pub(crate) struct Scratch {
    /// Dense steps.
    pub(crate) dense: DenseScratch,
    /// Samples in stretches by events.
    pub(crate) events: EventScratch,
    /// What corrects a stretch in which weights change at every step.
    pub(crate) low_rank: LowRank,
    /// The events of such a stretch.
    pub(crate) by_run: ByRun,
}

/// A layer of a network.
pub struct Layer {
    /// What stays the same while it runs.
    pub constants: Constants,
    /// Weights and biases.
    pub weights: Weights,
    /// Gradients and moments, slice of outputs by slice.
    pub learners: Vec<Learner>,
    /// Constants that learn.
    pub learned: Vec<Learned>,
    /// What learning goes by that controllers move.
    pub controlled: Controlled,
    /// Learning steps whose gradients wait for an update.
    pub accumulated: usize,
    /// What controllers go by, since the last update.
    pub counted: Counted,
    /// Error events of the batch.
    pub all_error_events: Occurrences,
    /// Updates so far.
    pub updates: u64,
    /// State of the samples.
    pub batch: Batch,
    /// Synaptic operations of the batch.
    pub operations: Operations,
    /// Whether the stencils are those of the present weights.
    pub stencils_packed: bool,
    /// What of the weights is other than in the last snapshot that holds them, and which one that is, counted from 1.
    pub(crate) changed: Changed,
    pub(crate) snapshots: u64,
    /// The weights in the frequency domain.
    pub(crate) spectra: WeightSpectra,
    pub(crate) scratch: Scratch,
}

impl Layer {
    /// A layer with these weights, before its first batch.
    pub fn new(constants: Constants, weights: Weights) -> Self {
        Self {
            weights,
            learners: (0..constants.geometry.slices()).map(|_| Learner::new(&constants)).collect(),
            learned: Learned::of(&constants),
            controlled: Controlled::new(&constants),
            accumulated: 0,
            counted: Counted::default(),
            all_error_events: Occurrences::default(),
            updates: 0,
            batch: Batch::default(),
            operations: Operations::default(),
            stencils_packed: false,
            changed: Changed::default(),
            snapshots: 0,
            spectra: WeightSpectra::default(),
            scratch: Scratch::default(),
            constants,
        }
    }

    /// Exchanges where it works in the frequency domain for where other layers do.
    pub fn exchange(&mut self, shared: &mut FrequencyScratch) {
        std::mem::swap(&mut self.scratch.dense.frequency, shared);
    }

    /// Says that weights or moments were replaced.
    pub fn replaced(&mut self) {
        self.changed.all = true;
    }

    /// Brings everything that kernels read up to date with weights that were replaced; what is carried is not.
    pub fn pack(&mut self, level: Level) {
        self.replaced();
        self.weights.pack(level, &self.constants.geometry);
        (self.stencils_packed, self.spectra.ready) = (false, false);
    }

    /// Applies what has accumulated.
    pub fn update(&mut self, rate: f32, level: Level) {
        let descent = Descent { constants: &self.constants, rate, update: self.updates + 1, level };
        descent.apply_all(&mut self.weights, &mut self.learners);
        Learned::descend(&mut self.learned, &self.constants, rate, self.updates + 1);
        self.updated(true);
    }

    /// Exchanges the weights that learn for their average, which the optimiser keeps as one of its moments, or the other way
    /// round; nothing is rounded.
    pub fn exchange_average(&mut self, level: Level) {
        let Some(average) = self.constants.optimizer.average() else { return };
        for (parameters, learner) in self.weights.slices.iter_mut().zip(&mut self.learners) {
            std::mem::swap(parameters, &mut learner.state.moments[average]);
        }
        for learned in &mut self.learned {
            std::mem::swap(&mut learned.values, &mut learned.moments[average]);
            learned.spread();
        }
        self.pack(level);
        self.batch.carried = false;
    }

    /// Takes in what of the samples controllers go by.
    pub(crate) fn take_counted(&mut self) {
        for sample in &mut self.batch.samples {
            let counted = std::mem::take(&mut sample.counted);
            self.counted.add(counted);
            self.all_error_events.add(counted.errors);
        }
    }

    /// Follows an update: of perhaps all weights, or of those alone that are noted in `changed`.
    pub(crate) fn updated(&mut self, all: bool) {
        self.changed.all |= all;
        self.controlled.update(&self.constants, std::mem::take(&mut self.counted));
        self.updates += 1;
        self.accumulated = 0;
        self.batch.carried = false;
        (self.stencils_packed, self.spectra.ready) = (false, false);
    }
}
