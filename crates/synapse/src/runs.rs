//! The traces of a dense layer that are not zero, some inputs at a time.

use crate::Geometry;

/// Inputs of a run: as many as let their weights to a block of outputs, or the gradients of these, stay in a first-level
/// cache (16 KiB) while all samples pass.
pub const RUN: usize = 64;

/// The non-zero traces of neighbouring inputs, sample by sample. Real recordings leave most inputs of a sample without a
/// trace, but few without one in any sample.
#[derive(Clone, Debug, Default)]
pub struct TraceRun {
    /// Inputs of this run; fewer than [`RUN`] in the last one.
    width: usize,
    /// Number of each input within the run, all below `width`, and its trace.
    inputs: Vec<u32>,
    traces: Vec<f32>,
    /// Where the traces of each sample end.
    ends: Vec<usize>,
    /// The same input by input: `[input][place]`, the samples in which it has a trace, and these traces.
    samples_of: Vec<u32>,
    traces_of: Vec<f32>,
    counts: Vec<usize>,
}

impl TraceRun {
    /// Lists the traces of run `run` in `planes`, those of some samples one after the other.
    pub fn gather(&mut self, geometry: &Geometry, planes: &[f32], run: usize) {
        let (plane, first) = (geometry.trace_plane, run * RUN);
        self.width = RUN.min(plane - first);
        // One place more than there can be: every trace is written, and counted where not zero, since a branch would be
        // mispredicted every other time.
        let most = planes.len() / plane * self.width + 1;
        self.inputs.resize(most, 0);
        self.traces.resize(most, 0.0);
        self.ends.clear();
        let mut length = 0;
        for plane in planes.chunks_exact(plane) {
            for (input, &trace) in (0..).zip(&plane[first..first + self.width]) {
                self.inputs[length] = input;
                self.traces[length] = trace;
                length += usize::from(trace != 0.0);
            }
            self.ends.push(length);
        }
    }

    /// Makes [`TraceRun::of_input`] ready.
    pub fn turn(&mut self) {
        let samples = self.samples();
        self.samples_of.resize(self.width * samples, 0);
        self.traces_of.resize(self.width * samples, 0.0);
        self.counts.clear();
        self.counts.resize(self.width, 0);
        let mut start = 0;
        for (sample, &end) in (0..).zip(&self.ends) {
            for (&input, &trace) in self.inputs[start..end].iter().zip(&self.traces[start..end]) {
                let count = &mut self.counts[input as usize];
                let place = input as usize * samples + *count;
                self.samples_of[place] = sample;
                self.traces_of[place] = trace;
                *count += 1;
            }
            start = end;
        }
    }

    /// The samples in which an input of the run has a trace, ascending, and these traces, once [`TraceRun::turn`] has been
    /// called.
    #[inline(always)]
    pub fn of_input(&self, input: usize) -> (&[u32], &[f32]) {
        let start = input * self.samples();
        let range = start..start + self.counts[input];
        (&self.samples_of[range.clone()], &self.traces_of[range])
    }

    /// Samples listed.
    pub fn samples(&self) -> usize {
        self.ends.len()
    }

    /// Inputs of this run.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The inputs, counted within the run, that have a trace in a sample, and these traces.
    #[inline(always)]
    pub fn of(&self, sample: usize) -> (&[u32], &[f32]) {
        let range = sample.checked_sub(1).map_or(0, |before| self.ends[before])..self.ends[sample];
        (&self.inputs[range.clone()], &self.traces[range])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Connection;

    #[test]
    fn a_run_lists_the_traces_that_are_not_zero() {
        let geometry = Geometry::new(Connection::Dense { inputs: 70, units: 3 }).unwrap();
        let mut planes = vec![0.0; 3 * geometry.trace_plane];
        for (sample, input, trace) in [(0, 2, 1.0), (0, 69, 2.0), (2, 64, 3.0), (2, 0, 4.0)] {
            planes[sample * geometry.trace_plane + input] = trace;
        }
        let mut runs = [TraceRun::default(), TraceRun::default()];
        for (number, run) in runs.iter_mut().enumerate() {
            run.gather(&geometry, &planes, number);
            run.turn();
            assert_eq!(run.samples(), 3);
        }
        assert_eq!(runs[0].of_input(0), (&[2u32][..], &[4.0f32][..]));
        assert_eq!(runs[0].of_input(1).0.len(), 0);
        assert_eq!(runs[1].of_input(5), (&[0u32][..], &[2.0f32][..]));
        assert_eq!(runs.each_ref().map(TraceRun::width), [64, geometry.trace_plane - 64]);
        assert_eq!(runs[0].of(0), (&[2u32][..], &[1.0f32][..]));
        assert_eq!(runs[1].of(0), (&[5u32][..], &[2.0f32][..]));
        assert_eq!(runs[0].of(1).0.len() + runs[1].of(1).0.len(), 0);
        assert_eq!(runs[0].of(2), (&[0u32][..], &[4.0f32][..]));
        assert_eq!(runs[1].of(2), (&[0u32][..], &[3.0f32][..]));
    }

    #[test]
    fn a_run_without_a_zero_is_full() {
        let geometry = Geometry::new(Connection::Dense { inputs: 16, units: 3 }).unwrap();
        let mut run = TraceRun::default();
        run.gather(&geometry, &vec![1.0; 2 * geometry.trace_plane], 0);
        assert_eq!(run.of(1).0, (0..16).collect::<Vec<u32>>());
    }
}
