//! The gradient of the weights, δ ∗ P: frequency by frequency, then row by row.

use std::ops::Range;

use fearless_simd::{Level, dispatch};

use super::columns::scatter;
use super::floor::{floor, floored};
use super::fourier::{Complex, LANES};
use super::plan::{Frequency, Scratch};
use super::product::{Left, multiply};

impl Frequency {
    /// The gradient of the weights of a part of the outputs at one frequency along rows: `traces` are
    /// [`Frequency::columns_of_traces`] there, `errors` the half spectra of samples one after the other. It takes the place of what
    /// `out`, `[output of the part][strip of inputs][kernel row]`, holds, or with `add` is added to it.
    #[expect(clippy::too_many_arguments, reason = "operands of one kernel")]
    pub fn gradient_column(
        &self,
        level: Level,
        column: usize,
        part: Range<usize>,
        traces: &[f32],
        errors: &[Complex],
        add: bool,
        scratch: &mut Scratch,
        out: &mut [Complex],
    ) {
        let (length, inputs) = (self.along_columns.length(), self.input_strips * LANES);
        let (height, rows) = (self.output_plane[0], self.kernel[0]);
        let outputs = part.len() * LANES;
        let samples = traces.len() / (length * 2 * inputs);
        let [mut left, mut sums] = [&mut scratch.operand, &mut scratch.sums].map(std::mem::take);
        left.resize(length * samples * 2 * outputs);
        for sample in 0..samples {
            let half = &errors[sample * self.of_outputs()..][column * self.output_strips * height..];
            for (within, strip) in part.clone().enumerate() {
                let rows = &half[strip * height..(strip + 1) * height];
                let spectrum = self.column_forward(level, rows, |row| row, scratch);
                let to = sample * 2 * outputs + within * LANES;
                // As complex conjugates: a correlation is a convolution with what is mirrored.
                scatter::<true>(level, spectrum, &mut left, samples * 2 * outputs, to, outputs);
            }
        }
        sums.resize(length * outputs * 2 * inputs);
        let sizes = [samples * 2 * outputs, samples * 2 * inputs, outputs * 2 * inputs];
        for k in 0..length {
            let values = &left[k * sizes[0]..(k + 1) * sizes[0]];
            let left = Left { values, rows: outputs, row: 1, summand: 2 * outputs, imaginary: outputs };
            let right = &traces[k * sizes[1]..(k + 1) * sizes[1]];
            multiply(level, left, right, inputs, &mut sums[k * sizes[2]..(k + 1) * sizes[2]]);
        }
        for (place, rows) in out.chunks_exact_mut(rows).enumerate() {
            let (output, strip) = (place / self.input_strips, place % self.input_strips);
            let from = output * 2 * inputs + strip * LANES;
            let place = |row: usize| self.along_columns.place(row, self.padding[0]);
            self.column_back(level, &sums, sizes[2], from, inputs, place, scratch, add, rows);
        }
        (scratch.operand, scratch.sums) = (left, sums);
    }

    /// Adds the gradient of some outputs, from half spectra `[column][output][strip of inputs][kernel row]`, to
    /// `[output][kernel row][kernel column · channel, padded]`; nothing where rounding may be all there is, as the `squares` of each
    /// input channel's traces and of each output's errors say.
    pub fn gradient(
        &self,
        level: Level,
        half: &[Complex],
        output: usize,
        [of_inputs, of_outputs]: [&[f32]; 2],
        scratch: &mut Scratch,
        gradient: &mut [f32],
    ) {
        let [rows, columns] = self.kernel;
        let (stride, scale) = (half.len() / self.columns(), self.scale());
        for (within, gradient) in gradient.chunks_exact_mut(rows * self.row_padded).enumerate() {
            for strip in 0..self.input_strips {
                let half = &half[((output + within) * self.input_strips + strip) * rows..];
                let channels = strip * LANES..self.depth.min((strip + 1) * LANES);
                let mut floors = [0.0; LANES];
                for (to, squares) in floors.iter_mut().zip(&of_inputs[channels.clone()]) {
                    *to = floor(*squares, of_outputs[output + within]);
                }
                let write = |row: usize, part: usize, values: &[Complex]| {
                    dispatch!(level, _simd => {
                        for column in 0..columns {
                            let first = row * self.row_padded + column * self.depth;
                            let to = &mut gradient[first + channels.start..first + channels.end];
                            let value = &values[self.along_rows.place(column, self.padding[1])];
                            for ((to, value), floor) in to.iter_mut().zip(&value.0[part]).zip(&floors) {
                                *to += floored(value * scale, *floor);
                            }
                        }
                    });
                };
                self.rows_back(level, rows, half, stride, scratch, write);
            }
        }
    }
}
