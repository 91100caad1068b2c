//! One layer: its constants, its state for a batch of samples, and how both go through a chunk of time steps.
//!
//! Each step runs by events or densely (`choice`). Dense steps go one by one (`stepwise`), steps by events in
//! stretches over which the weights stand still (`stretch`) or, for one sample, change by a low rank (`online`).

// Conversions that wrap or cut off in silence: `decolle_number` has others.
#![cfg_attr(not(test), deny(clippy::cast_possible_truncation, clippy::cast_possible_wrap, clippy::cast_sign_loss))]

mod bytes;
mod choice;
mod constants;
mod inputs;
mod learned;
mod learning;
mod memory;
mod online;
mod options;
mod own;
mod postsynaptic;
mod state;
mod stepwise;
mod stretch;
mod synapses;
mod tally;
mod traces;

pub use choice::Window;
pub use constants::{Constants, place, spread_inputs, spread_neurons};
pub use inputs::InputState;
pub use learned::Learned;
pub use learning::{Learner, samples_at_once};
pub use memory::Memory;
pub use online::Past;
pub use options::Options;
pub use state::{Batch, Block, Sample};
pub use stepwise::DenseRoom;
pub use stretch::{Rooms, rooms};
pub use synapses::Synapses;
pub use tally::{Operations, Steps};

use choice::{Learning, Way, way};
use decolle_learning::ErrorEvents;
use decolle_synapse::{Level, SpikeTrain, Weights};
use learning::Descent;

/// What a layer must know about a chunk of time steps.
#[derive(Clone, Copy)]
pub struct Chunk<'a> {
    /// SIMD level.
    pub level: Level,
    /// Learning rate.
    pub rate: f32,
    /// Number of steps.
    pub steps: usize,
    /// The first one, counted from the start of the sequence.
    pub sequence_step: u64,
    /// Where the draws of dropout for the first one are.
    pub draw: u64,
    /// Whether the batch ends with it.
    pub last: bool,
    /// What to do.
    pub options: &'a Options,
    /// The target of each step.
    pub targets: &'a (dyn Fn(usize) -> Targets<'a> + Sync),
}

impl<'a> Chunk<'a> {
    fn counted(&self, in_chunk: usize) -> bool {
        self.sequence_step + in_chunk as u64 >= self.options.burn_in as u64
    }

    fn step(&self, in_chunk: usize) -> Step<'a> {
        let counted = self.counted(in_chunk);
        Step {
            level: self.level,
            in_chunk,
            learn: self.options.learn && counted,
            counted,
            last: self.last && in_chunk + 1 == self.steps,
            draw: self.draw + in_chunk as u64,
            sequence_step: self.sequence_step + in_chunk as u64,
            targets: (self.targets)(in_chunk),
            record_readout: self.options.record_readout,
            record_potential: self.options.record_potential,
        }
    }
}

/// What a layer must know about the step it takes.
#[derive(Clone, Copy)]
pub(crate) struct Step<'a> {
    /// SIMD level.
    pub(crate) level: Level,
    /// Step within the chunk: where in the input trains to read.
    pub(crate) in_chunk: usize,
    /// Whether weights change in this step.
    pub(crate) learn: bool,
    /// Whether this step votes and its cost counts.
    pub(crate) counted: bool,
    /// Whether the batch ends with it.
    pub(crate) last: bool,
    /// Where the draws of dropout for this step are.
    pub(crate) draw: u64,
    /// Which step it is, counted from the start of the sequence.
    pub(crate) sequence_step: u64,
    /// The target of each sample, if there is one.
    pub(crate) targets: Targets<'a>,
    /// Whether readouts are kept.
    pub(crate) record_readout: bool,
    /// Whether moments of the potential are kept.
    pub(crate) record_potential: bool,
}

impl Step<'_> {
    /// Whether there is a cost in this step.
    fn is_judged(&self) -> bool {
        self.counted && !matches!(self.targets, Targets::None)
    }
}

/// A one between zeros, so many that the target of every one of `units` classes is a piece of it: that of class k starts k
/// places before the last that could.
pub fn one_hot(units: usize) -> Vec<f32> {
    let mut row = vec![0.0; 2 * units - 1];
    row[units - 1] = 1.0;
    row
}

/// Targets of one layer at one step.
#[derive(Clone, Copy)]
pub enum Targets<'a> {
    /// None: only predict.
    None,
    /// One class per sample, and a row in which each finds its own: see [`one_hot`].
    Classes {
        /// The class of each sample.
        classes: &'a [u32],
        /// The row.
        row: &'a [f32],
    },
    /// `data[sample · stride + offset ..]`.
    Values {
        /// The values of all samples, steps and layers.
        data: &'a [f32],
        /// From one sample's to the next one's.
        stride: usize,
        /// Where those of this step and layer are.
        offset: usize,
    },
}

impl<'a> Targets<'a> {
    fn of(&self, sample: usize, units: usize) -> Option<&'a [f32]> {
        match *self {
            Self::None => None,
            Self::Classes { classes, row } => Some(&row[units - 1 - classes[sample] as usize..][..units]),
            Self::Values { data, stride, offset } => Some(&data[sample * stride + offset..][..units]),
        }
    }
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
    /// Learning steps whose gradients wait for an update.
    pub accumulated: usize,
    /// Error events since the last update.
    pub error_events: ErrorEvents,
    /// Error events of the batch.
    pub all_error_events: ErrorEvents,
    /// Updates so far.
    pub updates: u64,
    /// State of the samples.
    pub batch: Batch,
    /// Synaptic operations of the batch.
    pub operations: Operations,
    /// Whether the stencils are those of the present weights.
    pub stencils_packed: bool,
    /// Where dense steps work.
    pub dense_room: DenseRoom,
    /// Where samples work in stretches by events.
    pub rooms: Rooms,
    /// What is remembered of a stretch in which weights change at every step.
    pub past: Past,
}

impl Layer {
    /// Brings everything that kernels read up to date with weights that were replaced; what is carried is not.
    pub fn pack(&mut self, level: Level) {
        self.weights.pack(level, &self.constants.geometry);
        self.stencils_packed = false;
    }

    /// Takes a chunk of time steps; `input` holds one train per sample. Gives the updates applied.
    ///
    /// # Errors
    /// The step within the chunk at which a potential, readout or cost was not finite.
    pub fn take(&mut self, chunk: &Chunk<'_>, input: &[&SpikeTrain]) -> Result<usize, usize> {
        for sample in &mut self.batch.samples {
            sample.train.clear();
        }
        let samples = self.batch.samples.len();
        let Options { learn, update_every, .. } = *chunk.options;
        let mut updates = 0;
        let mut start = 0;
        // How the step at `start` runs, if that has been decided already.
        let mut decided = None;
        while start < chunk.steps {
            let learns = learn && chunk.counted(start);
            let learning = if learns { Learning::Every(update_every) } else { Learning::No };
            let decide = |layer: &mut Self, in_chunk: usize| {
                layer.batch.window.take_in(chunk.sequence_step + in_chunk as u64, in_chunk, input);
                if layer.constants.only_densely(learns, chunk.step(in_chunk).is_judged()) {
                    return Way::Dense;
                }
                way(&layer.constants, samples, learning, &layer.batch.window)
            };
            let mut taken = decided.take().unwrap_or_else(|| decide(self, start));
            if taken == Way::Online && self.accumulated > 0 {
                // What earlier steps left is applied together with this step's gradient.
                taken = Way::Events;
            }
            let most = match taken {
                Way::Dense => 1,
                Way::Events if learns => update_every.saturating_sub(self.accumulated).clamp(1, stretch::LONGEST),
                Way::Events | Way::Online => stretch::LONGEST,
            };
            let last = chunk.steps.min(start + most);
            let mut end = start + 1;
            while end < last && chunk.counted(end) == chunk.counted(start) {
                let next = decide(self, end);
                if next != taken {
                    decided = Some(next);
                    break;
                }
                end += 1;
            }
            let broken = match taken {
                Way::Dense => {
                    let due = learns && self.accumulated + 1 >= update_every;
                    updates += usize::from(due);
                    (!self.step(&chunk.step(start), input, due.then_some(chunk.rate))).then_some(start)
                }
                Way::Events => self.stretch(start..end, chunk, input),
                Way::Online => self.online(start..end, chunk, input),
            };
            if let Some(broken) = broken {
                return Err(broken);
            }
            if taken == Way::Online {
                updates += end - start;
            } else if learns && self.accumulated >= update_every {
                self.update(chunk.rate, chunk.level);
                updates += 1;
            }
            start = end;
        }
        Ok(updates)
    }

    /// Applies what has accumulated.
    pub fn update(&mut self, rate: f32, level: Level) {
        let descent = Descent { constants: &self.constants, rate, update: self.updates + 1, level };
        descent.apply_all(&mut self.weights, &mut self.learners);
        Learned::descend(&mut self.learned, &self.constants, rate, self.updates + 1);
        self.updated();
    }

    /// Takes in the error events of the samples.
    fn take_error_events(&mut self) {
        for sample in &mut self.batch.samples {
            let events = std::mem::take(&mut sample.error_events);
            self.error_events.add(events);
            self.all_error_events.add(events);
        }
    }

    fn updated(&mut self) {
        let events = std::mem::take(&mut self.error_events);
        if let Some(trigger) = &mut self.constants.trigger {
            trigger.threshold = trigger.moved(self.constants.first_error_threshold, events);
        }
        self.updates += 1;
        self.accumulated = 0;
        self.batch.carried = false;
        self.stencils_packed = false;
    }
}
