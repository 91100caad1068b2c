//! The reference of the potential kernels: one sum after the other, in the order that all kernels keep.

use crate::Geometry;

/// W·P + b of an output at one position; `weight(row, column)` gives the output's weights, `traces` one sample's plane.
pub fn potential(
    geometry: &Geometry,
    output: usize,
    weight: impl Fn(usize, usize) -> f32,
    bias: f32,
    traces: &[f32],
    position: usize,
) -> f32 {
    let start = (geometry.group_start(output) + geometry.starts()[position]) as usize;
    let mut sum = 0.0f32;
    for row in 0..geometry.rows {
        for column in 0..geometry.row_length {
            sum += traces[start + row * geometry.row_stride + column] * weight(row, column);
        }
    }
    sum + bias
}
