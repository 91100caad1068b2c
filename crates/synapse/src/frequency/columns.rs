//! Transforms along columns, between half spectra and spectra.
//!
//! A spectrum lies as products want it: `[frequency]`, with real parts and imaginary parts of all channels or of some. Frequencies
//! of column 0 are those of frequency 0 along rows, then those of N/2 along rows, from 0 to half of the length along columns each.

use fearless_simd::Level;

use super::fourier::{Layout, NUMBER, Order};
use super::halves::{Halves, join, split};
use super::plan::{Frequency, Scratch};

/// Where sixteen channels of a column's spectrum lie.
#[derive(Clone, Copy)]
pub(super) struct Spectrum {
    /// Of the first frequency.
    pub(super) first: usize,
    /// From frequency to frequency.
    pub(super) apart: usize,
    /// From real to imaginary parts.
    pub(super) imaginary: usize,
}

impl Frequency {
    /// Transforms a column of half spectra whose rows have this order.
    pub(super) fn column_forward(
        &self,
        level: Level,
        column: usize,
        (half, order): (&[f32], &Order),
        (to, at): (&mut [f32], Spectrum),
        scratch: &mut Scratch,
    ) {
        let fourier = &self.along_columns.fourier;
        let Scratch { spectrum, work, .. } = scratch;
        let from = (half, Layout { order, ..fourier.in_order() });
        let Spectrum { first, apart, imaginary } = at;
        if column > 0 {
            let parts = [Some(first), Some(first + imaginary)];
            fourier.transform(level, from, (to, Layout { apart, parts, ..fourier.in_order() }), work);
            return;
        }
        spectrum.resize(fourier.length() * NUMBER);
        fourier.transform(level, from, (spectrum, fourier.in_order()), work);
        split(level, spectrum, 0..self.of_half(), 0.5, &mut to[first..], self.halves(at));
    }

    /// Transforms a column back into half spectra, whose rows have this order.
    pub(super) fn column_back(
        &self,
        level: Level,
        column: usize,
        (from, at): (&[f32], Spectrum),
        (half, order): (&mut [f32], &Order),
        scratch: &mut Scratch,
    ) {
        let fourier = &self.along_columns.fourier;
        let Scratch { spectrum, work, .. } = scratch;
        let to = (half, Layout { order, ..fourier.in_order() }.exchanged());
        let Spectrum { first, apart, imaginary } = at;
        if column > 0 {
            let parts = [Some(first + imaginary), Some(first)];
            fourier.transform(level, (from, Layout { apart, parts, ..fourier.in_order() }), to, work);
            return;
        }
        spectrum.resize(fourier.length() * NUMBER);
        join(level, &from[first..], self.halves(at), 0..self.of_half(), spectrum);
        fourier.transform(level, (spectrum, fourier.in_order().exchanged()), to, work);
    }

    /// How both half spectra of column 0 lie.
    fn halves(&self, Spectrum { apart, imaginary, .. }: Spectrum) -> Halves {
        let second = self.along_rows.fourier.length().is_multiple_of(2).then_some(self.of_half() * apart);
        Halves { apart, imaginary, second }
    }
}
