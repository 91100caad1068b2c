//! A batch: the spikes of its samples, and what the readouts should say. It is checked as it is filled, part by part, so
//! that working on it only asks whether it is whole.

use decolle_error::{Code, Fault, Result, reserve};
use decolle_layer::{Options, one_hot};
use decolle_number::{index, product};

use crate::memory::Need;

/// The greatest count that an input may have in a step, and the greatest size of a target.
const GREATEST: f32 = 1e6;

/// Samples, time steps and the network that they are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Inputs of the network.
    pub inputs: usize,
    /// Its layers.
    pub layers: usize,
    /// Its readout units.
    pub units: usize,
    /// Samples of the batch.
    pub samples: usize,
    /// Time steps of each.
    pub steps: usize,
}

/// Spikes of one sample as sparse lists, one list a time step.
#[derive(Clone, Debug, Default)]
pub struct Lists {
    /// Where the list of each step starts, and the end of the last: `steps + 1` entries from 0.
    pub offsets: Vec<u32>,
    /// Index of the input each spike arrives at, `(channel · height + row) · width + column`.
    pub indices: Vec<u32>,
    /// Number of events behind each spike, finite and above zero.
    pub counts: Vec<f32>,
}

impl Lists {
    /// Numbers in them, each of four bytes.
    fn numbers(&self) -> usize {
        self.offsets.len() + self.indices.len() + self.counts.len()
    }
}

/// What the readouts should say.
pub(crate) enum OwnedTarget {
    None,
    Classes { classes: Vec<u32>, row: Vec<f32> },
    Values(Vec<f32>),
}

/// Samples to be worked on, and targets.
///
/// ```
/// use decolle_network::{Batch, Layout, Lists};
/// let mut batch = Batch::new(Layout { inputs: 3, layers: 1, units: 2, samples: 1, steps: 2 })?;
/// batch.put(0, Lists { offsets: vec![0, 1, 1], indices: vec![2], counts: vec![1.0] })?;
/// batch.set_classes(vec![1])?;
/// let beyond = Lists { offsets: vec![0, 1, 1], indices: vec![3], counts: vec![1.0] };
/// assert_eq!(batch.put(0, beyond).unwrap_err().to_string(), "[range] indices[0]: expected 0 to 2, found 3");
/// # Ok::<(), decolle_error::Fault>(())
/// ```
pub struct Batch {
    layout: Layout,
    samples: Vec<Lists>,
    pub(crate) target: OwnedTarget,
    target_per_step: bool,
    target_per_layer: bool,
    /// Whether the allocator was asked for the lists of all samples.
    has_room: bool,
    /// Numbers in the lists of all samples, kept since bindings ask for them after every sample.
    listed: usize,
}

impl Batch {
    /// A batch that has neither spikes nor a target yet.
    ///
    /// # Errors
    /// `memory` where there is none for so many samples.
    pub fn new(layout: Layout) -> Result<Self> {
        let mut samples = Vec::new();
        reserve(&mut samples, layout.samples, "samples")?;
        samples.resize_with(layout.samples, Lists::default);
        let target = OwnedTarget::None;
        Ok(Self {
            layout,
            samples,
            target,
            target_per_step: false,
            target_per_layer: false,
            has_room: false,
            listed: 0,
        })
    }

    /// Samples, steps, and the network it is for.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Spikes of a sample.
    pub(crate) fn sample(&self, sample: usize) -> &Lists {
        &self.samples[sample]
    }

    /// Spikes of all samples.
    pub(crate) fn spikes(&self) -> usize {
        self.samples.iter().map(|lists| lists.indices.len()).sum()
    }

    /// Numbers of its target, each of four bytes.
    pub(crate) fn targets(&self) -> usize {
        match &self.target {
            OwnedTarget::None => 0,
            OwnedTarget::Classes { classes, row } => classes.len() + row.len(),
            OwnedTarget::Values(values) => values.len(),
        }
    }

    /// Bytes that it holds.
    pub fn bytes(&self) -> usize {
        size_of::<Lists>() * self.samples.len() + 4 * (self.listed + self.targets())
    }

    fn place(&mut self, sample: usize) -> Result<&mut Lists> {
        let samples = self.samples.len();
        let most = format_args!("below {samples}");
        self.samples.get_mut(sample).ok_or_else(|| Fault::unfit(Code::Range, &"sample", &most, &sample))
    }

    /// Finds out, when the first sample is there, whether there is room for the lists of all others.
    fn demand_room(&mut self) -> Result<()> {
        let Layout { samples, steps, .. } = self.layout;
        if !std::mem::replace(&mut self.has_room, true) && samples > 1 {
            let mut need = Need::default();
            need.add("input.steps", product([4, samples, steps + 1]));
            need.demand(0)?;
        }
        Ok(())
    }

    /// Puts the spikes of a sample into the batch, instead of those it had.
    ///
    /// # Errors
    /// `shape`, `range` or `not-finite` with the place in the lists; `memory` where there is none for the lists of all
    /// samples. The sample is then as before.
    pub fn put(&mut self, sample: usize, lists: Lists) -> Result<()> {
        let Layout { inputs, steps, .. } = self.layout;
        check_lists(&lists, steps, inputs)?;
        self.place(sample)?;
        self.demand_room().inspect_err(|_| self.has_room = false)?;
        self.change(sample, |own| {
            *own = lists;
            Ok(())
        })
    }

    /// Changes the lists of a sample, and counts them anew whatever comes of it.
    fn change(&mut self, sample: usize, change: impl FnOnce(&mut Lists) -> Result<()>) -> Result<()> {
        let lists = self.place(sample)?;
        let before = lists.numbers();
        let changed = change(lists);
        let after = lists.numbers();
        self.listed = self.listed - before + after;
        changed
    }

    /// Appends whole time steps to a sample, as dense counts of all inputs; the first ones where `is_first`. Faults count
    /// the entries of all samples in one row.
    ///
    /// # Errors
    /// `shape` where these are no whole steps, or more than the batch has; `range` or `not-finite` with the place;
    /// `memory`. After a fault in a count the sample has to be begun anew.
    pub fn append_counts(&mut self, sample: usize, counts: &[f32], is_first: bool) -> Result<()> {
        let Layout { inputs, steps, .. } = self.layout;
        self.change(sample, |lists| {
            let done = if is_first { 0 } else { lists.offsets.len().saturating_sub(1) };
            let more = counts.len() / inputs.max(1);
            let begun = is_first || !lists.offsets.is_empty();
            if more * inputs != counts.len() || !begun || more > steps - done.min(steps) {
                let expected = format_args!("whole steps of {inputs} inputs, at most {steps} of them");
                return Err(Fault::unfit(Code::Shape, &"counts", &expected, &format_args!("{} entries", counts.len())));
            }
            if is_first {
                *lists = Lists::default();
                reserve(&mut lists.offsets, steps.saturating_add(1), "steps")?;
                lists.offsets.push(0);
            }
            let spikes = counts.iter().filter(|count| **count != 0.0).count();
            reserve(&mut lists.indices, spikes, "counts")?;
            reserve(&mut lists.counts, spikes, "counts")?;
            for (step, counts) in counts.chunks_exact(inputs.max(1)).enumerate() {
                for (input, &count) in counts.iter().enumerate().filter(|(_, count)| **count != 0.0) {
                    if !(count > 0.0 && count <= GREATEST) {
                        let place =
                            (sample as u64 * steps as u64 + (done + step) as u64) * inputs as u64 + input as u64;
                        return Err(bad_count(&format_args!("counts[{place}]"), "0", count));
                    }
                    lists.indices.push(index(input));
                    lists.counts.push(count);
                }
                lists.offsets.push(end_of(&lists.indices)?);
            }
            Ok(())
        })
    }

    /// Sets one class per sample.
    ///
    /// # Errors
    /// `shape`, `range` with the sample, `memory`.
    pub fn set_classes(&mut self, classes: Vec<u32>) -> Result<()> {
        let Layout { samples, units, .. } = self.layout;
        if classes.len() != samples {
            let expected = format_args!("one class for each of {samples} samples");
            return Err(Fault::unfit(Code::Shape, &"target", &expected, &classes.len()));
        }
        if let Some(place) = classes.iter().position(|&class| class as usize >= units) {
            let expected = format_args!("a class from 0 to {}", units.saturating_sub(1));
            return Err(Fault::unfit(Code::Range, &format_args!("target[{place}]"), &expected, &classes[place]));
        }
        // It is made in one piece.
        reserve(&mut Vec::<f32>::new(), 2 * units, "target")?;
        self.target = OwnedTarget::Classes { classes, row: one_hot(units) };
        Ok(())
    }

    /// Sets values `[samples, (steps,) (layers,) readout units]`.
    ///
    /// # Errors
    /// `shape`, `range` or `not-finite` with the place.
    pub fn set_values(&mut self, values: Vec<f32>, per_step: bool, per_layer: bool) -> Result<()> {
        let Layout { samples, units, .. } = self.layout;
        let steps = if per_step { self.layout.steps } else { 1 };
        let layers = if per_layer { self.layout.layers } else { 1 };
        let expected = product([samples, steps, layers, units]);
        if values.len() as u64 != expected {
            let expected = format_args!(
                "samples · steps · layers · units = {samples} · {steps} · {layers} · {units} = {expected} values"
            );
            return Err(Fault::unfit(Code::Shape, &"target", &expected, &values.len()));
        }
        if let Some(place) = values.iter().position(|value| !value.is_finite() || value.abs() > GREATEST) {
            let path = format_args!("target[{place}]");
            let value = values[place];
            return Err(if value.is_finite() {
                Fault::unfit(Code::Range, &path, &format_args!("at most {GREATEST} in size"), &value)
            } else {
                Fault::unfit(Code::NotFinite, &path, &"a finite number", &value)
            });
        }
        self.target = OwnedTarget::Values(values);
        (self.target_per_step, self.target_per_layer) = (per_step, per_layer);
        Ok(())
    }

    /// Refuses to be worked on before every sample is there, or by another network than it is for, which lays out batches as
    /// `network`. Gives the options with all that the batch says itself.
    pub(crate) fn check(&self, network: Layout, options: &Options) -> Result<Options> {
        let Layout { samples, steps, .. } = self.layout;
        if self.layout != (Layout { samples, steps, ..network }) {
            return Err(Fault::at(Code::Shape, &"batch", &"it was made for a network of another size"));
        }
        if let Some(sample) = self.samples.iter().position(|lists| lists.offsets.len() != steps + 1) {
            return Err(Fault::at(Code::Shape, &format_args!("batch[{sample}]"), &"expected its spikes, found none"));
        }
        Ok(Options {
            samples,
            steps,
            target_per_step: self.target_per_step,
            target_per_layer: self.target_per_layer,
            ..options.clone()
        })
    }
}

/// Where a list ends.
fn end_of(indices: &[u32]) -> Result<u32> {
    let expected = "at most 2^32 - 1 spikes in a sample";
    u32::try_from(indices.len()).map_err(|_| Fault::unfit(Code::Shape, &"input", &expected, &indices.len()))
}

fn bad_count(path: &dyn std::fmt::Display, least: &str, count: f32) -> Fault {
    // As JavaScript writes numbers.
    let count = f64::from(count);
    if count.is_finite() {
        return Fault::unfit(Code::Range, path, &format_args!("{least} to {GREATEST}"), &count);
    }
    let infinite = if count > 0.0 { "Infinity" } else { "-Infinity" };
    Fault::unfit(Code::NotFinite, path, &"a finite number", if count.is_nan() { &"NaN" } else { &infinite })
}

fn check_lists(lists: &Lists, steps: usize, inputs: usize) -> Result<()> {
    let Lists { offsets, indices, counts } = lists;
    let unfit = |path: &dyn std::fmt::Display, expected: &dyn std::fmt::Display, found: &dyn std::fmt::Display| {
        Err(Fault::unfit(Code::Shape, path, expected, found))
    };
    if offsets.len() < 2 {
        return unfit(&"offsets", &"steps + 1 entries, at least 2", &offsets.len());
    }
    if offsets.len() != steps + 1 {
        return unfit(&"offsets", &format_args!("{} entries as in the first sample", steps + 1), &offsets.len());
    }
    if offsets[0] != 0 {
        return unfit(&"offsets[0]", &"0", &offsets[0]);
    }
    if let Some(place) = offsets.windows(2).position(|pair| pair[1] < pair[0]) {
        let path = format_args!("offsets[{}]", place + 1);
        return unfit(&path, &format_args!("at least {}", offsets[place]), &offsets[place + 1]);
    }
    if offsets[steps] as usize != indices.len() {
        return unfit(&"offsets", &format_args!("to end at the {} indices", indices.len()), &offsets[steps]);
    }
    if counts.len() != indices.len() {
        return unfit(&"counts", &format_args!("{} entries as in indices", indices.len()), &counts.len());
    }
    if let Some(place) = indices.iter().position(|&index| index as usize >= inputs) {
        let expected = format_args!("0 to {}", inputs.saturating_sub(1));
        return Err(Fault::unfit(Code::Range, &format_args!("indices[{place}]"), &expected, &indices[place]));
    }
    if let Some(place) = counts.iter().position(|&count| !(count > 0.0 && count <= GREATEST)) {
        return Err(bad_count(&format_args!("counts[{place}]"), "above 0", counts[place]));
    }
    Ok(())
}

/// A copy of a caller's list, called `field`.
pub fn copied<T: Copy>(list: &[T], field: &str) -> Result<Vec<T>> {
    let mut copy = Vec::new();
    reserve(&mut copy, list.len(), field)?;
    copy.extend_from_slice(list);
    Ok(copy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Network;

    const LAYOUT: Layout = Layout { inputs: 3, layers: 2, units: 2, samples: 2, steps: 2 };

    #[test]
    fn counts_come_in_pieces_of_whole_steps() {
        let mut batch = Batch::new(LAYOUT).unwrap();
        batch.append_counts(1, &[0.0, 2.0, 0.0], true).unwrap();
        batch.append_counts(1, &[1.0, 0.0, 3.0], false).unwrap();
        let lists = batch.sample(1);
        assert_eq!((&lists.offsets[..], &lists.indices[..]), (&[0, 1, 3][..], &[1, 0, 2][..]));
        for (counts, is_first) in [(&[0.0; 3][..], false), (&[0.0; 2], true), (&[0.0; 9], true)] {
            assert_eq!(batch.append_counts(1, counts, is_first).unwrap_err().code, Code::Shape);
        }
        assert_eq!(batch.append_counts(0, &[0.0; 3], false).unwrap_err().code, Code::Shape);
        let fault = batch.append_counts(1, &[0.0, 0.0, 0.0, 0.0, f32::NAN, 0.0], true).unwrap_err();
        assert_eq!(fault.to_string(), "[not-finite] counts[10]: expected a finite number, found NaN");
    }

    #[test]
    fn a_batch_is_worked_on_when_it_is_whole_and_by_the_network_it_is_for() {
        let text = r#"{"input": {"units": 3}, "layers": [{"type": "dense", "units": 4}], "readout": {"units": 2}}"#;
        let mut network = Network::new(text, 1).unwrap();
        let options = Options::from_json("{}").unwrap();
        let mut batch = Batch::new(network.layout(1, 1)).unwrap();
        let mut begin = |batch: Batch| network.begin(std::sync::Arc::new(batch), &options).map_err(|fault| fault.code);
        assert_eq!(begin(Batch::new(LAYOUT).unwrap()), Err(Code::Shape));
        assert_eq!(begin(Batch::new(*batch.layout()).unwrap()), Err(Code::Shape));
        batch.append_counts(0, &[1.0, 0.0, 0.0], true).unwrap();
        assert_eq!(begin(batch), Ok(()));
    }

    #[test]
    fn the_bytes_that_it_holds_are_those_of_its_lists() {
        let mut batch = Batch::new(LAYOUT).unwrap();
        let spike = || Lists { offsets: vec![0, 1, 1], indices: vec![2], counts: vec![1.0] };
        let listed = |batch: &Batch| batch.bytes() - 2 * size_of::<Lists>();
        batch.put(0, spike()).unwrap();
        batch.put(1, spike()).unwrap();
        batch.put(1, spike()).unwrap();
        assert_eq!(listed(&batch), 4 * 2 * 5);
        batch.append_counts(1, &[0.0, 2.0, 0.0], true).unwrap();
        batch.append_counts(1, &[0.0; 3], false).unwrap();
        assert_eq!(listed(&batch), 4 * 2 * 5);
        assert_eq!(batch.put(0, Lists::default()).unwrap_err().code, Code::Shape);
        batch.append_counts(1, &[1.0, 1.0, -1.0], true).unwrap_err();
        assert_eq!(listed(&batch), 4 * batch.samples.iter().map(Lists::numbers).sum::<usize>());
    }

    #[test]
    fn a_sample_that_is_not_there_is_refused() {
        let mut batch = Batch::new(LAYOUT).unwrap();
        assert_eq!(batch.put(2, Lists { offsets: vec![0; 3], ..Lists::default() }).unwrap_err().code, Code::Range);
    }
}
