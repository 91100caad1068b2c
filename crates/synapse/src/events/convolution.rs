//! Events of a convolution: each adds a patch of weights to a plane of outputs, or a patch of such a plane to the
//! gradient of those weights.

use std::ops::Range;

use fearless_simd::{Level, Simd, SimdBase, dispatch};

use super::Arrivals;
use super::arrivals::Arrival;
use crate::geometry::STRIP;
use crate::{Connection, Geometry};

/// The plane of outputs that event kernels work on: `[row][column, margins included][STRIP outputs]`.
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

    /// Where the outputs of a row lie.
    #[inline(always)]
    pub fn row(&self, row: usize) -> Range<usize> {
        let start = (row * self.stride + self.margin) * STRIP;
        start..start + self.columns * STRIP
    }

    /// Number of weights that a strip of outputs has for one input channel.
    pub fn stencil(&self) -> usize {
        self.kernel * self.kernel * STRIP
    }

    /// For an event: rows of the kernel whose outputs exist.
    #[inline(always)]
    fn kernel_rows(&self, row: usize) -> Range<usize> {
        let lowest = row + self.padding;
        lowest.saturating_sub(self.rows - 1)..self.kernel.min(lowest + 1)
    }
}

/// Adds W·S of one step to a strip of outputs: `stencils` are the weights of that strip
/// (`[input channel][kernel row][kernel column, reversed][output]`), `outputs` its [`Plane`].
pub fn convolution(
    level: Level,
    plane: &Plane,
    arrivals: &Arrivals,
    step: usize,
    stencils: &[f32],
    outputs: &mut [f32],
) {
    assert_eq!(outputs.len(), plane.length());
    dispatch!(level, simd => {
        for (channel, stencil) in stencils.chunks_exact(plane.stencil()).enumerate() {
            for arrival in arrivals.of(step, channel) {
                patch::<_>(simd, plane, arrival, Side::Outputs(outputs, stencil));
            }
        }
    });
}

/// Adds Σ_t q[t]·S[t]ᵀ to the gradient of a strip of outputs, laid out as the stencils are; `filtered` holds the
/// [`Plane`]s of q, for the steps `steps` of `arrivals`.
pub fn convolution_gradient(
    level: Level,
    plane: &Plane,
    arrivals: &Arrivals,
    steps: Range<usize>,
    filtered: &[f32],
    gradient: &mut [f32],
) {
    assert_eq!(filtered.len(), plane.length() * steps.len());
    dispatch!(level, simd => {
        for (channel, stencil) in gradient.chunks_exact_mut(plane.stencil()).enumerate() {
            for (step, outputs) in steps.clone().zip(filtered.chunks_exact(plane.length())) {
                for arrival in arrivals.of(step, channel) {
                    patch::<_>(simd, plane, arrival, Side::Stencil(outputs, stencil));
                }
            }
        }
    });
}

/// Which side of a patch is added to: the outputs, from the stencil, or the stencil, from the outputs.
enum Side<'a> {
    Outputs(&'a mut [f32], &'a [f32]),
    Stencil(&'a [f32], &'a mut [f32]),
}

/// Adds the patch of one event, row by row.
#[inline(always)]
fn patch<S: Simd>(simd: S, plane: &Plane, arrival: &Arrival, mut side: Side<'_>) {
    let (row, column) = (arrival.row as usize, arrival.column as usize);
    let run = plane.kernel * STRIP;
    for kernel_row in plane.kernel_rows(row) {
        let start = ((row + plane.padding - kernel_row) * plane.stride + column) * STRIP;
        let (to, from) = match &mut side {
            Side::Outputs(outputs, stencil) => (&mut outputs[start..start + run], &stencil[kernel_row * run..][..run]),
            Side::Stencil(outputs, stencil) => (&mut stencil[kernel_row * run..][..run], &outputs[start..start + run]),
        };
        match plane.kernel {
            3 => add::<S, 3>(simd, to, from, arrival.count),
            5 => add::<S, 5>(simd, to, from, arrival.count),
            7 => add::<S, 7>(simd, to, from, arrival.count),
            _ => {
                for (to, from) in to.chunks_exact_mut(STRIP).zip(from.chunks_exact(STRIP)) {
                    add::<S, 1>(simd, to, from, arrival.count);
                }
            }
        }
    }
}

/// to ← to + from · count over `K` columns of a strip.
#[inline(always)]
fn add<S: Simd, const K: usize>(simd: S, to: &mut [f32], from: &[f32], count: f32) {
    let (to, from) = (&mut to[..K * STRIP], &from[..K * STRIP]);
    let pairs = to.chunks_exact_mut(S::f32s::LEN).zip(from.chunks_exact(S::f32s::LEN));
    // A product with 1 is exact, so both arms give the same bits.
    if count == 1.0 {
        for (to, from) in pairs {
            (S::f32s::from_slice(simd, to) + S::f32s::from_slice(simd, from)).store_slice(to);
        }
    } else {
        let count = S::f32s::splat(simd, count);
        for (to, from) in pairs {
            (S::f32s::from_slice(simd, to) + S::f32s::from_slice(simd, from) * count).store_slice(to);
        }
    }
}
