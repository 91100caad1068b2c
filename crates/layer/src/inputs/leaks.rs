//! The traces Q and P of a layer's inputs, as spikes arrive.

use std::ops::Range;

use decolle_neuron::TraceDynamics;
use decolle_synapse::{Geometry, SpikeTrain};

/// Advances Q and P of one sample by one step with its input.
#[inline(always)]
pub(crate) fn step(
    dynamics: &TraceDynamics,
    geometry: &Geometry,
    indices: &[u32],
    counts: &[f32],
    synaptic: &mut [f32],
    membrane: &mut [f32],
) {
    for row in geometry.input_rows() {
        dynamics.decay(row.start, &mut synaptic[row.clone()], &mut membrane[row]);
    }
    for (&index, &count) in indices.iter().zip(counts) {
        dynamics.arrive(0, synaptic, geometry.places()[index as usize] as usize, count);
    }
    for row in geometry.input_rows() {
        dynamics.settle(row.start, &synaptic[row.clone()], &mut membrane[row]);
    }
}

/// The events of one sample over some steps, sorted by the row of inputs they arrive at: its traces then take all steps
/// while they are in the first-level cache.
#[derive(Default)]
pub(crate) struct ByRow {
    /// Where the events of each row end.
    ends: Vec<usize>,
    events: Vec<Event>,
}

#[derive(Clone, Copy, Default)]
struct Event {
    step: usize,
    /// Place in the row.
    place: usize,
    count: f32,
}

impl ByRow {
    /// Makes room for so many events in all; false where there is none.
    #[must_use]
    pub(crate) fn make_room(&mut self, events: usize) -> bool {
        self.events.clear();
        self.events.try_reserve(events).is_ok()
    }

    /// Takes in the steps `steps` of a train.
    pub(crate) fn sort(&mut self, geometry: &Geometry, train: &SpikeTrain, steps: Range<usize>) {
        let first = geometry.input_rows().next().map_or(0, |row| row.start);
        let stride = geometry.row_stride.max(1);
        let rows = geometry.input_rows().count();
        let located = |index: u32| {
            let place = geometry.places()[index as usize] as usize - first;
            if rows == 1 { (0, place) } else { (place / stride, place % stride) }
        };
        self.ends.clear();
        self.ends.resize(rows, 0);
        let mut events = 0;
        for step in steps.clone() {
            let (indices, _) = train.step(step);
            events += indices.len();
            for &index in indices {
                self.ends[located(index).0] += 1;
            }
        }
        // From counts to where each row starts, which filling it moves to where it ends.
        let mut start = 0;
        for end in &mut self.ends {
            start += std::mem::replace(end, start);
        }
        self.events.resize(events, Event::default());
        for (number, step) in steps.enumerate() {
            let (indices, counts) = train.step(step);
            for (&index, &count) in indices.iter().zip(counts) {
                let (row, place) = located(index);
                self.events[self.ends[row]] = Event { step: number, place, count };
                self.ends[row] += 1;
            }
        }
    }

    /// Advances Q and P by `steps` steps, as [`step`] does.
    #[inline(always)]
    pub(crate) fn take_in(
        &self,
        dynamics: &TraceDynamics,
        geometry: &Geometry,
        steps: usize,
        synaptic: &mut [f32],
        membrane: &mut [f32],
    ) {
        let mut start = 0;
        for (row, &end) in geometry.input_rows().zip(&self.ends) {
            let (synaptic, membrane) = (&mut synaptic[row.clone()], &mut membrane[row.clone()]);
            let mut events = self.events[start..end].iter().peekable();
            for step in 0..steps {
                dynamics.decay(row.start, synaptic, membrane);
                while let Some(event) = events.next_if(|event| event.step == step) {
                    dynamics.arrive(row.start, synaptic, event.place, event.count);
                }
                dynamics.settle(row.start, synaptic, membrane);
            }
            start = end;
        }
    }
}
