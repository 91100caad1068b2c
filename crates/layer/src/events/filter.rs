//! Errors filtered backwards over a stretch, and what the events of a convolution make of them.

use decolle_synapse::events;
use decolle_synapse::{STRIP, WIDEST_BLOCK};
use decolle_threads::each;
use fearless_simd::dispatch;

use super::scratch::{BlockScratch, InitialOf, StretchScratch};
use super::{Stretch, add};
use crate::Constants;

/// Steps whose filtered errors lie in memory together: of a strip of 16×16 outputs, as many as a second-level cache holds.
pub(super) const FILTERED: usize = 8;

/// Filters the errors of one sample backwards over the stretch.
pub(super) fn filter(stretch: &Stretch<'_>, scratch: &mut StretchScratch, initial: InitialOf<'_>) {
    if stretch.plane.is_some() {
        filter_convolution(stretch, scratch, initial);
    } else {
        filter_dense(stretch, scratch, initial);
    }
}

/// Filters the errors of one sample of a convolution backwards over the stretch, and adds what its events make of them to
/// the gradient that its scratch holds.
fn filter_convolution(stretch: &Stretch<'_>, scratch: &mut StretchScratch, initial: InitialOf<'_>) {
    let Stretch { constants, plane: Some(plane), range, level, .. } = stretch else { return };
    let Some(dynamics) = &constants.carried else { return };
    let geometry = &constants.geometry;
    let strips_per_block = geometry.block / STRIP;
    let neurons = geometry.positions() * STRIP;
    let StretchScratch { by_channel, blocks, strips, .. } = scratch;
    let (arrivals, blocks) = (&*by_channel, &blocks[..]);
    let (steps, length) = (range.len(), plane.length());
    let initial = initial.membrane.chunks_mut(neurons).zip(initial.synaptic.chunks_mut(neurons));
    each(strips.iter_mut().zip(initial).enumerate(), |(number, (strip, (initial_membrane, initial_synaptic)))| {
        let block = &blocks[number / strips_per_block];
        let lane = number % strips_per_block * STRIP;
        strip.membrane.fill(0.0);
        strip.synaptic.fill(0.0);
        for first in (0..steps).step_by(FILTERED).rev() {
            let last = steps.min(first + FILTERED);
            for step in (first..last).rev() {
                let filtered = &mut strip.filtered[(step - first) * length..][..length];
                dispatch!(*level, _simd => {
                    spread(constants, block, step, lane, &mut strip.delta);
                    for delta in strip.delta.chunks_exact(STRIP) {
                        add(&mut strip.bias, delta);
                    }
                    let [rows, columns] = geometry.output_plane;
                    for row in 0..rows {
                        let neurons = row * columns * STRIP..(row + 1) * columns * STRIP;
                        dynamics.step_back(
                            &strip.delta[neurons.clone()],
                            &mut strip.membrane[neurons.clone()],
                            &mut strip.synaptic[neurons],
                            &mut filtered[plane.row(row)],
                        );
                    }
                });
            }
            let filtered = &strip.filtered[..(last - first) * length];
            events::convolution_gradient(*level, plane, arrivals, first..last, filtered, &mut strip.gradient);
        }
        dynamics.step_before(&mut strip.membrane, &mut strip.synaptic);
        initial_membrane.copy_from_slice(&strip.membrane);
        initial_synaptic.copy_from_slice(&strip.synaptic);
    });
}

/// δ of a strip at one step, from the units that pooling left to the neurons that won.
#[inline(always)]
fn spread(constants: &Constants, scratch: &BlockScratch, step: usize, lane: usize, delta: &mut [f32]) {
    let width = constants.geometry.block;
    let units = constants.pooled_positions() * width;
    let deltas = scratch.potentials[step * units..][..units].chunks_exact(width);
    if constants.pool > 1 {
        delta.fill(0.0);
        let winners = scratch.winners[step * units..][..units].chunks_exact(width);
        for (deltas, winners) in deltas.zip(winners) {
            for within in 0..STRIP {
                delta[winners[lane + within] as usize * STRIP + within] = deltas[lane + within];
            }
        }
    } else {
        for (delta, deltas) in delta.chunks_exact_mut(STRIP).zip(deltas) {
            delta.copy_from_slice(&deltas[lane..lane + STRIP]);
        }
    }
}

/// Filters the errors of one sample of a dense layer backwards over the stretch, in place.
pub(crate) fn filter_dense(stretch: &Stretch<'_>, scratch: &mut StretchScratch, initial: InitialOf<'_>) {
    let Stretch { constants, level, .. } = stretch;
    let Some(dynamics) = &constants.carried else { return };
    let width = constants.geometry.block;
    let initial = initial.membrane.chunks_exact_mut(width).zip(initial.synaptic.chunks_exact_mut(width));
    for (block, (membrane, synaptic)) in scratch.blocks.iter_mut().zip(initial) {
        block.bias.fill(0.0);
        membrane.fill(0.0);
        synaptic.fill(0.0);
        dispatch!(*level, _simd => {
            let mut delta = [0.0f32; WIDEST_BLOCK];
            for filtered in block.potentials.chunks_exact_mut(width).rev() {
                let delta = &mut delta[..width];
                delta.copy_from_slice(filtered);
                add(&mut block.bias, delta);
                dynamics.step_back(delta, membrane, synaptic, filtered);
            }
            dynamics.step_before(membrane, synaptic);
        });
    }
}
