//! The potentials of a convolution by events: each adds a patch of weights to a strip of outputs.

use std::ops::Range;

use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, dispatch};

use super::ArrivalsByColumn;
use crate::geometry::STRIP;
use crate::{Connection, Convolution, Geometry};

/// Outputs of a row that are summed up together where a vector holds a strip.
const WIDE: usize = 16;

/// Vectors of outputs that are summed up together where it takes several: with 7 columns each, 14 of 16 registers.
const ABREAST: usize = 2;

/// Writes W·S of some rows of the strip of outputs of this number over some steps: `outputs` is
/// `[step][row][column][output]`, `stencil` the weights of the strip (`[input channel][kernel row][kernel column,
/// reversed][output]`, the channels being [`Geometry::strip_channels`]), `steps` are counted from the first taken in.
///
/// Sums stay in registers while the events that reach them pass, so that only weights come from memory; not so for kernels of
/// other widths than 3, 5 and 7, horizontal strides above 1, and several groups.
#[expect(clippy::too_many_arguments, reason = "operands of one kernel")]
pub fn convolution(
    level: Level,
    geometry: &Geometry,
    strip: usize,
    arrivals: &ArrivalsByColumn,
    rows: Range<usize>,
    steps: Range<usize>,
    stencil: &[f32],
    outputs: &mut [f32],
) {
    let Connection::Convolution(convolution) = geometry.connection else {
        unreachable!("a dense layer has no rows");
    };
    debug_assert!(geometry.takes_events());
    let columns = geometry.output_plane[1];
    assert_eq!(outputs.len(), steps.len() * rows.len() * columns * STRIP);
    let Convolution { input: [_, height, width], kernel, padding, stride, groups, .. } = convolution;
    let run = kernel[1] * STRIP;
    let stencil_of = geometry.strip_channels(strip);
    assert_eq!(stencil.len(), stencil_of.len() * kernel[0] * run);
    let shape = Shape {
        convolution,
        height,
        width,
        columns,
        padding: padding[1],
        run,
        down: stride[0] * run,
        above: padding[0] * run,
        first: stencil_of.start * kernel[0] * run,
    };
    let fixed = if stride[1] == 1 && groups == 1 { kernel[1] } else { 0 };
    dispatch!(level, simd => match fixed {
        3 => all::<_, 3>(simd, &shape, arrivals, rows, steps, stencil, outputs),
        5 => all::<_, 5>(simd, &shape, arrivals, rows, steps, stencil, outputs),
        7 => all::<_, 7>(simd, &shape, arrivals, rows, steps, stencil, outputs),
        _ => all::<_, 0>(simd, &shape, arrivals, rows, steps, stencil, outputs),
    });
}

/// Where events and weights meet.
struct Shape {
    convolution: Convolution,
    /// Rows and columns of the input, columns of the output.
    height: usize,
    width: usize,
    columns: usize,
    /// Columns of padding.
    padding: usize,
    /// Weights in a row of a kernel.
    run: usize,
    /// Those in as many rows as from one patch to the one below, and as there are of padding.
    down: usize,
    above: usize,
    /// Where the first of the strip's channels would lie among all.
    first: usize,
}

impl Shape {
    /// The rows of the input that reach a row of outputs.
    #[inline(always)]
    fn reaching(&self, row: usize) -> Range<usize> {
        let Convolution { kernel, padding, stride, .. } = self.convolution;
        let top = row * stride[0];
        let first = top.saturating_sub(padding[0]).min(self.height);
        first..(top + kernel[0]).saturating_sub(padding[0]).clamp(first, self.height)
    }

    /// From the place of an event to its weights for a row of outputs, among those of all channels.
    fn shift(&self, row: usize) -> usize {
        // The kernel row is row of the input + padding − stride · row of the output.
        self.above.wrapping_sub(row * self.down)
    }
}

/// All rows and steps; `K` is the width of the kernel, or 0 for any convolution.
#[inline(always)]
fn all<S: Simd, const K: usize>(
    simd: S,
    shape: &Shape,
    arrivals: &ArrivalsByColumn,
    rows: Range<usize>,
    steps: Range<usize>,
    stencil: &[f32],
    outputs: &mut [f32],
) {
    let cells = steps.flat_map(|step| rows.clone().map(move |row| (step, row)));
    for ((step, row), outputs) in cells.zip(outputs.chunks_exact_mut(shape.columns * STRIP)) {
        if arrivals.silent(step) {
            outputs.fill(0.0);
            continue;
        }
        let row = Row { shape, arrivals, step, shift: shape.shift(row), reaching: shape.reaching(row), stencil };
        if K == 0 {
            row.of_any_kind(simd, outputs);
            continue;
        }
        // A product with 1 is exact, so all arms give the same bits.
        match (S::f32s::LEN == STRIP, arrivals.single(step)) {
            (true, true) => row.by_windows::<_, K, true>(simd, outputs),
            (true, false) => row.by_windows::<_, K, false>(simd, outputs),
            (false, true) => row.by_columns::<_, K, true>(simd, outputs),
            (false, false) => row.by_columns::<_, K, false>(simd, outputs),
        }
    }
}

/// A row of outputs at one step.
struct Row<'a> {
    shape: &'a Shape,
    arrivals: &'a ArrivalsByColumn,
    step: usize,
    /// From the place of an event to its weights.
    shift: usize,
    /// Rows of the input that reach it.
    reaching: Range<usize>,
    stencil: &'a [f32],
}

impl Row<'_> {
    /// The weights of an event, `K` of them side by side, of a strip that meets all channels.
    #[inline(always)]
    fn weights<const K: usize>(&self, place: u32) -> &[f32] {
        let start = (place as usize).wrapping_add(self.shift);
        &self.stencil[start..start + K * STRIP]
    }

    /// `WIDE` columns at a time, all outputs of the strip in a vector.
    #[inline(always)]
    fn by_windows<S: Simd, const K: usize, const SINGLE: bool>(&self, simd: S, outputs: &mut [f32]) {
        for (number, outputs) in outputs.chunks_mut(WIDE * STRIP).enumerate() {
            let mut sums = [S::f32s::splat(simd, 0.0); WIDE];
            let first = number * WIDE;
            macro_rules! columns {
                ($($place:literal)*) => { $( self.add_to_window::<_, K, SINGLE, $place>(simd, first, &mut sums); )* };
            }
            columns!(0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21);
            for (output, sum) in outputs.chunks_exact_mut(STRIP).zip(sums) {
                sum.store_slice(output);
            }
        }
    }

    /// Adds the events of a column of the input to the outputs of a window that starts at `first`: of that column whose
    /// last output is `D` columns behind, so that which of the sums they reach is known beforehand.
    #[inline(always)]
    fn add_to_window<S: Simd, const K: usize, const SINGLE: bool, const D: usize>(
        &self,
        simd: S,
        first: usize,
        sums: &mut [S::f32s; WIDE],
    ) {
        if D + 1 >= WIDE + K {
            return;
        }
        // An input reaches outputs up to `padding` columns further.
        let Some(column) = (first + D).checked_sub(self.shape.padding) else { return };
        if column >= self.shape.width {
            return;
        }
        let (places, counts) = self.arrivals.of(self.step, column, &self.reaching);
        let (from, to) = ((K - 1).saturating_sub(D), K.min(WIDE + K - 1 - D));
        for (&place, &count) in places.iter().zip(counts) {
            let weights = self.weights::<K>(place);
            for tap in 0..K {
                if tap < from || tap >= to {
                    continue;
                }
                let weight = S::f32s::from_slice(simd, &weights[tap * STRIP..][..STRIP]);
                let weight = if SINGLE { weight } else { weight * S::f32s::splat(simd, count) };
                sums[D + tap + 1 - K] += weight;
            }
        }
    }

    /// Column by column of the input. The outputs that a column reaches are in registers while its events pass, some vectors
    /// of the strip after the others: so that weights come from a second-level cache once.
    #[cfg_attr(not(target_arch = "wasm32"), inline(always))]
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    fn by_columns<S: Simd, const K: usize, const SINGLE: bool>(&self, simd: S, outputs: &mut [f32]) {
        let Shape { width, columns, padding, .. } = *self.shape;
        // Output o is in place o mod K, so that the first of those that a column reaches is in the place after its last.
        let mut sums = [[0.0; STRIP]; K];
        let mut first = 0;
        for last in 0..columns + K - 1 {
            first = if first + 1 == K { 0 } else { first + 1 };
            let column = last.checked_sub(padding).filter(|&column| column < width);
            let (places, counts) =
                column.map_or((&[][..], &[][..]), |column| self.arrivals.of(self.step, column, &self.reaching));
            if !places.is_empty() {
                self.add_to_columns::<_, K, SINGLE>(simd, places, counts, first, &mut sums);
            }
            // No further column reaches it.
            let done = &mut sums[first];
            if let Some(column) = (last + 1).checked_sub(K).filter(|&column| column < columns) {
                outputs[column * STRIP..(column + 1) * STRIP].copy_from_slice(done);
            }
            *done = [0.0; STRIP];
        }
    }

    /// Adds the events of a column of the input to the outputs that it reaches, of which the first is in place `first`. Those
    /// beside the row are summed up as well.
    #[inline(always)]
    fn add_to_columns<S: Simd, const K: usize, const SINGLE: bool>(
        &self,
        simd: S,
        places: &[u32],
        counts: &[f32],
        first: usize,
        sums: &mut [[f32; STRIP]; K],
    ) {
        for lane in (0..STRIP).step_by(ABREAST * S::f32s::LEN) {
            let lanes = |part: usize| lane + part * S::f32s::LEN..lane + (part + 1) * S::f32s::LEN;
            let place = |tap: usize| if first + tap < K { first + tap } else { first + tap - K };
            let mut now = [[S::f32s::splat(simd, 0.0); ABREAST]; K];
            for (tap, now) in now.iter_mut().enumerate() {
                for (part, sum) in now.iter_mut().enumerate() {
                    *sum = S::f32s::from_slice(simd, &sums[place(tap)][lanes(part)]);
                }
            }
            for (&place, &count) in places.iter().zip(counts) {
                let weights = self.weights::<K>(place);
                // By places, not by an iterator of both sides, which the compiler may leave out of line.
                for (tap, now) in now.iter_mut().enumerate() {
                    let weights = &weights[tap * STRIP..(tap + 1) * STRIP];
                    for (part, sum) in now.iter_mut().enumerate() {
                        let weight = S::f32s::from_slice(simd, &weights[lanes(part)]);
                        *sum += if SINGLE { weight } else { weight * S::f32s::splat(simd, count) };
                    }
                }
            }
            for (tap, now) in now.iter().enumerate() {
                for (part, sum) in now.iter().enumerate() {
                    sum.store_slice(&mut sums[place(tap)][lanes(part)]);
                }
            }
        }
    }

    /// Column by column of the input; sums stay in memory. Events of channels that the strip does not meet are passed over.
    #[inline(always)]
    fn of_any_kind<S: Simd>(&self, simd: S, outputs: &mut [f32]) {
        let Shape { convolution, width, columns, padding, run, first, .. } = *self.shape;
        let (taps, stride) = (convolution.kernel[1], convolution.stride[1]);
        outputs.fill(0.0);
        for column in 0..width {
            let (places, counts) = self.arrivals.of(self.step, column, &self.reaching);
            // The columns of outputs, and the tap that the first of them meets; further ones are `stride` apart.
            let reached = convolution.reached(1, column, columns);
            if reached.is_empty() {
                continue;
            }
            let tap = (reached.start * stride + taps - 1 - column - padding) * STRIP;
            for (&place, &count) in places.iter().zip(counts) {
                let start = (place as usize).wrapping_add(self.shift).wrapping_sub(first);
                let Some(weights) = self.stencil.get(start..start.wrapping_add(run)) else { continue };
                let count = S::f32s::splat(simd, count);
                let outputs = outputs[reached.start * STRIP..reached.end * STRIP].chunks_exact_mut(STRIP);
                for (outputs, weights) in outputs.zip(weights[tap..].chunks(stride * STRIP)) {
                    let lanes = outputs.chunks_exact_mut(S::f32s::LEN).zip(weights[..STRIP].chunks_exact(S::f32s::LEN));
                    for (output, weights) in lanes {
                        let sum = S::f32s::from_slice(simd, output) + S::f32s::from_slice(simd, weights) * count;
                        sum.store_slice(output);
                    }
                }
            }
        }
    }
}
