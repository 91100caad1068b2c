//! The gradient of a convolution by events: each adds a patch of the plane of filtered errors to that of the weights it
//! came through.

use std::ops::Range;

use fearless_simd::{Level, Simd, SimdBase, dispatch};

use super::ArrivalsByChannel;
use super::by_channel::Arrival;
use crate::geometry::STRIP;
use crate::{Connection, Convolution, Geometry};

/// The plane of errors that events of a convolution read: `[row][column, margins included][STRIP outputs]`. Margins are there
/// where patches of outputs lie side by side, so that none of these is cut; with a horizontal stride above 1 there are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plane {
    convolution: Convolution,
    rows: usize,
    /// Columns in memory: those of the input and those of the kernel but one; without margins, those of the output.
    stride: usize,
    /// Columns of the left margin that no output has.
    margin: usize,
    columns: usize,
}

impl Plane {
    /// The plane of a convolution that [takes events](Geometry::takes_events).
    pub fn new(geometry: &Geometry) -> Self {
        let Connection::Convolution(convolution) = geometry.connection else {
            unreachable!("a dense layer has no plane");
        };
        debug_assert!(geometry.takes_events());
        let Convolution { input: [_, _, width], kernel, padding, stride, .. } = convolution;
        let [rows, columns] = geometry.output_plane;
        let (stride, margin) =
            if stride[1] == 1 { (width + kernel[1] - 1, kernel[1] - 1 - padding[1]) } else { (columns, 0) };
        Self { convolution, rows, stride, margin, columns }
    }

    /// Numbers that a strip of outputs takes.
    pub fn length(&self) -> usize {
        self.rows * self.stride * STRIP
    }

    /// Where the outputs of a row lie, counted from its first.
    #[inline(always)]
    pub fn row(&self, row: usize) -> Range<usize> {
        let start = (row * self.stride + self.margin) * STRIP;
        start..start + self.columns * STRIP
    }

    /// Number of weights that a strip of outputs has for one input channel.
    pub fn stencil(&self) -> usize {
        let [rows, columns] = self.convolution.kernel;
        rows * columns * STRIP
    }

    /// For an event in this row of the input: the lowest output row that it reaches, the row of the kernel that does, and how
    /// many reach one; the next ones are `stride` rows of the kernel further, and one row of outputs further up.
    #[inline(always)]
    fn reach(&self, row: usize) -> [usize; 3] {
        let Convolution { kernel, padding, stride, .. } = self.convolution;
        let padded = row + padding[0];
        if stride[0] == 1 {
            let first = padded.saturating_sub(self.rows - 1);
            return [padded - first, first, kernel[0].min(padded + 1).saturating_sub(first)];
        }
        self.reach_apart(padded)
    }

    /// The same with a vertical stride above 1, for a row counted from the padding's first.
    #[inline(never)]
    fn reach_apart(&self, padded: usize) -> [usize; 3] {
        let Convolution { kernel, stride, .. } = self.convolution;
        let lowest = (padded / stride[0]).min(self.rows - 1);
        let first = padded - lowest * stride[0];
        [lowest, first, kernel[0].min(padded + 1).saturating_sub(first).div_ceil(stride[0])]
    }
}

/// Adds `Σ_t q[t]·S[t]ᵀ` to the gradient of a strip of outputs that meets the input channels `channels`
/// ([`Geometry::strip_channels`]), laid out as the stencils are; `filtered` holds the [`Plane`]s of q, for the steps `steps` of
/// `arrivals`.
pub fn convolution_gradient(
    level: Level,
    plane: &Plane,
    channels: Range<usize>,
    arrivals: &ArrivalsByChannel,
    steps: Range<usize>,
    filtered: &[f32],
    gradient: &mut [f32],
) {
    assert_eq!(filtered.len(), plane.length() * steps.len());
    assert_eq!(gradient.len(), plane.stencil() * channels.len());
    let first = channels.start;
    if plane.convolution.stride[1] > 1 {
        dispatch!(level, simd => apart(simd, plane, first, arrivals, steps, filtered, gradient));
        return;
    }
    dispatch!(level, simd => match plane.convolution.kernel[1] {
        3 => gather::<_, 3>(simd, plane, first, arrivals, steps, filtered, gradient),
        5 => gather::<_, 5>(simd, plane, first, arrivals, steps, filtered, gradient),
        7 => gather::<_, 7>(simd, plane, first, arrivals, steps, filtered, gradient),
        _ => gather::<_, 0>(simd, plane, first, arrivals, steps, filtered, gradient),
    });
}

/// From outputs that do not lie side by side to the stencils of the channels from `first` on, one weight after the other.
#[inline(always)]
fn apart<S: Simd>(
    simd: S,
    plane: &Plane,
    first: usize,
    arrivals: &ArrivalsByChannel,
    steps: Range<usize>,
    filtered: &[f32],
    gradient: &mut [f32],
) {
    let Convolution { kernel: [_, taps], padding, stride, .. } = plane.convolution;
    for (channel, stencil) in gradient.chunks_exact_mut(plane.stencil()).enumerate() {
        for (step, outputs) in steps.clone().zip(filtered.chunks_exact(plane.length())) {
            for arrival in arrivals.of(step, first + channel) {
                let column = arrival.column as usize;
                let reached = plane.convolution.reached(1, column, plane.columns);
                if reached.is_empty() {
                    continue;
                }
                let tap = reached.start * stride[1] + taps - 1 - column - padding[1];
                let [lowest, row, count] = plane.reach(arrival.row as usize);
                for place in 0..count {
                    let above = (lowest - place) * plane.stride;
                    let outputs = &outputs[(above + reached.start) * STRIP..(above + reached.end) * STRIP];
                    let stencil = &mut stencil[((row + place * stride[0]) * taps + tap) * STRIP..];
                    let pairs = stencil.chunks_mut(stride[1] * STRIP).zip(outputs.chunks_exact(STRIP));
                    for (weights, outputs) in pairs {
                        add_scaled(simd, &mut weights[..STRIP], outputs, arrival.count);
                    }
                }
            }
        }
    }
}

/// From outputs to the stencils of the channels from `first` on; `K` is the width of the kernel, or 0 for any.
#[inline(always)]
fn gather<S: Simd, const K: usize>(
    simd: S,
    plane: &Plane,
    first: usize,
    arrivals: &ArrivalsByChannel,
    steps: Range<usize>,
    filtered: &[f32],
    gradient: &mut [f32],
) {
    for (channel, stencil) in gradient.chunks_exact_mut(plane.stencil()).enumerate() {
        for (step, outputs) in steps.clone().zip(filtered.chunks_exact(plane.length())) {
            for arrival in arrivals.of(step, first + channel) {
                let reach = plane.reach(arrival.row as usize);
                if arrival.count == 1.0 {
                    patch::<K>(plane, arrival, reach, |outputs_at, stencil_at, run| {
                        add(simd, &mut stencil[stencil_at..][..run], &outputs[outputs_at..][..run]);
                    });
                } else {
                    patch::<K>(plane, arrival, reach, |outputs_at, stencil_at, run| {
                        add_scaled(
                            simd,
                            &mut stencil[stencil_at..][..run],
                            &outputs[outputs_at..][..run],
                            arrival.count,
                        );
                    });
                }
            }
        }
    }
}

/// The rows of an event's patch: where each starts among the outputs and in the stencil, and its length.
#[inline(always)]
fn patch<const K: usize>(
    plane: &Plane,
    arrival: &Arrival,
    [lowest, first, count]: [usize; 3],
    mut row: impl FnMut(usize, usize, usize),
) {
    let run = if K == 0 { plane.convolution.kernel[1] } else { K } * STRIP;
    let mut start = (lowest * plane.stride + arrival.column as usize) * STRIP;
    let mut stencil = first * run;
    for _ in 0..count {
        row(start, stencil, run);
        // A kernel row further down reaches the output row above; the last step may lead out of the plane.
        start = start.wrapping_sub(plane.stride * STRIP);
        stencil += run * plane.convolution.stride[0];
    }
}

/// to ← to + from.
#[inline(always)]
fn add<S: Simd>(simd: S, to: &mut [f32], from: &[f32]) {
    for (to, from) in to.chunks_exact_mut(S::f32s::LEN).zip(from.chunks_exact(S::f32s::LEN)) {
        (S::f32s::from_slice(simd, to) + S::f32s::from_slice(simd, from)).store_slice(to);
    }
}

/// to ← to + from · count.
#[inline(always)]
fn add_scaled<S: Simd>(simd: S, to: &mut [f32], from: &[f32], count: f32) {
    let count = S::f32s::splat(simd, count);
    for (to, from) in to.chunks_exact_mut(S::f32s::LEN).zip(from.chunks_exact(S::f32s::LEN)) {
        (S::f32s::from_slice(simd, to) + S::f32s::from_slice(simd, from) * count).store_slice(to);
    }
}
