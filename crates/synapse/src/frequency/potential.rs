//! Potentials, W·P + b: frequency by frequency, then row by row.

use std::ops::Range;

use fearless_simd::{Level, dispatch};

use super::columns::scatter;
use super::floor::{floor, floored};
use super::fourier::{Complex, LANES};
use super::plan::{Frequency, PART, Scratch};
use super::product::{Left, multiply};

impl Frequency {
    /// The potentials of a part of the outputs at one frequency along rows: `traces` are [`Frequency::columns_of_traces`] there,
    /// `weights` the half spectra of all strips, `out` is `[sample][strip of the part][row]`.
    #[expect(clippy::too_many_arguments, reason = "operands of one kernel")]
    pub fn potential_column(
        &self,
        level: Level,
        column: usize,
        part: Range<usize>,
        traces: &[f32],
        weights: &[Complex],
        scratch: &mut Scratch,
        out: &mut [Complex],
    ) {
        let (length, inputs, height) = (self.along_columns.length(), self.input_strips * LANES, self.output_plane[0]);
        let width = part.len() * LANES;
        let samples = traces.len() / (length * 2 * inputs);
        let [mut right, mut sums] = [&mut scratch.operand, &mut scratch.sums].map(std::mem::take);
        // Channels that fill up the last strip of inputs have no weights.
        right.resize(length * self.depth * 2 * width);
        for (within, strip) in part.clone().enumerate() {
            let half = &weights[strip * self.of_strip()..][column * self.depth * self.kernel[0]..];
            for (channel, rows) in half.chunks_exact(self.kernel[0]).take(self.depth).enumerate() {
                let place = |row: usize| self.along_columns.place(self.padding[0], row);
                let spectrum = self.column_forward(level, rows, place, scratch);
                scatter::<false>(
                    level,
                    spectrum,
                    &mut right,
                    self.depth * 2 * width,
                    channel * 2 * width + within * LANES,
                    width,
                );
            }
        }
        sums.resize(length * samples * 2 * width);
        let sizes = [samples * 2 * inputs, self.depth * 2 * width, samples * 2 * width];
        for k in 0..length {
            let values = &traces[k * sizes[0]..(k + 1) * sizes[0]];
            let left = Left { values, rows: samples, row: 2 * inputs, summand: 1, imaginary: inputs };
            let right = &right[k * sizes[1]..(k + 1) * sizes[1]];
            multiply(level, left, right, width, &mut sums[k * sizes[2]..(k + 1) * sizes[2]]);
        }
        for (place, rows) in out.chunks_exact_mut(height).enumerate() {
            let (sample, within) = (place / part.len(), place % part.len());
            let from = sample * 2 * width + within * LANES;
            self.column_back(level, &sums, sizes[2], from, width, |row| row, scratch, false, rows);
        }
        (scratch.operand, scratch.sums) = (right, sums);
    }

    /// W·P + b of a strip of one sample's outputs, from half spectra `[column][part][sample][strip of the part][row]`, into
    /// `[position][output of the block]` from the strip's first output on; exactly b where rounding may be
    /// all there is, as `squares` of the sample's traces, summed, and of the outputs' weights say.
    #[expect(clippy::too_many_arguments, reason = "operands of one kernel")]
    pub fn potentials(
        &self,
        level: Level,
        half: &[Complex],
        sample: usize,
        strip: usize,
        squares: (f32, &[f32]),
        bias: &[f32],
        scratch: &mut Scratch,
        out: &mut [f32],
    ) {
        let [height, width] = self.output_plane;
        let stride = half.len() / self.columns();
        let samples = stride / (self.output_strips * height);
        let first = strip / PART * PART;
        let of_part = self.output_strips.min(first + PART) - first;
        let half = &half[(first * samples + sample * of_part + strip - first) * height..];
        let (scale, block) = (self.scale(), self.block);
        let floors: [f32; LANES] = std::array::from_fn(|lane| floor(squares.0, squares.1[lane]));
        let write = |row: usize, part: usize, values: &[Complex]| {
            dispatch!(level, _simd => {
                let pixels = out[row * width * block..].chunks_mut(block);
                for (value, pixel) in values[..width].iter().zip(pixels) {
                    let sums = value.0[part].iter().zip(&floors);
                    for ((to, (sum, floor)), bias) in pixel.iter_mut().zip(sums).zip(bias) {
                        *to = floored(sum * scale, *floor) + bias;
                    }
                }
            });
        };
        self.rows_back(level, height, half, stride, scratch, write);
    }
}
