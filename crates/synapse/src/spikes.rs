//! Spikes on their way between layers: sparse lists, one a time step.

/// The spikes of one sample over a stretch of time steps: for each step a list of (index, count).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SpikeTrain {
    ends: Vec<usize>,
    indices: Vec<u32>,
    counts: Vec<f32>,
}

impl SpikeTrain {
    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        size_of::<usize>() * self.ends.capacity() + 4 * (self.indices.capacity() + self.counts.capacity())
    }

    /// Forgets all steps but keeps the memory.
    pub fn clear(&mut self) {
        self.ends.clear();
        self.indices.clear();
        self.counts.clear();
    }

    /// Makes room for so many events; false where there is none.
    #[must_use]
    pub fn make_room(&mut self, events: usize) -> bool {
        self.indices.try_reserve(events).is_ok() && self.counts.try_reserve(events).is_ok()
    }

    /// Adds `count` events at `index` to the step that is being written.
    #[inline(always)]
    pub fn push(&mut self, index: u32, count: f32) {
        self.indices.push(index);
        self.counts.push(count);
    }

    /// Adds a list of events to the step that is being written.
    pub fn extend(&mut self, indices: &[u32], counts: &[f32]) {
        self.indices.extend_from_slice(indices);
        self.counts.extend_from_slice(counts);
    }

    /// Closes the step that is being written.
    pub fn end_step(&mut self) {
        self.ends.push(self.indices.len());
    }

    /// Number of steps written.
    pub fn steps(&self) -> usize {
        self.ends.len()
    }

    /// Indices and counts of a step.
    #[inline]
    pub fn step(&self, step: usize) -> (&[u32], &[f32]) {
        let start = if step == 0 { 0 } else { self.ends[step - 1] };
        let end = self.ends[step];
        (&self.indices[start..end], &self.counts[start..end])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_train_gives_back_each_step_as_written() {
        let mut train = SpikeTrain::default();
        train.push(3, 1.0);
        train.push(5, 2.0);
        train.end_step();
        train.end_step();
        train.extend(&[1], &[4.0]);
        train.end_step();
        assert_eq!(train.step(0), (&[3u32, 5][..], &[1.0f32, 2.0][..]));
        assert_eq!(train.step(1), (&[][..], &[][..]));
        assert_eq!(train.step(2), (&[1u32][..], &[4.0f32][..]));
        train.clear();
        assert_eq!(train.steps(), 0);
    }
}
