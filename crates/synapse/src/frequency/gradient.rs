//! The gradient of the weights, δ ∗ P: errors and traces meet frequency by frequency; the products are transformed back kernel by
//! kernel.

use fearless_simd::{Level, dispatch};

use super::columns::Spectrum;
use super::floor::{floor, floored};
use super::fourier::{LANES, NUMBER};
use super::plan::{Frequency, Piece, Scratch};
use super::product::{Left, Right, multiply};

impl Frequency {
    /// The half spectra of the gradient of a part of the outputs at the frequencies of one column,
    /// `[output of the part][strip of inputs][kernel row]`, from the spectra of the traces and the errors of all samples. It takes the
    /// place of what is there, or with `add` is added to it.
    pub fn gradient_piece(
        &self,
        level: Level,
        piece: Piece<'_>,
        traces: &[f32],
        errors: &[f32],
        add: bool,
        scratch: &mut Scratch,
    ) {
        let Piece { column, part, numbers: out } = piece;
        let (inputs, outputs, rows) = (self.input_strips * LANES, self.outputs(), part.len() * LANES);
        let samples = traces.len() / self.of_traces();
        let of_output = self.of_column(column) * 2 * inputs;
        let mut sums = std::mem::take(&mut scratch.operand);
        sums.resize(rows * of_output);
        for frequency in 0..self.of_column(column) {
            let at = self.before(column) + frequency;
            let values = &errors[at * 2 * outputs + part.start * LANES..];
            let left = Left { values, rows, row: 1, summand: self.of_errors(), imaginary: outputs };
            let values = &traces[at * 2 * inputs..];
            let right = Right { values, summands: samples, summand: self.of_traces(), imaginary: inputs };
            multiply(level, left, right, inputs, &mut sums[frequency * 2 * inputs..], of_output, &mut scratch.sides);
        }
        let lags = &self.along_columns.lags;
        let mut half = std::mem::take(&mut scratch.half);
        half.resize(if add { self.kernel[0] * NUMBER } else { half.len() });
        for (place, out) in out.chunks_exact_mut(self.kernel[0] * NUMBER).enumerate() {
            let (output, strip) = (place / self.input_strips, place % self.input_strips);
            let first = output * of_output + strip * LANES;
            let from = (&sums[..], Spectrum { first, apart: 2 * inputs, imaginary: inputs });
            if add {
                self.column_back(level, column, from, (&mut half, lags), scratch);
                out.iter_mut().zip(&half[..]).for_each(|(to, from)| *to += from);
            } else {
                self.column_back(level, column, from, (out, lags), scratch);
            }
        }
        (scratch.operand, scratch.half) = (sums, half);
    }

    /// Adds the gradient of some outputs, from half spectra `[column][output][strip of inputs][kernel row]`, to
    /// `[output][kernel row][kernel column · channel, padded]`; nothing where rounding may be all there is, as the `squares` of each
    /// input channel's traces and of each output's errors say.
    pub fn gradient(
        &self,
        level: Level,
        half: &[f32],
        output: usize,
        [of_inputs, of_outputs]: [&[f32]; 2],
        scratch: &mut Scratch,
        gradient: &mut [f32],
    ) {
        let rows = self.kernel[0];
        let (stride, scale) = (half.len() / (self.columns() * NUMBER), self.scale());
        for (within, gradient) in gradient.chunks_exact_mut(rows * self.row_padded).enumerate() {
            for strip in 0..self.input_strips {
                let half = &half[((output + within) * self.input_strips + strip) * rows * NUMBER..];
                let channels = strip * LANES..self.depth.min((strip + 1) * LANES);
                let mut floors = [0.0; LANES];
                for (to, squares) in floors.iter_mut().zip(&of_inputs[channels.clone()]) {
                    *to = floor(*squares, of_outputs[output + within]);
                }
                let mut write = |row: usize, values: &[f32]| {
                    dispatch!(level, _simd => {
                        for (value, column) in values.chunks(NUMBER).zip(self.along_rows.lags.rows()) {
                            let Some(column) = column else { continue };
                            let first = row * self.row_padded + column * self.depth;
                            let to = &mut gradient[first + channels.start..first + channels.end];
                            for ((to, value), floor) in to.iter_mut().zip(value).zip(&floors) {
                                *to += floored(value * scale, *floor);
                            }
                        }
                    });
                };
                self.rows_back(level, rows, half, stride, scratch, &mut write);
            }
        }
    }
}
