//! The reference of the event kernels: one output, or one weight, after the other, in the order that all kernels keep.

use super::Arrivals;
use crate::{Connection, Geometry};

/// W·S of one output of a convolution at one position, added to `sum`; `weight(channel, kernel row, kernel column)` gives
/// the output's weights.
pub fn convolution(
    geometry: &Geometry,
    arrivals: &Arrivals,
    step: usize,
    weight: impl Fn(usize, usize, usize) -> f32,
    [row, column]: [usize; 2],
    sum: &mut f32,
) {
    for channel in 0..geometry.channels() {
        for arrival in arrivals.of(step, channel) {
            if let Some([kernel_row, kernel_column]) = meeting(geometry, arrival.row, arrival.column, row, column) {
                *sum += weight(channel, kernel_row, kernel_column) * arrival.count;
            }
        }
    }
}

/// Σ q·S of one weight of a convolution over one step, added to `sum`; `filtered(row, column)` gives q of its output.
pub fn convolution_gradient(
    geometry: &Geometry,
    arrivals: &Arrivals,
    step: usize,
    filtered: impl Fn(usize, usize) -> f32,
    [channel, kernel_row, kernel_column]: [usize; 3],
    sum: &mut f32,
) {
    for arrival in arrivals.of(step, channel) {
        for row in 0..geometry.output_plane[0] {
            for column in 0..geometry.output_plane[1] {
                let met = meeting(geometry, arrival.row, arrival.column, row, column);
                if met == Some([kernel_row, kernel_column]) {
                    *sum += filtered(row, column) * arrival.count;
                }
            }
        }
    }
}

/// The kernel row and column through which an input meets an output, if it does.
fn meeting(geometry: &Geometry, row: u16, column: u16, out_row: usize, out_column: usize) -> Option<[usize; 2]> {
    let Connection::Convolution { kernel, padding, .. } = geometry.connection else { return None };
    let kernel_row = (row as usize + padding).checked_sub(out_row)?;
    let kernel_column = (column as usize + padding).checked_sub(out_column)?;
    (kernel_row < kernel && kernel_column < kernel).then_some([kernel_row, kernel_column])
}

/// W·S of one output of a dense layer, added to `sum`.
pub fn dense(weight: impl Fn(usize) -> f32, indices: &[u32], counts: &[f32], sum: &mut f32) {
    for (&index, &count) in indices.iter().zip(counts) {
        *sum += weight(index as usize) * count;
    }
}

/// Σ q·S of one weight of a dense layer over one step, added to `sum`; `filtered` is q of its output.
pub fn dense_gradient(input: usize, indices: &[u32], counts: &[f32], filtered: f32, sum: &mut f32) {
    for (_, &count) in indices.iter().zip(counts).filter(|(index, _)| **index as usize == input) {
        *sum += filtered * count;
    }
}
