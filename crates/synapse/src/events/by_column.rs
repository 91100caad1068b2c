//! The events of one sample as the potentials of a convolution read them.

use std::ops::Range;

use decolle_number::index;

use crate::geometry::STRIP;
use crate::{Connection, Convolution, Geometry, SpikeTrain};

/// Events of some steps, sorted by step, then by column of the input, then by row; within those in the order of their train.
///
/// Sorted by column, because the outputs that a column's events reach are then the same, and may stay in registers for
/// all of them; by row, because those that reach a row of outputs then lie together.
#[derive(Clone, Debug, Default)]
pub struct ArrivalsByColumn {
    /// Rows and columns of the input.
    plane: [usize; 2],
    /// Where the events of step `t`, column `x` and row `y` start: entry `(t · columns + x) · rows + y`; then where all end.
    starts: Vec<u32>,
    /// Where the weights of each event's channel lie in a stencil, and as many kernel rows further as its row says.
    places: Vec<u32>,
    /// Number of events behind each.
    counts: Vec<f32>,
    /// Whether there is but one behind each, step by step.
    single: Vec<bool>,
    /// Synaptic operations of one output channel, step by step.
    operations: Vec<u64>,
}

impl ArrivalsByColumn {
    /// Makes room for so many events in all; false where there is none.
    #[must_use]
    pub fn make_room(&mut self, events: usize) -> bool {
        self.places.clear();
        self.counts.clear();
        self.places.try_reserve(events).is_ok() && self.counts.try_reserve(events).is_ok()
    }

    /// Takes in the steps `steps` of a train; its indices are inputs of `geometry`, a convolution.
    pub fn sort(&mut self, geometry: &Geometry, train: &SpikeTrain, steps: Range<usize>) {
        let Connection::Convolution(Convolution { input: [_, height, width], kernel, .. }) = geometry.connection else {
            unreachable!("a dense layer has no columns");
        };
        let origins = geometry.origins();
        let (kernel_rows, run) = (index(kernel[0]), index(kernel[1] * STRIP));
        let cells = height * width;
        self.plane = [height, width];
        self.starts.clear();
        self.starts.resize(steps.len() * cells + 1, 0);
        self.places.clear();
        self.counts.clear();
        self.single.clear();
        self.operations.clear();
        let cell_of = |row: u16, column: u16| column as usize * height + row as usize;
        for (number, step) in steps.enumerate() {
            let (indices, counts) = train.step(step);
            let first = self.places.len();
            // Counts, then where each cell starts, which filling it moves to where it ends: where the next one starts.
            let starts = &mut self.starts[number * cells..];
            let mut operations = 0u64;
            for &input in indices {
                let origin = origins[input as usize];
                starts[cell_of(origin.row, origin.column) + 1] += 1;
                operations += geometry.reached(origin.row as usize, origin.column as usize) as u64;
            }
            let mut end = index(first);
            for start in &mut starts[1..=cells] {
                end += std::mem::replace(start, end);
            }
            self.places.resize(first + indices.len(), 0);
            self.counts.resize(first + indices.len(), 0.0);
            for (&input, &count) in indices.iter().zip(counts) {
                let origin = origins[input as usize];
                let at = &mut starts[cell_of(origin.row, origin.column) + 1];
                // 32 bits hold the places of all that take events.
                self.places[*at as usize] = (origin.channel * kernel_rows + u32::from(origin.row)) * run;
                self.counts[*at as usize] = count;
                *at += 1;
            }
            self.single.push(counts.iter().all(|&count| count == 1.0));
            self.operations.push(operations);
        }
    }

    /// Number of steps taken in.
    pub fn steps(&self) -> usize {
        self.operations.len()
    }

    /// Whether a step, counted from the first taken in, has no events.
    pub(super) fn silent(&self, step: usize) -> bool {
        let cells = self.plane[0] * self.plane[1];
        self.starts[step * cells] == self.starts[(step + 1) * cells]
    }

    /// Whether there is but one event behind each of a step's, counted from the first taken in.
    #[inline(always)]
    pub(super) fn single(&self, step: usize) -> bool {
        self.single[step]
    }

    /// Places and counts of the events of a step in some rows of a column.
    #[inline(always)]
    pub(super) fn of(&self, step: usize, column: usize, rows: &Range<usize>) -> (&[u32], &[f32]) {
        let first = (step * self.plane[1] + column) * self.plane[0];
        let range = self.starts[first + rows.start] as usize..self.starts[first + rows.end] as usize;
        (&self.places[range.clone()], &self.counts[range])
    }

    /// Synaptic operations that the events of a step cause at one output channel.
    pub fn operations(&self, step: usize) -> u64 {
        self.operations[step]
    }
}
