//! The events of one sample as the gradient of a convolution reads them.

use decolle_number::index;

use crate::{Geometry, SpikeTrain};

/// Events of some steps, sorted by step, then by input channel; within those in the order of their train.
///
/// Sorted by channel, because the weights of a channel then stay in the first-level cache for all its events of a step.
#[derive(Clone, Debug, Default)]
pub struct ArrivalsByChannel {
    channels: usize,
    /// Where the events of step `t`, channel `c` end: entry `t · channels + c`.
    ends: Vec<u32>,
    events: Vec<Arrival>,
    next: Vec<u32>,
}

/// One event at an input of a convolution.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Arrival {
    /// Row of the input.
    pub row: u16,
    /// Column of the input.
    pub column: u16,
    /// Number of events behind it.
    pub count: f32,
}

impl ArrivalsByChannel {
    /// Makes room for so many events in all; false where there is none.
    #[must_use]
    pub fn make_room(&mut self, events: usize) -> bool {
        self.events.clear();
        self.events.try_reserve(events).is_ok()
    }

    /// Takes in the steps `steps` of a train; its indices are inputs of `geometry`, a convolution.
    pub fn sort(&mut self, geometry: &Geometry, train: &SpikeTrain, steps: std::ops::Range<usize>) {
        let origins = geometry.origins();
        self.channels = geometry.channels();
        self.ends.clear();
        self.events.clear();
        for step in steps {
            let (indices, counts) = train.step(step);
            self.next.clear();
            self.next.resize(self.channels + 1, 0);
            for &input in indices {
                self.next[origins[input as usize].channel as usize + 1] += 1;
            }
            let first = self.events.len();
            self.next[0] = index(first);
            for channel in 0..self.channels {
                self.next[channel + 1] += self.next[channel];
            }
            self.ends.extend_from_slice(&self.next[1..]);
            self.events.resize(first + indices.len(), Arrival::default());
            for (&input, &count) in indices.iter().zip(counts) {
                let origin = origins[input as usize];
                let place = &mut self.next[origin.channel as usize];
                self.events[*place as usize] = Arrival { row: origin.row, column: origin.column, count };
                *place += 1;
            }
        }
    }

    /// Events of a step, counted from the first taken in, at one input channel.
    #[inline(always)]
    pub fn of(&self, step: usize, channel: usize) -> &[Arrival] {
        let cell = step * self.channels + channel;
        let start = if cell == 0 { 0 } else { self.ends[cell - 1] };
        &self.events[start as usize..self.ends[cell] as usize]
    }
}
