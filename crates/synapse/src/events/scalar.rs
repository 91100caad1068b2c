//! The reference of the event kernels: one output, or one weight, after the other, in the order that all kernels keep.

use super::{ArrivalsByChannel, ArrivalsByColumn};
use crate::{Connection, Convolution, Geometry, STRIP};

/// W·S of one output of a convolution at one position, added to `sum`; `weight(channel, kernel row, kernel column)` gives
/// the output's weights, zero for channels of other groups.
pub fn convolution(
    geometry: &Geometry,
    arrivals: &ArrivalsByColumn,
    step: usize,
    weight: impl Fn(usize, usize, usize) -> f32,
    [out_row, out_column]: [usize; 2],
    sum: &mut f32,
) {
    let Connection::Convolution(Convolution { input: [_, height, width], kernel, .. }) = geometry.connection else {
        return;
    };
    let [rows, columns] = kernel;
    for column in 0..width {
        for row in 0..height {
            let Some([kernel_row, kernel_column]) = meeting(geometry, row, column, out_row, out_column) else {
                continue;
            };
            let (places, counts) = arrivals.of(step, column, &(row..row + 1));
            for (&place, &count) in places.iter().zip(counts) {
                let channel = (place as usize / (columns * STRIP) - row) / rows;
                *sum += weight(channel, kernel_row, kernel_column) * count;
            }
        }
    }
}

/// Σ q·S of one weight of a convolution over one step, added to `sum`; `filtered(row, column)` gives q of its output.
pub fn convolution_gradient(
    geometry: &Geometry,
    arrivals: &ArrivalsByChannel,
    step: usize,
    filtered: impl Fn(usize, usize) -> f32,
    [channel, kernel_row, kernel_column]: [usize; 3],
    sum: &mut f32,
) {
    for arrival in arrivals.of(step, channel) {
        for row in 0..geometry.output_plane[0] {
            for column in 0..geometry.output_plane[1] {
                let met = meeting(geometry, arrival.row as usize, arrival.column as usize, row, column);
                if met == Some([kernel_row, kernel_column]) {
                    *sum += filtered(row, column) * arrival.count;
                }
            }
        }
    }
}

/// The kernel row and column through which an input meets an output, if it does.
fn meeting(geometry: &Geometry, row: usize, column: usize, out_row: usize, out_column: usize) -> Option<[usize; 2]> {
    let Connection::Convolution(Convolution { kernel, padding, stride, .. }) = geometry.connection else { return None };
    let kernel_row = (row + padding[0]).checked_sub(out_row * stride[0])?;
    let kernel_column = (column + padding[1]).checked_sub(out_column * stride[1])?;
    (kernel_row < kernel[0] && kernel_column < kernel[1]).then_some([kernel_row, kernel_column])
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
