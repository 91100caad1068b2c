//! The reference of the gradient kernels: one weight after the other, in the order that all kernels keep.

use crate::Geometry;

/// Adds Σ δ·P over the given patches to the gradient of an output of a convolution.
pub fn convolution(
    geometry: &Geometry,
    output: usize,
    traces: &[f32],
    starts: &[u32],
    deltas: &[f32],
    gradient: &mut [f32],
) {
    let group = geometry.group_start(output) as usize;
    for row in 0..geometry.rows {
        for column in 0..geometry.row_length {
            let sum = &mut gradient[row * geometry.row_padded + column];
            for (&start, &delta) in starts.iter().zip(deltas) {
                *sum += delta * traces[group + start as usize + row * geometry.row_stride + column];
            }
        }
    }
}

/// Adds Σ δ·P over the samples to the gradient of one weight of a dense layer.
pub fn dense(geometry: &Geometry, traces: &[f32], input: usize, deltas: &[f32], gradient: &mut f32) {
    for (plane, &delta) in traces.chunks_exact(geometry.trace_plane).zip(deltas) {
        *gradient += delta * plane[input];
    }
}
