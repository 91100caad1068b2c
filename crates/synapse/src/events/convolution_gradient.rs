//! The gradient of a convolution by events: each adds a patch of the plane of filtered errors to that of the weights it
//! came through.

use std::ops::Range;

use fearless_simd::{Level, Simd, SimdBase, dispatch};

use super::ArrivalsByChannel;
use super::by_channel::Arrival;
use crate::geometry::STRIP;
use crate::{Connection, Geometry};

/// The plane of errors that events of a convolution read: `[row][column, margins included][STRIP outputs]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plane {
    rows: usize,
    /// Columns in memory: those of the input and `kernel − 1` more.
    stride: usize,
    /// Columns of the left margin that no output has.
    margin: usize,
    columns: usize,
    kernel: usize,
    padding: usize,
}

impl Plane {
    /// The plane of a convolution that [takes events](Geometry::takes_events).
    pub fn new(geometry: &Geometry) -> Self {
        let Connection::Convolution { input: [_, _, width], kernel, padding, .. } = geometry.connection else {
            unreachable!("a dense layer has no plane");
        };
        debug_assert!(geometry.takes_events());
        let [rows, columns] = geometry.output_plane;
        Self { rows, stride: width + kernel - 1, margin: kernel - 1 - padding, columns, kernel, padding }
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
        self.kernel * self.kernel * STRIP
    }

    /// For an event in this row of the input: the output row that the first row of its kernel reaches, and the rows of the
    /// kernel whose outputs are in the plane.
    #[inline(always)]
    fn reach(&self, row: usize) -> (usize, Range<usize>) {
        let lowest = row + self.padding;
        (lowest, lowest.saturating_sub(self.rows - 1)..self.kernel.min(lowest + 1))
    }
}

/// Adds `Σ_t q[t]·S[t]ᵀ` to the gradient of a strip of outputs, laid out as the stencils are; `filtered` holds the
/// [`Plane`]s of q, for the steps `steps` of `arrivals`.
pub fn convolution_gradient(
    level: Level,
    plane: &Plane,
    arrivals: &ArrivalsByChannel,
    steps: Range<usize>,
    filtered: &[f32],
    gradient: &mut [f32],
) {
    assert_eq!(filtered.len(), plane.length() * steps.len());
    dispatch!(level, simd => match plane.kernel {
        3 => gather::<_, 3>(simd, plane, arrivals, steps, filtered, gradient),
        5 => gather::<_, 5>(simd, plane, arrivals, steps, filtered, gradient),
        7 => gather::<_, 7>(simd, plane, arrivals, steps, filtered, gradient),
        _ => gather::<_, 0>(simd, plane, arrivals, steps, filtered, gradient),
    });
}

/// From outputs to stencils; `K` is the side of the kernel, or 0 for any.
#[inline(always)]
fn gather<S: Simd, const K: usize>(
    simd: S,
    plane: &Plane,
    arrivals: &ArrivalsByChannel,
    steps: Range<usize>,
    filtered: &[f32],
    gradient: &mut [f32],
) {
    for (channel, stencil) in gradient.chunks_exact_mut(plane.stencil()).enumerate() {
        for (step, outputs) in steps.clone().zip(filtered.chunks_exact(plane.length())) {
            for arrival in arrivals.of(step, channel) {
                if arrival.count == 1.0 {
                    patch::<K>(plane, arrival, |outputs_at, stencil_at, run| {
                        add(simd, &mut stencil[stencil_at..][..run], &outputs[outputs_at..][..run]);
                    });
                } else {
                    patch::<K>(plane, arrival, |outputs_at, stencil_at, run| {
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
fn patch<const K: usize>(plane: &Plane, arrival: &Arrival, mut row: impl FnMut(usize, usize, usize)) {
    let run = if K == 0 { plane.kernel } else { K } * STRIP;
    let (lowest, rows) = plane.reach(arrival.row as usize);
    let mut start = ((lowest - rows.start) * plane.stride + arrival.column as usize) * STRIP;
    let mut stencil = rows.start * run;
    for _ in rows {
        row(start, stencil, run);
        // A kernel row further down reaches the output row above; the last step may lead out of the plane.
        start = start.wrapping_sub(plane.stride * STRIP);
        stencil += run;
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
