//! Transforms along rows, between planes and half spectra.
//!
//! The half spectra of a plane are `[column][row]`, a number of sixteen channels each: column k holds frequency k along rows,
//! column 0 those of frequencies 0 and, where there is one, N/2.

use fearless_simd::Level;

use super::fourier::{LANES, Layout, NUMBER, Order};
use super::halves::{Halves, join, pack, split, unpack};
use super::plan::{Frequency, Scratch};

/// Real rows of sixteen channels.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) values: &'a [f32],
    pub(super) order: &'a Order,
    /// From pixel to pixel, and from row to row.
    pub(super) apart: [usize; 2],
    pub(super) count: usize,
}

impl Frequency {
    /// Transforms rows, two at a time, into half spectra `column · stride + row`, counted in numbers.
    pub(super) fn rows_forward(
        &self,
        level: Level,
        rows: Rows<'_>,
        half: &mut [f32],
        stride: usize,
        scratch: &mut Scratch,
    ) {
        let Rows { values, order, apart: [pixel, of_row], count } = rows;
        let fourier = &self.along_rows.fourier;
        let Scratch { spectrum, work, .. } = scratch;
        spectrum.resize(fourier.length() * NUMBER);
        for row in (0..count).step_by(2) {
            let pair = row + 1 < count;
            let parts = [Some(0), pair.then_some(of_row)];
            let from = (&values[row * of_row..], Layout { order, apart: pixel, parts });
            fourier.transform(level, from, (spectrum, fourier.in_order()), work);
            let half = &mut half[row * NUMBER..];
            pack(level, spectrum, half, pair);
            let second = pair.then_some(NUMBER);
            let at = Halves { apart: stride * NUMBER, imaginary: LANES, second };
            split(level, spectrum, 1..self.columns(), 1.0, half, at);
        }
    }

    /// Transforms half spectra back into so many rows, two at a time, of which `write` gets number and pixels, sixteen values
    /// [`NUMBER`] apart.
    pub(super) fn rows_back(
        &self,
        level: Level,
        count: usize,
        half: &[f32],
        stride: usize,
        scratch: &mut Scratch,
        write: &mut dyn FnMut(usize, &[f32]),
    ) {
        let fourier = &self.along_rows.fourier;
        let Scratch { spectrum, pixels, work, .. } = scratch;
        for array in [&mut *spectrum, &mut *pixels] {
            array.resize(fourier.length() * NUMBER);
        }
        for row in (0..count).step_by(2) {
            let pair = row + 1 < count;
            let half = &half[row * NUMBER..];
            unpack(level, half, pair, spectrum);
            let at = Halves { apart: stride * NUMBER, imaginary: LANES, second: pair.then_some(NUMBER) };
            join(level, half, at, 1..self.columns(), spectrum);
            let order = fourier.in_order();
            fourier.transform(level, (spectrum, order.exchanged()), (pixels, order.exchanged()), work);
            write(row, pixels);
            if pair {
                write(row + 1, &pixels[LANES..]);
            }
        }
    }
}
