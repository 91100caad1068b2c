//! Transforms along columns, from half spectra to what is multiplied and back, at one frequency along rows.

use fearless_simd::{Level, dispatch};

use super::fourier::{Complex, LANES};
use super::plan::{Frequency, Scratch};
use crate::Aligned;

impl Frequency {
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
    pub(super) fn column_forward<'a>(
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
    pub(super) fn column_back(
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
}

/// Puts the numbers of a spectrum, or their complex conjugates, `apart` from each other, imaginary parts `imaginary` further.
pub(super) fn scatter<const CONJUGATE: bool>(
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
