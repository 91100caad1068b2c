//! Transforms along rows, between planes and half spectra.

use fearless_simd::{Level, dispatch};

use super::floor::add_squares;
use super::fourier::{Complex, LANES, join, split};
use super::plan::{Frequency, Scratch};

impl Frequency {
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

    /// Transforms half spectra `[column · stride + row]` back into rows, two at a time, of which `write` gets number, part and
    /// values.
    pub(super) fn rows_back(
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
