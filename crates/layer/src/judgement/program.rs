//! Costs and δ compiled from a derived rule: what they look at, and their stages.

use decolle_learning::{ErrorTrigger, Passes};
use decolle_program::{CopyValue, Judgement, Units};
use decolle_synapse::Level;

use super::{Kept, passes};
use crate::neurons::window;
use crate::state::Block;
use crate::{Constants, Sample, Step};

/// Starts a step of one sample, in a batch of `samples`.
pub(super) fn start(
    constants: &Constants,
    program: &Judgement,
    trigger: Option<ErrorTrigger>,
    step: &Step<'_>,
    samples: usize,
    sample: &mut Sample,
) {
    let threshold = trigger.map_or(0.0, |trigger| trigger.threshold);
    program.start(&mut sample.scratch.judgement, samples, constants.time(step), threshold);
}

/// One stage of one sample.
pub(super) fn take_stage(
    constants: &Constants,
    program: &Judgement,
    level: Level,
    stage: usize,
    target: &[f32],
    sample: &mut Sample,
    kept: Kept<'_, '_>,
) {
    let Sample { blocks, readout, error, draws, dropout, scratch, .. } = sample;
    let passes = passes(dropout.as_ref(), draws);
    let blocks = &blocks[..];
    let neuron_values = neuron_values(constants, kept.is_none().then_some(blocks));
    let judgement = &mut scratch.judgement;
    match kept {
        Some(potentials) => {
            let units = units(constants, passes, potentials, &neuron_values);
            program.stage(level, stage, judgement, readout, target, error, &units);
        }
        None => {
            let potentials = |block: usize| blocks[block].unit_potentials();
            let units = units(constants, passes, &potentials, &neuron_values);
            program.stage(level, stage, judgement, readout, target, error, &units);
        }
    }
}

/// Adds a sample's share of the cost, where it was computed here.
pub(super) fn note_loss(program: &Judgement, sample: &mut Sample) {
    if program.has_cost() {
        super::note_loss(program.loss(&sample.scratch.judgement), sample);
    }
}

pub(super) fn units<'a, 'b>(
    constants: &'a Constants,
    passes: Passes<'a>,
    potentials: &'a dyn Fn(usize) -> &'b [f32],
    neuron_values: CopyValue<'a>,
) -> Units<'a, 'b> {
    let geometry = &constants.geometry;
    Units {
        readout: &constants.readout,
        passes,
        width: geometry.block,
        outputs: geometry.outputs,
        potentials,
        neuron_values,
    }
}

/// Copies values of units out of the blocks of a sample; without blocks nothing is looked at.
pub(super) fn neuron_values<'a>(
    constants: &'a Constants,
    blocks: Option<&'a [Block]>,
) -> impl Fn(usize, usize, usize, &mut [f32]) + 'a {
    move |block, value, first, to| match blocks {
        Some(blocks) => see(constants, &blocks[block], value, first, to),
        None => to.fill(0.0),
    }
}

/// Copies a value of a block's units: of the neuron that won each pooling window, or pooled as potentials are.
fn see(constants: &Constants, block: &Block, value: usize, first: usize, to: &mut [f32]) {
    let source = &block.states[value];
    if !constants.is_pooled() {
        to.copy_from_slice(&source[first..first + to.len()]);
        return;
    }
    let width = constants.geometry.block;
    if !constants.has_winners() {
        for (unit, to) in (first..).zip(to) {
            let positions = window(constants, unit / width);
            *to = positions.map(|position| source[position * width + unit % width]).sum::<f32>()
                * constants.pooling_gain();
        }
        return;
    }
    for (unit, to) in (first..).zip(to) {
        *to = source[block.winners[unit] as usize * width + unit % width];
    }
}
