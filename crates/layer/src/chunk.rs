//! What a layer must know about the time steps it takes, and the targets there.

use decolle_synapse::Level;

use crate::Options;

/// What a layer must know about a chunk of time steps.
#[derive(Clone, Copy)]
pub struct Chunk<'a> {
    /// SIMD level.
    pub level: Level,
    /// Learning rate.
    pub rate: f32,
    /// Number of steps.
    pub steps: usize,
    /// Steps of the batch before it.
    pub done: usize,
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
    pub(crate) fn counted(&self, in_chunk: usize) -> bool {
        self.sequence_step + in_chunk as u64 >= self.options.burn_in as u64
    }

    pub(crate) fn step(&self, in_chunk: usize) -> Step<'a> {
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
            of_batch: self.done + in_chunk,
            keep_potential: self.options.keeps_potentials(),
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
    /// Which step of the batch it is: where in recordings to write.
    pub(crate) of_batch: usize,
    /// Whether potentials are kept for what looks at them afterwards.
    pub(crate) keep_potential: bool,
    /// Whether moments of the potential are kept.
    pub(crate) record_potential: bool,
}

impl Step<'_> {
    /// Whether there is a cost in this step.
    pub(crate) fn is_judged(&self) -> bool {
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
    pub(crate) fn of(&self, sample: usize, units: usize) -> Option<&'a [f32]> {
        match *self {
            Self::None => None,
            Self::Classes { classes, row } => Some(&row[units - 1 - classes[sample] as usize..][..units]),
            Self::Values { data, stride, offset } => Some(&data[sample * stride + offset..][..units]),
        }
    }
}
