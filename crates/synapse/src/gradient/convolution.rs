//! The gradient kernel of convolutions: up to 28 vectors of one output's gradient stay in registers while the patches of its
//! non-zero δ stream by, a band of them at a time, whose traces stay in a first-level cache while the outputs take turns.

use fearless_simd::{Level, Simd, SimdBase, dispatch};

use super::DeltaList;
use crate::Geometry;
use crate::geometry::CHANNEL_SLICE;

/// Adds Σ δ·P over the listed patches to the gradients of the slice of channels of this number; returns the multiply-adds
/// done.
///
/// `traces` is what the list's starts point into, as those of outputs of the first group do, `gradient` the slice's rows
/// (`[output][kernel row][padded column]`), `bias` its bias gradients, empty where they are not wanted. Padding stays zero.
pub fn convolution(
    level: Level,
    geometry: &Geometry,
    slice: usize,
    traces: &[f32],
    list: &DeltaList,
    gradient: &mut [f32],
    bias: &mut [f32],
) -> u64 {
    dispatch!(level, simd => outputs(simd, geometry, slice, traces, list, gradient, bias))
}

#[inline(always)]
fn outputs<S: Simd>(
    simd: S,
    geometry: &Geometry,
    slice: usize,
    traces: &[f32],
    list: &DeltaList,
    gradient: &mut [f32],
    bias: &mut [f32],
) -> u64 {
    let mut patches = 0;
    let groups = geometry.slice_starts(slice * geometry.slice);
    let reach = (geometry.rows - 1) * geometry.row_stride + geometry.row_padded;
    let count = gradient.len() / geometry.weights_per_output();
    for (output, group) in groups.iter().enumerate().take(count) {
        let (starts, deltas) = list.output(output);
        let last = starts.iter().max().map_or(0, |&start| start as usize + group + reach);
        assert!(last <= traces.len() && starts.len() == deltas.len());
        if let Some(bias) = bias.get_mut(output) {
            for &delta in deltas {
                *bias += delta;
            }
        }
        patches += starts.len();
    }
    // Vectors of 128 bits take in traces more slowly than the second-level cache gives them: there, sums that come and go
    // with each band would cost more than they save.
    let bands = if S::f32s::LEN > 4 { list.bands() } else { 0 };
    let all = (bands == 0).then_some(None);
    for band in (0..bands).map(Some).chain(all) {
        // SAFETY: the starts of all outputs plus the reach of a patch lie in `traces`, as asserted above.
        unsafe { rows(simd, geometry, &Band { traces, list, groups, band }, gradient) };
    }
    for row in gradient.chunks_exact_mut(geometry.row_padded) {
        row[geometry.row_length..].fill(0.0);
    }
    patches as u64 * geometry.fan_in() as u64
}

/// A band of patches, whose traces stay in a first-level cache while all outputs take them in; without a number, all of them.
struct Band<'a> {
    traces: &'a [f32],
    list: &'a DeltaList,
    /// Where the traces of each output's group start.
    groups: [usize; CHANNEL_SLICE],
    band: Option<usize>,
}

impl Band<'_> {
    /// Starts and δ of an output.
    #[inline(always)]
    fn of(&self, output: usize) -> (&[u32], &[f32]) {
        match self.band {
            Some(band) => self.list.band(band, output),
            None => self.list.output(output),
        }
    }
}

/// All kernel rows of all outputs, strip by strip: what of the band's traces a strip reads, all outputs read.
///
/// # Safety
/// Every start, in the plane of its output's group, plus the reach of a patch, rows padded to whole vectors, lies in the traces.
#[inline(always)]
unsafe fn rows<S: Simd>(simd: S, geometry: &Geometry, band: &Band<'_>, gradient: &mut [f32]) {
    let vectors = geometry.row_length.div_ceil(S::f32s::LEN);
    // Kernels of few channels have rows of one or two vectors: several rows at a time fill the registers.
    if vectors <= 2 && geometry.rows > 1 {
        let mut row = 0;
        while row < geometry.rows {
            let left = geometry.rows - row;
            // SAFETY: the caller's promise.
            unsafe {
                match (left, vectors) {
                    (7.., 1) => strip::<S, 7, 1>(simd, geometry, band, row, 0, gradient),
                    (7.., _) => strip::<S, 7, 2>(simd, geometry, band, row, 0, gradient),
                    (3.., 1) => strip::<S, 3, 1>(simd, geometry, band, row, 0, gradient),
                    (3.., _) => strip::<S, 3, 2>(simd, geometry, band, row, 0, gradient),
                    (_, 1) => strip::<S, 1, 1>(simd, geometry, band, row, 0, gradient),
                    (_, _) => strip::<S, 1, 2>(simd, geometry, band, row, 0, gradient),
                }
            }
            row += match left {
                7.. => 7,
                3.. => 3,
                _ => 1,
            };
        }
        return;
    }
    for row in 0..geometry.rows {
        let mut vector = 0;
        while vector < vectors {
            let left = vectors - vector;
            let column = vector * S::f32s::LEN;
            // With 32 registers of 16 lanes up to 28 hold the gradient, else up to 14.
            let wide = S::f32s::LEN == 16;
            // SAFETY: the caller's promise.
            unsafe {
                vector += match left {
                    28.. if wide => {
                        strip::<S, 1, 28>(simd, geometry, band, row, column, gradient);
                        28
                    }
                    14.. => {
                        strip::<S, 1, 14>(simd, geometry, band, row, column, gradient);
                        14
                    }
                    7.. => {
                        strip::<S, 1, 7>(simd, geometry, band, row, column, gradient);
                        7
                    }
                    4.. => {
                        strip::<S, 1, 4>(simd, geometry, band, row, column, gradient);
                        4
                    }
                    2.. => {
                        strip::<S, 1, 2>(simd, geometry, band, row, column, gradient);
                        2
                    }
                    _ => {
                        strip::<S, 1, 1>(simd, geometry, band, row, column, gradient);
                        1
                    }
                };
            }
        }
    }
}

/// `R` kernel rows from `row` on by `V` vectors from `column` on, of each output's gradient.
///
/// # Safety
/// Every start, in the plane of its output's group, plus the reach of a patch, rows padded to whole vectors, lies in the traces;
/// the strip lies within a patch.
#[inline(always)]
unsafe fn strip<S: Simd, const R: usize, const V: usize>(
    simd: S,
    geometry: &Geometry,
    band: &Band<'_>,
    row: usize,
    column: usize,
    gradient: &mut [f32],
) {
    let (stride, padded) = (geometry.row_stride, geometry.row_padded);
    let (offset, place) = (row * stride + column, row * padded + column);
    let outputs = gradient.chunks_exact_mut(geometry.weights_per_output()).zip(&band.groups);
    for (output, (gradient, &group)) in outputs.enumerate() {
        let (starts, deltas) = band.of(output);
        if starts.is_empty() {
            continue;
        }
        // SAFETY: starts lie in the plane of the group; the caller's promise.
        let traces = unsafe { band.traces.get_unchecked(group..) };
        let gradient = &mut gradient[place..place + (R - 1) * padded + V * S::f32s::LEN];
        let mut sums: [[S::f32s; V]; R] = std::array::from_fn(|r| {
            std::array::from_fn(|v| {
                let place = r * padded + v * S::f32s::LEN;
                S::f32s::from_slice(simd, &gradient[place..place + S::f32s::LEN])
            })
        });
        for (&start, &delta) in starts.iter().zip(deltas) {
            let delta = S::f32s::splat(simd, delta);
            let start = start as usize + offset;
            for (r, sums) in sums.iter_mut().enumerate() {
                for (v, sum) in sums.iter_mut().enumerate() {
                    let place = start + r * stride + v * S::f32s::LEN;
                    // SAFETY: the caller's promise.
                    let trace = unsafe { traces.get_unchecked(place..place + S::f32s::LEN) };
                    *sum += delta * S::f32s::from_slice(simd, trace);
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            for (v, sum) in sums.iter().enumerate() {
                let place = r * padded + v * S::f32s::LEN;
                sum.store_slice(&mut gradient[place..place + S::f32s::LEN]);
            }
        }
    }
}
