//! Which weights have changed since the last snapshot that holds them. The next snapshot is written over that one and copies no
//! others, and no others are looked through for what is not finite: a call of few steps changes few of the weights.

use std::ops::Range;

use decolle_synapse::Parameters;

use crate::neurons::all_finite;

/// What has changed of weights and moments. Biases may always have.
pub(crate) struct Changed {
    /// Perhaps all weights, and the moments of the optimiser.
    pub(crate) all: bool,
    /// Otherwise, of a dense layer, the weights of these inputs, and no moment; none where it is empty.
    pub(crate) inputs: Vec<bool>,
}

impl Default for Changed {
    /// No snapshot has been taken.
    fn default() -> Self {
        Self { all: true, inputs: Vec::new() }
    }
}

impl Changed {
    /// Nothing has, from here on.
    pub(crate) fn start(&mut self) {
        self.all = false;
        self.inputs.fill(false);
    }

    /// Brings copies up to date that were made when nothing had changed yet.
    pub(crate) fn copy(&self, weights: &[Parameters], copies: &mut Vec<Parameters>) {
        copies.resize_with(weights.len(), Parameters::default);
        for (copy, slice) in copies.iter_mut().zip(weights) {
            if self.all {
                copy.clone_from(slice);
                continue;
            }
            copy.bias.clone_from(&slice.bias);
            let mut end = 0;
            while let Some(inputs) = span(&self.inputs, end) {
                end = inputs.end;
                let places = places(slice, inputs);
                copy.weights[places.clone()].copy_from_slice(&slice.weights[places]);
            }
        }
    }

    /// Whether the weights of a slice that have changed are finite.
    pub(crate) fn are_finite(&self, slice: &Parameters) -> bool {
        if self.all {
            return finite(&slice.weights);
        }
        let mut end = 0;
        while let Some(inputs) = span(&self.inputs, end) {
            end = inputs.end;
            if !finite(&slice.weights[places(slice, inputs)]) {
                return false;
            }
        }
        true
    }
}

/// Where the weights of some inputs stand in a slice of a dense layer, `[input][output]`.
fn places(slice: &Parameters, inputs: Range<usize>) -> Range<usize> {
    let outputs = slice.bias.len();
    inputs.start * outputs..inputs.end * outputs
}

// The code is loaded in browsers: what follows is there once, whoever calls it.

#[inline(never)]
fn finite(numbers: &[f32]) -> bool {
    all_finite(numbers)
}

/// The first of those that have changed from a place on, and all that follow it without one between that has not.
#[inline(never)]
pub(crate) fn span(changed: &[bool], from: usize) -> Option<Range<usize>> {
    let mut start = from;
    while !*changed.get(start)? {
        start += 1;
    }
    let mut end = start;
    while changed.get(end) == Some(&true) {
        end += 1;
    }
    Some(start..end)
}

/// Notes inputs among those that have changed.
#[inline(never)]
pub(crate) fn note(changed: &mut [bool], inputs: &[u32]) {
    for &input in inputs {
        changed[input as usize] = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Slices of five inputs and two outputs, each number from `first` on.
    fn slices(first: f32) -> Vec<Parameters> {
        let mut slices = vec![Parameters::zeros(10, 2); 3];
        for (number, slice) in slices.iter_mut().enumerate() {
            let first = first + number as f32 * 100.0;
            slice.weights.iter_mut().zip(0u8..).for_each(|(weight, place)| *weight = first + f32::from(place));
            slice.bias.fill(first);
        }
        slices
    }

    #[test]
    fn all_is_copied_before_a_first_snapshot_and_after_a_change_of_all() {
        let (mut changed, mut copies) = (Changed::default(), Vec::new());
        changed.copy(&slices(1.0), &mut copies);
        assert_eq!(copies, slices(1.0));
        changed.start();
        changed.all = true;
        changed.copy(&slices(2.0), &mut copies);
        assert_eq!(copies, slices(2.0));
    }

    #[test]
    fn only_rows_of_inputs_that_changed_are_copied_and_all_biases() {
        let (mut changed, mut copies) = (Changed::default(), slices(1.0));
        changed.start();
        changed.inputs = [false, true, false, true, true, false, false].to_vec();
        let now = slices(2.0);
        changed.copy(&now, &mut copies);
        for ((copy, now), before) in copies.iter().zip(&now).zip(slices(1.0)) {
            assert_eq!(copy.bias, now.bias);
            let rows = |parameters: &Parameters, inputs: Range<usize>| {
                parameters.weights[2 * inputs.start..2 * inputs.end].to_vec()
            };
            assert_eq!(rows(copy, 0..1), rows(&before, 0..1));
            assert_eq!(rows(copy, 1..2), rows(now, 1..2));
            assert_eq!(rows(copy, 2..3), rows(&before, 2..3));
            assert_eq!(rows(copy, 3..5), rows(now, 3..5));
        }
    }

    #[test]
    fn what_is_not_finite_is_found_where_weights_have_changed() {
        let mut slice = slices(1.0).remove(0);
        slice.weights[7] = f32::NAN;
        let mut changed = Changed::default();
        assert!(!changed.are_finite(&slice));
        changed.start();
        changed.inputs = [true, true, true, false, true].to_vec();
        assert!(changed.are_finite(&slice));
        changed.inputs[3] = true;
        assert!(!changed.are_finite(&slice));
    }
}
