//! Planes and their spectra: transforms along rows, then along columns, of sixteen channels that stay in a first-level cache.

use fearless_simd::{Level, dispatch};

use super::columns::Spectrum;
use super::floor::add_squares;
use super::fourier::{LANES, NUMBER, Order};
use super::plan::{Frequency, Scratch};
use super::rows::Rows;

impl Frequency {
    /// Spectra of one sample's traces, and the sum of each channel's squares.
    pub fn traces(
        &self,
        level: Level,
        traces: &[f32],
        scratch: &mut Scratch,
        spectra: &mut [f32],
        squares: &mut [f32],
    ) {
        let ([height, width], [above, left]) = (self.input_plane, self.padding);
        let first = above * self.row_stride + left * self.depth;
        squares.fill(0.0);
        dispatch!(level, _simd => {
            for row in 0..height {
                let pixels = &traces[first + row * self.row_stride..][..width * self.depth];
                pixels.chunks_exact(self.depth).for_each(|pixel| add_squares(pixel, squares));
            }
        });
        let order = &self.along_rows.inputs;
        let mut plane = std::mem::take(&mut scratch.plane);
        for strip in 0..self.input_strips {
            let channels = strip * LANES..self.depth.min((strip + 1) * LANES);
            let whole = channels.len() == LANES;
            let rows = if whole {
                let apart = [self.depth, self.row_stride];
                Rows { values: &traces[first + channels.start..], order, apart, count: height }
            } else {
                // Beside the last channels lie those of the next pixel.
                plane.resize(height * width * LANES);
                plane.fill(0.0);
                for (position, to) in plane.chunks_exact_mut(LANES).enumerate() {
                    let at = first + position / width * self.row_stride + position % width * self.depth;
                    to[..channels.len()].copy_from_slice(&traces[at..][channels.clone()]);
                }
                Rows { values: &plane, order, apart: [LANES, width * LANES], count: height }
            };
            let strips = self.input_strips;
            self.plane_forward(level, rows, &self.along_columns.inputs, [strip, strips], scratch, spectra);
        }
        scratch.plane = plane;
    }

    /// Spectra of one sample's errors, as complex conjugates, and the sum of each output's squares; `fill` adds errors of a strip to
    /// a plane of zeros, `[position][output of the strip]`.
    pub fn errors(
        &self,
        level: Level,
        fill: &dyn Fn(usize, &mut [f32]),
        scratch: &mut Scratch,
        spectra: &mut [f32],
        squares: &mut [f32],
    ) {
        let [height, width] = self.output_plane;
        squares.fill(0.0);
        let mut plane = std::mem::take(&mut scratch.plane);
        plane.resize(height * width * LANES);
        for strip in 0..self.output_strips {
            plane.fill(0.0);
            fill(strip, &mut plane);
            let squares = &mut squares[strip * LANES..(strip + 1) * LANES];
            dispatch!(level, _simd => plane.chunks_exact(LANES).for_each(|pixel| add_squares(pixel, squares)));
            let apart = [LANES, width * LANES];
            let rows = Rows { values: &plane, order: &self.along_rows.errors, apart, count: height };
            let strips = self.output_strips;
            self.plane_forward(level, rows, &self.along_columns.errors, [strip, strips], scratch, spectra);
        }
        scratch.plane = plane;
    }

    /// The spectrum of a strip of sixteen channels, one of so many.
    fn plane_forward(
        &self,
        level: Level,
        rows: Rows<'_>,
        down: &Order,
        [strip, strips]: [usize; 2],
        scratch: &mut Scratch,
        spectra: &mut [f32],
    ) {
        let count = rows.count;
        let mut half = std::mem::take(&mut scratch.half);
        half.resize(self.columns() * count * NUMBER);
        self.rows_forward(level, rows, &mut half, count, scratch);
        for (column, half) in half.chunks_exact(count * NUMBER).enumerate() {
            let (apart, imaginary) = (strips * NUMBER, strips * LANES);
            let at = Spectrum { first: self.before(column) * apart + strip * LANES, apart, imaginary };
            self.column_forward(level, column, (half, down), (spectra, at), scratch);
        }
        scratch.half = half;
    }
}
