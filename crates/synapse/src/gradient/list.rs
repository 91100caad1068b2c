//! The non-zero δ of a block of outputs.

/// For each output of a block: where the patches of its non-zero δ start, and the δ.
#[derive(Clone, Debug)]
pub struct DeltaList {
    capacity: usize,
    /// Distance between the lists of two outputs. One cache line more than the capacity needs: lists a power of two
    /// apart would all fall into the same few sets of the cache.
    stride: usize,
    starts: Vec<u32>,
    deltas: Vec<f32>,
    lengths: Vec<usize>,
}

impl DeltaList {
    /// An empty list for `outputs` outputs with room for `capacity` entries each.
    pub fn new(outputs: usize, capacity: usize) -> Self {
        let stride = capacity.next_multiple_of(16) + 16;
        Self {
            capacity,
            stride,
            starts: vec![0; outputs * stride],
            deltas: vec![0.0; outputs * stride],
            lengths: vec![0; outputs],
        }
    }

    /// Empties all lists.
    pub fn clear(&mut self) {
        self.lengths.fill(0);
    }

    /// Entries that still fit for each output.
    pub fn room(&self) -> usize {
        self.capacity - self.lengths.iter().max().copied().unwrap_or(0)
    }

    /// Adds the non-zero δ of one pooled position: `delta` holds one δ per output, `starts` where their patches start.
    ///
    /// Every entry is written and counted only where δ ≠ 0: a branch would be mispredicted every other time.
    #[inline(always)]
    pub fn push_row(&mut self, delta: &[f32], starts: impl Fn(usize) -> u32) {
        for (output, (&delta, length)) in delta.iter().zip(&mut self.lengths).enumerate() {
            let place = output * self.stride + *length;
            self.deltas[place] = delta;
            self.starts[place] = starts(output);
            *length += usize::from(delta != 0.0);
        }
    }

    /// Starts and δ of an output, in the order they were added.
    #[inline(always)]
    pub fn output(&self, output: usize) -> (&[u32], &[f32]) {
        let range = output * self.stride..output * self.stride + self.lengths[output];
        (&self.starts[range.clone()], &self.deltas[range])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_errors_that_are_not_zero_are_kept_in_order() {
        let mut list = DeltaList::new(2, 3);
        list.push_row(&[1.0, 0.0], |output| 10 + output as u32);
        list.push_row(&[0.0, 0.0], |output| 20 + output as u32);
        list.push_row(&[-2.0, 3.0], |output| 30 + output as u32);
        assert_eq!(list.output(0), (&[10u32, 30][..], &[1.0f32, -2.0][..]));
        assert_eq!(list.output(1), (&[31u32][..], &[3.0f32][..]));
        assert_eq!(list.room(), 1);
        list.clear();
        assert_eq!(list.output(0).0.len(), 0);
    }
}
