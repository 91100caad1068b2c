//! The regulariser's sums over neurons and samples.

use decolle_learning::Regularizer;

use crate::neurons::rows;
use crate::{Constants, Sample};

/// Sums up what the regulariser's means are made of, for one sample.
pub(crate) fn sum_for_regularizer(constants: &Constants, regularizer: &Regularizer, sample: &mut Sample) {
    sample.regularizer_sums = [0.0; 2];
    for (index, block) in sample.blocks.iter().enumerate() {
        for (_, potentials) in rows(constants, index, block.unit_potentials()) {
            let sums = regularizer.sums(potentials);
            sample.regularizer_sums = [sample.regularizer_sums[0] + sums[0], sample.regularizer_sums[1] + sums[1]];
        }
    }
}

/// The regulariser's value, and whether its second term is active, from the sums of all samples.
pub(crate) fn regularizer_value(constants: &Constants, regularizer: &Regularizer, samples: &[Sample]) -> (f64, bool) {
    let sums = samples
        .iter()
        .fold([0.0; 2], |sums, sample| [sums[0] + sample.regularizer_sums[0], sums[1] + sample.regularizer_sums[1]]);
    regularizer.value(sums, samples.len() * constants.units())
}
