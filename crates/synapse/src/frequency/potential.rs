//! W·P + b: weights and traces meet frequency by frequency; the products are transformed back plane by plane.

use fearless_simd::{Level, dispatch};

use super::columns::Spectrum;
use super::floor::{add_squares, floor, floored};
use super::fourier::{LANES, NUMBER};
use super::plan::{APART, Frequency, Piece, Scratch};
use super::product::{Left, Right, multiply};
use super::rows::Rows;

impl Frequency {
    /// Half spectra of the weights of a strip of outputs, from the panel of its block: `[column][input channel][kernel row]`; and
    /// the sum of each output's squares.
    pub fn weights(
        &self,
        level: Level,
        panel: &[f32],
        strip: usize,
        scratch: &mut Scratch,
        half: &mut [f32],
        squares: &mut [f32],
    ) {
        let [count, columns] = self.kernel;
        let lane = strip * LANES % self.block;
        squares.fill(0.0);
        dispatch!(level, _simd => panel.chunks_exact(self.block).for_each(|row| add_squares(&row[lane..lane + LANES], squares)));
        let pixel = self.depth * self.block;
        for channel in 0..self.depth {
            let values = &panel[channel * self.block + lane..];
            let rows = Rows { values, order: &self.along_rows.kernel, apart: [pixel, columns * pixel], count };
            self.rows_forward(level, rows, &mut half[channel * count * NUMBER..], self.depth * count, scratch);
        }
    }

    /// The spectra of W·P of a part of the outputs at the frequencies of one column: `[sample][frequency]`, real parts of the part's
    /// outputs, then imaginary parts; from the spectra of the traces of all samples and the half spectra of all weights.
    pub fn potential_piece(
        &self,
        level: Level,
        piece: Piece<'_>,
        traces: &[f32],
        weights: &[f32],
        scratch: &mut Scratch,
    ) {
        let Piece { column, part, numbers: out } = piece;
        let (inputs, rows, width) = (self.input_strips * LANES, self.kernel[0] * NUMBER, part.len() * LANES);
        let samples = traces.len() / self.of_traces();
        // Channels that fill up the last strip of inputs have no weights.
        let of_frequency = self.depth * 2 * width + APART;
        let mut operand = std::mem::take(&mut scratch.operand);
        operand.resize(self.of_column(column) * of_frequency);
        for (within, strip) in part.enumerate() {
            let half = &weights[strip * self.of_strip() + column * self.depth * rows..][..self.depth * rows];
            for (channel, half) in half.chunks_exact(rows).enumerate() {
                let first = channel * 2 * width + within * LANES;
                let to = (&mut operand[..], Spectrum { first, apart: of_frequency, imaginary: width });
                self.column_forward(level, column, (half, &self.along_columns.kernel), to, scratch);
            }
        }
        let of_sample = self.of_column(column) * 2 * width;
        for (frequency, weights) in operand.chunks_exact(of_frequency).enumerate() {
            let values = &traces[(self.before(column) + frequency) * 2 * inputs..];
            let left = Left { values, rows: samples, row: self.of_traces(), summand: 1, imaginary: inputs };
            let right = Right { values: weights, summands: self.depth, summand: 2 * width, imaginary: width };
            multiply(level, left, right, width, &mut out[frequency * 2 * width..], of_sample, &mut scratch.sides);
        }
        scratch.operand = operand;
    }

    /// W·P + b of a strip of one sample's outputs, from the spectra that the pieces made, into `[position][output of the block]` from
    /// the strip's first output on; exactly b where rounding may be all there is, as `squares` of the sample's traces, summed, and of
    /// the outputs' weights say.
    #[expect(clippy::too_many_arguments, reason = "operands of one kernel")]
    pub fn potentials(
        &self,
        level: Level,
        spectra: &[f32],
        [samples, sample]: [usize; 2],
        strip: usize,
        squares: (f32, &[f32]),
        bias: &[f32],
        scratch: &mut Scratch,
        out: &mut [f32],
    ) {
        let [height, width] = self.output_plane;
        let part = self.part_of(strip);
        let imaginary = part.len() * LANES;
        let mut half = std::mem::take(&mut scratch.half);
        half.resize(self.columns() * height * NUMBER);
        for (column, half) in half.chunks_exact_mut(height * NUMBER).enumerate() {
            let before =
                samples * NUMBER * (self.before(column) * self.output_strips + self.of_column(column) * part.start);
            let of_sample = self.of_column(column) * 2 * imaginary;
            let first = before + sample * of_sample + (strip - part.start) * LANES;
            let at = Spectrum { first, apart: 2 * imaginary, imaginary };
            self.column_back(level, column, (spectra, at), (half, &self.along_columns.outputs), scratch);
        }
        let (scale, block) = (self.scale(), self.block);
        let floors: [f32; LANES] = std::array::from_fn(|lane| floor(squares.0, squares.1[lane]));
        let mut write = |row: usize, values: &[f32]| {
            dispatch!(level, _simd => {
                let pixels = out[row * width * block..].chunks_mut(block);
                for (value, pixel) in values.chunks(NUMBER).zip(pixels.take(width)) {
                    let sums = value.iter().zip(&floors);
                    for ((to, (sum, floor)), bias) in pixel.iter_mut().zip(sums).zip(bias) {
                        *to = floored(sum * scale, *floor) + bias;
                    }
                }
            });
        };
        self.rows_back(level, height, &half, height, scratch, &mut write);
        scratch.half = half;
    }
}
