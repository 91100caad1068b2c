//! The transforms of one convolution, and the steps from traces to potentials, from errors to gradients.

use std::ops::Range;

use decolle_number::product;
use fearless_simd::{Level, dispatch};

use super::fourier::{Complex, Fourier, LANES, join, split};
use super::product::{Left, multiply};
use crate::{Aligned, Connection, Geometry};

/// Strips of sixteen outputs in a part: those that meet the inputs at a time. Their weights at a frequency stay in a first-level
/// cache, and those at all frequencies of a column in a second-level one.
pub const PART: usize = 4;

/// What an operation of a transform costs in multiply-adds of the dense potential kernel, most of it being for moving numbers; and
/// how many times as much it does for kernels, whose numbers are few before the transform and many after it. By `cargo bench -p
/// decolle-synapse --bench frequency` with AVX2, which lies between what other levels give.
const TRANSFORM_COST: f64 = 3.0;
const KERNEL_COST: f64 = 3.0;

/// What rounding may make of a sum that is zero, relative to the product of the norms of what is convolved: four times the half
/// unit in the last place of a float32. No sum is larger than that product (Cauchy and Schwarz), and transforms keep norms, so that
/// each of their few roundings is of its size. What is smaller counts as zero: else rounding would decide whether a neuron without
/// bias spikes whose weights or traces are zero, and an optimiser that divides by the size of gradients would make steps of it.
const FLOOR: f32 = 4.0 / (1 << 24) as f32;

/// A convolution in the frequency domain.
///
/// What it passes on from step to step are half spectra along rows: a plane of `rows` rows has, for each of
/// [`Frequency::columns`] frequencies and each strip of sixteen channels, as many numbers as it has rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Frequency {
    along_rows: Fourier,
    along_columns: Fourier,
    depth: usize,
    input_plane: [usize; 2],
    output_plane: [usize; 2],
    kernel: [usize; 2],
    padding: [usize; 2],
    input_strips: usize,
    output_strips: usize,
    row_stride: usize,
    row_padded: usize,
    block: usize,
}

/// Where a piece of work takes place; nothing in it lasts.
#[derive(Default)]
pub struct Scratch {
    values: Vec<Complex>,
    spare: Vec<Complex>,
    plane: Aligned,
    /// The side of the products that is made at hand, all frequencies of a column.
    operand: Aligned,
    sums: Aligned,
}

impl Frequency {
    /// That of a geometry; none for a dense layer, for strides, groups, and planes for which there is no transform.
    pub fn new(geometry: &Geometry) -> Option<Self> {
        let Connection::Convolution(convolution) = geometry.connection else { return None };
        if convolution.stride != [1; 2] || convolution.groups > 1 {
            return None;
        }
        let [depth, height, width] = convolution.input;
        let (kernel, padding) = (convolution.kernel, convolution.padding);
        let input_plane = [height, width];
        // Long enough that what comes round from the other end is neither an input nor an output.
        let [along_columns, along_rows] = [0, 1].map(|axis| {
            let reach = input_plane[axis] + padding[axis];
            Fourier::of_at_least(reach.max(geometry.output_plane[axis]).max(kernel[axis]))
        });
        Some(Self {
            along_rows: along_rows?,
            along_columns: along_columns?,
            depth,
            input_plane,
            output_plane: geometry.output_plane,
            kernel,
            padding,
            input_strips: depth.div_ceil(LANES),
            output_strips: geometry.strips(),
            row_stride: geometry.row_stride,
            row_padded: geometry.row_padded,
            block: geometry.block,
        })
    }

    /// Frequencies along a row: as many pieces of work there are for [`Frequency::potential_column`] and
    /// [`Frequency::gradient_column`].
    pub fn columns(&self) -> usize {
        self.along_rows.length() / 2 + 1
    }

    /// Multiply-adds of the products, for so many planes of traces.
    pub fn multiply_adds(&self, planes: usize) -> u64 {
        // Four for each product of complex numbers.
        let frequencies = 4 * self.along_columns.length() * self.columns();
        product([frequencies, planes, self.depth, self.output_strips * LANES])
    }

    /// Bytes of the half spectra of weights.
    pub fn bytes_of_weights(&self) -> u64 {
        let numbers = product([self.output_strips, self.columns(), self.depth, self.kernel[0]]);
        numbers.saturating_mul(size_of::<Complex>() as u64)
    }

    /// Bytes that all else takes for so many planes of traces: half spectra, and where so many workers work at a time.
    pub fn bytes(&self, planes: usize, learn: bool, workers: usize) -> u64 {
        let (rows, columns) = (self.along_rows.length(), self.along_columns.length());
        let [inputs, outputs] = [self.input_strips, self.output_strips.min(PART)].map(|strips| strips * LANES);
        let of_gradient = if learn {
            [self.columns(), self.output_strips * LANES, self.input_strips, self.kernel[0]]
        } else {
            [0; 4]
        };
        let half = [
            product([planes, self.columns(), self.input_strips, self.input_plane[0]]),
            product([planes, self.columns(), self.output_strips, self.output_plane[0]]),
            product(of_gradient),
        ];
        let numbers = [
            product([2, columns, planes, inputs]),
            product([2, columns, outputs, self.depth.max(planes)]),
            product([2, columns, outputs, planes.max(if learn { inputs } else { 0 })]),
            product([LANES, self.output_plane[0], self.output_plane[1]]),
            product([4, LANES, rows.max(columns)]),
        ];
        let sum = |parts: &[u64]| parts.iter().fold(0u64, |sum, &part| sum.saturating_add(part));
        let worker = sum(&numbers).saturating_mul(size_of::<f32>() as u64);
        let squares = product([planes, self.depth]).saturating_add(product([planes, self.output_strips * LANES]));
        let squares = squares.saturating_mul(size_of::<f32>() as u64);
        let half = sum(&half).saturating_mul(size_of::<Complex>() as u64);
        half.saturating_add(squares).saturating_add(worker.saturating_mul(workers as u64))
    }

    /// What the potentials of so many planes cost in multiply-adds of the dense kernels, the transform of weights included.
    pub fn cost_of_potentials(&self, planes: usize) -> f64 {
        self.cost(planes, product([self.depth, self.output_strips]))
    }

    /// What the gradient from so many planes costs in multiply-adds of the dense kernels.
    pub fn cost_of_gradient(&self, planes: usize) -> f64 {
        self.cost(planes, product([self.input_strips, self.output_strips, LANES]))
    }

    /// What products of so many planes and their transforms cost, with those of so many kernels for sixteen channels each.
    fn cost(&self, planes: usize, kernels: u64) -> f64 {
        let [along_rows, along_columns] =
            [&self.along_rows, &self.along_columns].map(|along| along.operations() as f64);
        let of_plane = |count: u64, rows: usize| {
            count as f64 * (rows.div_ceil(2) as f64 * along_rows + self.columns() as f64 * along_columns)
        };
        let transforms = of_plane(product([planes, self.input_strips]), self.input_plane[0])
            + of_plane(product([planes, self.output_strips]), self.output_plane[0])
            + KERNEL_COST * of_plane(kernels, self.kernel[0]);
        self.multiply_adds(planes) as f64 + TRANSFORM_COST * LANES as f64 * transforms
    }

    /// Numbers in the half spectra of one sample's traces.
    pub fn of_traces(&self) -> usize {
        self.columns() * self.input_strips * self.input_plane[0]
    }

    /// Numbers in the half spectra of one sample's potentials or errors.
    pub fn of_outputs(&self) -> usize {
        self.columns() * self.output_strips * self.output_plane[0]
    }

    /// Numbers in the half spectra of the weights of a strip of sixteen outputs.
    pub fn of_strip(&self) -> usize {
        self.columns() * self.depth * self.kernel[0]
    }

    /// Numbers in the half spectra of the gradient of all outputs.
    pub fn of_gradient(&self) -> usize {
        self.columns() * self.output_strips * LANES * self.input_strips * self.kernel[0]
    }

    /// Places for outputs, those that fill up the last strip included.
    pub fn outputs(&self) -> usize {
        self.output_strips * LANES
    }

    /// Numbers in the half spectra, at one frequency along rows, of the gradient of a part of the outputs.
    pub fn of_part(&self, part: &Range<usize>) -> usize {
        part.len() * LANES * self.input_strips * self.kernel[0]
    }

    /// Half spectra of one sample's traces, `[column][strip][row]`, and the sum of each channel's squares.
    pub fn traces(
        &self,
        level: Level,
        traces: &[f32],
        scratch: &mut Scratch,
        half: &mut [Complex],
        squares: &mut [f32],
    ) {
        let ([height, width], [above, left]) = (self.input_plane, self.padding);
        squares.fill(0.0);
        dispatch!(level, _simd => {
            for row in 0..height {
                let first = (above + row) * self.row_stride + left * self.depth;
                let pixels = traces[first..first + width * self.depth].chunks_exact(self.depth);
                pixels.for_each(|pixel| add_squares(pixel, squares));
            }
        });
        let stride = self.input_strips * height;
        for strip in 0..self.input_strips {
            let channels = strip * LANES..self.depth.min((strip + 1) * LANES);
            let read = |row: usize, part: usize, values: &mut [Complex]| {
                let first = (above + row) * self.row_stride + left * self.depth;
                let pixels = traces[first..first + width * self.depth].chunks_exact(self.depth);
                for (value, pixel) in values.iter_mut().zip(pixels) {
                    let pixel = &pixel[channels.clone()];
                    match pixel.first_chunk::<LANES>() {
                        Some(pixel) => value.0[part] = *pixel,
                        None => value.0[part][..pixel.len()].copy_from_slice(pixel),
                    }
                }
            };
            self.rows_forward(level, height, read, scratch, &mut half[strip * height..], stride);
        }
    }

    /// Half spectra of the weights of a strip of outputs, from the panel of its block: `[column][input channel][kernel row]`; and
    /// the sum of each output's squares.
    pub fn weights(
        &self,
        level: Level,
        panel: &[f32],
        strip: usize,
        scratch: &mut Scratch,
        half: &mut [Complex],
        squares: &mut [f32],
    ) {
        let [rows, columns] = self.kernel;
        let lane = strip * LANES % self.block;
        squares.fill(0.0);
        dispatch!(level, _simd => panel.chunks_exact(self.block).for_each(|row| add_squares(&row[lane..lane + LANES], squares)));
        for channel in 0..self.depth {
            let read = |row: usize, part: usize, values: &mut [Complex]| {
                for column in 0..columns {
                    let place = ((row * columns + column) * self.depth + channel) * self.block + lane;
                    let at = self.along_rows.place(self.padding[1], column);
                    values[at].0[part].copy_from_slice(&panel[place..place + LANES]);
                }
            };
            self.rows_forward(level, rows, read, scratch, &mut half[channel * rows..], self.depth * rows);
        }
    }

    /// Half spectra of one sample's errors, `[column][strip][row]`, and the sum of each output's squares; `fill` adds errors of a
    /// strip to a plane of zeros, `[position][output of the strip]`.
    pub fn errors(
        &self,
        level: Level,
        fill: impl Fn(usize, &mut [f32]),
        scratch: &mut Scratch,
        half: &mut [Complex],
        squares: &mut [f32],
    ) {
        let [height, width] = self.output_plane;
        squares.fill(0.0);
        let stride = self.output_strips * height;
        let mut plane = std::mem::take(&mut scratch.plane);
        plane.resize(height * width * LANES);
        for strip in 0..self.output_strips {
            plane.fill(0.0);
            fill(strip, &mut plane);
            let squares = &mut squares[strip * LANES..(strip + 1) * LANES];
            dispatch!(level, _simd => plane.chunks_exact(LANES).for_each(|pixel| add_squares(pixel, squares)));
            let read = |row: usize, part: usize, values: &mut [Complex]| {
                let pixels = plane[row * width * LANES..(row + 1) * width * LANES].chunks_exact(LANES);
                for (value, pixel) in values.iter_mut().zip(pixels) {
                    value.0[part].copy_from_slice(pixel);
                }
            };
            self.rows_forward(level, height, read, scratch, &mut half[strip * height..], stride);
        }
        scratch.plane = plane;
    }

    /// Transforms rows, two at a time, into half spectra `[column · stride + row]`.
    fn rows_forward(
        &self,
        level: Level,
        rows: usize,
        read: impl Fn(usize, usize, &mut [Complex]),
        scratch: &mut Scratch,
        half: &mut [Complex],
        stride: usize,
    ) {
        let Scratch { values, spare, .. } = scratch;
        for array in [&mut *values, &mut *spare] {
            array.resize(self.along_rows.length(), Complex::ZERO);
        }
        for row in (0..rows).step_by(2) {
            let pair = row + 1 < rows;
            dispatch!(level, _simd => {
                values.fill(Complex::ZERO);
                read(row, 0, values);
                if pair {
                    read(row + 1, 1, values);
                }
            });
            let spectrum = self.along_rows.transform(level, values, spare);
            split(level, spectrum, &mut half[row..], stride, pair);
        }
    }

    /// The parts that outputs fall into: the strips of each.
    pub fn parts(&self) -> impl ExactSizeIterator<Item = Range<usize>> + DoubleEndedIterator + use<> {
        let strips = self.output_strips;
        let part = move |part: usize| part * PART..strips.min((part + 1) * PART);
        (0..strips.div_ceil(PART)).map(part)
    }

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

    /// The traces of all samples at one frequency along rows, from their half spectra one after the other:
    /// `[frequency along columns][sample]`, real parts of all inputs, then imaginary parts.
    pub fn columns_of_traces(
        &self,
        level: Level,
        column: usize,
        traces: &[Complex],
        scratch: &mut Scratch,
        out: &mut Aligned,
    ) {
        let (samples, height, inputs) =
            (traces.len() / self.of_traces(), self.input_plane[0], self.input_strips * LANES);
        out.resize(self.along_columns.length() * samples * 2 * inputs);
        for (sample, half) in traces.chunks_exact(self.of_traces()).enumerate() {
            let half = &half[column * self.input_strips * height..][..self.input_strips * height];
            for (strip, rows) in half.chunks_exact(height).enumerate() {
                let spectrum = self.column_forward(level, rows, |row| row, scratch);
                scatter::<false>(
                    level,
                    spectrum,
                    out,
                    samples * 2 * inputs,
                    sample * 2 * inputs + strip * LANES,
                    inputs,
                );
            }
        }
    }

    /// Transforms a column whose numbers are at `place(row)` and zero elsewhere.
    fn column_forward<'a>(
        &self,
        level: Level,
        rows: &[Complex],
        place: impl Fn(usize) -> usize,
        scratch: &'a mut Scratch,
    ) -> &'a [Complex] {
        let Scratch { values, spare, .. } = scratch;
        for array in [&mut *values, &mut *spare] {
            array.resize(self.along_columns.length(), Complex::ZERO);
        }
        dispatch!(level, _simd => {
            if rows.len() < values.len() {
                values.fill(Complex::ZERO);
            }
            for (row, number) in rows.iter().enumerate() {
                values[place(row)] = *number;
            }
        });
        self.along_columns.transform(level, values, spare)
    }

    /// Transforms a column back, of which the rows at `place(row)` are kept, or with `add` added to what is there; its numbers are
    /// `apart` in `values`, imaginary parts `imaginary` further.
    #[expect(clippy::too_many_arguments, reason = "a strided operand, and where its result goes")]
    fn column_back(
        &self,
        level: Level,
        values: &[f32],
        apart: usize,
        from: usize,
        imaginary: usize,
        place: impl Fn(usize) -> usize,
        scratch: &mut Scratch,
        add: bool,
        rows: &mut [Complex],
    ) {
        let Scratch { values: work, spare, .. } = scratch;
        for array in [&mut *work, &mut *spare] {
            array.resize(self.along_columns.length(), Complex::ZERO);
        }
        dispatch!(level, _simd => {
            for (k, Complex([re, im])) in work.iter_mut().enumerate() {
                let at = k * apart + from;
                // Exchanged, so that the transform goes back.
                im.copy_from_slice(&values[at..at + LANES]);
                re.copy_from_slice(&values[at + imaginary..at + imaginary + LANES]);
            }
        });
        let back = self.along_columns.transform(level, work, spare);
        dispatch!(level, _simd => {
            for (row, number) in rows.iter_mut().enumerate() {
                let Complex([re, im]) = &back[place(row)];
                for (to, from) in number.0.iter_mut().zip([im, re]) {
                    for (to, from) in to.iter_mut().zip(from) {
                        *to = if add { *to + from } else { *from };
                    }
                }
            }
        });
    }

    /// What half spectra are divided by in the end: the lengths of two transforms, and twice two that splitting them left.
    fn scale(&self) -> f32 {
        let [rows, columns] =
            [&self.along_rows, &self.along_columns].map(|along| decolle_number::low_16(along.length() as u64));
        0.25 / (f32::from(rows) * f32::from(columns))
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

    /// Transforms half spectra `[column · stride + row]` back into rows, two at a time, of which `write` gets number, part and
    /// values.
    fn rows_back(
        &self,
        level: Level,
        rows: usize,
        half: &[Complex],
        stride: usize,
        scratch: &mut Scratch,
        mut write: impl FnMut(usize, usize, &[Complex]),
    ) {
        let Scratch { values, spare, .. } = scratch;
        for array in [&mut *values, &mut *spare] {
            array.resize(self.along_rows.length(), Complex::ZERO);
        }
        for row in (0..rows).step_by(2) {
            let pair = row + 1 < rows;
            join(level, &half[row..], stride, pair, values);
            let back = self.along_rows.transform(level, values, spare);
            write(row, 1, back);
            if pair {
                write(row + 1, 0, back);
            }
        }
    }
}

/// Adds the squares of some numbers.
#[inline(always)]
fn add_squares(values: &[f32], squares: &mut [f32]) {
    for (square, value) in squares.iter_mut().zip(values) {
        *square += value * value;
    }
}

/// What rounding may make of a sum that is zero, of numbers with these sums of squares.
fn floor(one: f32, other: f32) -> f32 {
    let floor = FLOOR * one.sqrt() * other.sqrt();
    // Beyond 10¹⁹ squares overflow.
    if floor.is_finite() { floor } else { 0.0 }
}

/// A sum, or zero where it is below what rounding may make of one that is zero.
#[inline(always)]
fn floored(sum: f32, floor: f32) -> f32 {
    if sum.abs() < floor { 0.0 } else { sum }
}

/// Puts the numbers of a spectrum, or their complex conjugates, `apart` from each other, imaginary parts `imaginary` further.
fn scatter<const CONJUGATE: bool>(
    level: Level,
    spectrum: &[Complex],
    to: &mut [f32],
    apart: usize,
    from: usize,
    imaginary: usize,
) {
    dispatch!(level, _simd => {
        for (k, Complex([re, im])) in spectrum.iter().enumerate() {
            let at = k * apart + from;
            to[at..at + LANES].copy_from_slice(re);
            let to = &mut to[at + imaginary..at + imaginary + LANES];
            if CONJUGATE {
                to.iter_mut().zip(im).for_each(|(to, im)| *to = -im);
            } else {
                to.copy_from_slice(im);
            }
        }
    });
}
