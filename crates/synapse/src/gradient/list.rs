//! The non-zero δ of a block of outputs.

/// Traces that the patches of a band start in, at most, if a row has no more: half of a first-level cache of 48 KiB, beside
/// which some gradients fit.
const BAND: usize = 6 << 10;

/// For each output of a block: where the patches of its non-zero δ start, and the δ.
///
/// Entries come in bands whose patches lie close together, so that a kernel that takes all outputs through one band after
/// the other finds the traces of a row of patches in the first-level cache.
#[derive(Clone, Debug)]
pub struct DeltaList {
    capacity: usize,
    /// Distance between the lists of two outputs. One cache line more than the capacity needs: lists a power of two
    /// apart would all fall into the same few sets of the cache.
    stride: usize,
    starts: Vec<u32>,
    deltas: Vec<f32>,
    lengths: Vec<usize>,
    /// Entries of each output up to the end of each band but the last: `[band][output]`.
    ends: Vec<usize>,
    /// Traces of the rows in the band at hand.
    band: usize,
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
            ends: Vec::new(),
            band: 0,
        }
    }

    /// Empties all lists.
    pub fn clear(&mut self) {
        self.lengths.fill(0);
        self.ends.clear();
        self.band = 0;
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

    /// Ends a row of positions, whose patches start in so many traces, and the band with it if another row like this would
    /// be too much.
    pub fn end_row(&mut self, traces: usize) {
        self.band += traces;
        if self.band + traces > BAND {
            self.ends.extend_from_slice(&self.lengths);
            self.band = 0;
        }
    }

    /// Number of bands; the last one may be empty.
    pub fn bands(&self) -> usize {
        self.ends.len() / self.lengths.len() + 1
    }

    /// Starts and δ of an output in a band, in the order they were added.
    #[inline(always)]
    pub fn band(&self, band: usize, output: usize) -> (&[u32], &[f32]) {
        let outputs = self.lengths.len();
        let first = if band == 0 { 0 } else { self.ends[(band - 1) * outputs + output] };
        let last = self.ends.get(band * outputs + output).copied().unwrap_or(self.lengths[output]);
        let range = output * self.stride + first..output * self.stride + last;
        (&self.starts[range.clone()], &self.deltas[range])
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

    #[test]
    fn a_band_ends_before_its_traces_are_more_than_the_cache_holds() {
        let mut list = DeltaList::new(2, 4);
        for row in 0..4u32 {
            list.push_row(&[1.0, if row == 2 { 5.0 } else { 0.0 }], |_| row);
            list.end_row(BAND / 2);
        }
        assert_eq!(list.bands(), 3);
        assert_eq!(list.band(0, 0).0, [0, 1]);
        assert_eq!(list.band(1, 0).0, [2, 3]);
        assert_eq!(list.band(2, 0).0, [0u32; 0]);
        assert_eq!(list.band(0, 1).1, [0f32; 0]);
        assert_eq!(list.band(1, 1).1, [5.0]);
        list.clear();
        assert_eq!(list.bands(), 1);
        list.push_row(&[1.0, 0.0], |_| 7);
        assert_eq!(list.band(0, 0).0, [7]);
    }
}
