//! Neurons compiled from their derived rule.

use decolle_program::{Lanes, NeuronProgram, NeuronRoom};
use decolle_synapse::Level;

use super::Drive;
use crate::state::Block;
use crate::{Constants, Sample};

/// State, U and S of a block's neurons; false if a potential or a state variable is not finite.
pub(super) fn advance(
    program: &NeuronProgram,
    level: Level,
    scratch: &mut NeuronRoom,
    drive: &Drive<'_>,
    state: &mut Block,
) -> bool {
    let Drive { drives, learned, bias } = drive;
    let Block { states, potential, spike, .. } = state;
    program.step(
        level,
        scratch,
        &mut Lanes { drives, constants: learned, bias, states: &mut states[..], potential, spike },
    )
}

/// What neurons look at of the whole layer before a step; `drive` gives what each block is driven by.
pub(crate) fn sum_over_layer<'a>(
    constants: &Constants,
    level: Level,
    sample: &mut Sample,
    drive: impl Fn(usize) -> Drive<'a>,
) {
    let Some(program) = constants.neurons.program().filter(|program| program.sums() > 0) else { return };
    let Sample { blocks, scratch, .. } = sample;
    let geometry = &constants.geometry;
    for index in 0..program.sums() {
        let mut sum = -0.0;
        for (number, block) in blocks.iter_mut().enumerate() {
            let Block { states, potential, spike, .. } = block;
            let Drive { drives, learned, bias } = &drive(number);
            let lanes = Lanes { drives, constants: learned, bias, states: &mut states[..], potential, spike };
            let real = geometry.outputs - number * geometry.block;
            program.add_to_sum(level, &mut scratch.neurons, index, &lanes, real, &mut sum);
        }
        program.set_sum(&mut scratch.neurons, index, sum);
    }
}
