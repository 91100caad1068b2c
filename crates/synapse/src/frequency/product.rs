//! Products of small complex matrices, one for each frequency.
//!
//! Three real products make one of complex numbers (Gauss): with r = Σ Re·Re, i = Σ Im·Im and s = Σ (Re + Im)·(Re + Im), the real
//! part is r − i and the imaginary part s − r − i. It rounds relative to the norms of both sides, as transforms do.
//!
//! Sums of a few rows by a few vectors of columns stay in registers while the summands stream by. Each sum runs in the order
//! of its summands and multiplies and adds apart, so that the bits are the same with vectors of any width.

use std::ops::Range;

use fearless_simd::{Level, Simd, SimdBase, dispatch};

use super::fourier::LANES;
use crate::Aligned;

/// A matrix of complex numbers of which single ones are read: of row m and summand k the real part lies at
/// `m · row + k · summand`, the imaginary part `imaginary` further. One of `row` and `summand` is 1.
#[derive(Clone, Copy)]
pub(crate) struct Left<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) rows: usize,
    pub(crate) row: usize,
    pub(crate) summand: usize,
    pub(crate) imaginary: usize,
}

/// A matrix of complex numbers of which rows are read, one for each summand: real parts from `k · summand` on, imaginary parts
/// `imaginary` further.
#[derive(Clone, Copy)]
pub(crate) struct Right<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) summands: usize,
    pub(crate) summand: usize,
    pub(crate) imaginary: usize,
}

/// Where products are made: real and imaginary parts added, of the left and of the right side, and the products of imaginary parts.
#[derive(Default)]
pub(crate) struct Sides([Aligned; 3]);

/// `out` ← left · right.
///
/// `out` holds a row of `width` real and as many imaginary parts for each row of the left side, rows `apart` from each other;
/// `width` is a multiple of 16.
pub(crate) fn multiply(
    level: Level,
    left: Left<'_>,
    right: Right<'_>,
    width: usize,
    out: &mut [f32],
    apart: usize,
    Sides([of_left, of_right, of_imaginary]): &mut Sides,
) {
    let Left { values, rows, row, summand, imaginary } = left;
    let summands = right.summands;
    assert!(summands > 0 && rows > 0 && (row == 1 || summand == 1));
    // Lines of the left side lie along rows or along summands.
    let [lines, length, from] = if summand == 1 { [rows, summands, row] } else { [summands, rows, summand] };
    for (array, size) in
        [(&mut *of_left, lines * length), (&mut *of_right, summands * width), (&mut *of_imaginary, rows * 2 * LANES)]
    {
        array.resize(size);
    }
    dispatch!(level, simd => {
        add(values, from, imaginary, of_left, length);
        add(right.values, right.summand, right.imaginary, of_right, width);
        let re = Real { left: values, lefts: [row, summand], rows, right: right.values, rights: right.summand, summands };
        let im = Real { left: &values[imaginary..], right: &right.values[right.imaginary..], ..re };
        let lefts = if summand == 1 { [length, 1] } else { [1, length] };
        let both = Real { left: of_left, lefts, right: of_right, rights: width, ..re };
        for column in (0..width).step_by(2 * LANES) {
            let columns = column..width.min(column + 2 * LANES);
            for (part, product) in [both, re, im].into_iter().enumerate() {
                let (to, apart) = match part {
                    0 => (&mut out[width + column..], apart),
                    1 => (&mut out[column..], apart),
                    _ => (&mut of_imaginary[..], 2 * LANES),
                };
                product.panel(simd, columns.clone(), to, apart);
            }
            for (row, imaginary) in of_imaginary.chunks_exact(2 * LANES).enumerate() {
                let (re, im) = out[row * apart..][..2 * width].split_at_mut(width);
                let parts = re[columns.clone()].iter_mut().zip(&mut im[columns.clone()]);
                for ((re, im), imaginary) in parts.zip(imaginary) {
                    (*re, *im) = (*re - imaginary, *im - *re - imaginary);
                }
            }
        }
    });
}

/// Real and imaginary parts of lines `apart` from each other, added, into lines of `length` one after the other.
#[inline(always)]
fn add(values: &[f32], apart: usize, imaginary: usize, to: &mut [f32], length: usize) {
    for (line, to) in to.chunks_exact_mut(length).enumerate() {
        let parts = [0, imaginary].map(|part| &values[line * apart + part..][..length]);
        for ((to, re), im) in to.iter_mut().zip(parts[0]).zip(parts[1]) {
            *to = re + im;
        }
    }
}

/// A product of real matrices.
#[derive(Clone, Copy)]
struct Real<'a> {
    left: &'a [f32],
    /// From row to row and from summand to summand.
    lefts: [usize; 2],
    rows: usize,
    right: &'a [f32],
    /// From summand to summand.
    rights: usize,
    summands: usize,
}

impl Real<'_> {
    /// Some columns, which stay in a first-level cache while the rows pass, into rows `apart` from each other.
    #[inline(always)]
    fn panel<S: Simd>(self, simd: S, columns: Range<usize>, out: &mut [f32], apart: usize) {
        let Self { left, lefts, rows, right, rights, summands } = self;
        assert!((rows - 1) * lefts[0] + (summands - 1) * lefts[1] < left.len());
        assert!((summands - 1) * rights + columns.end <= right.len() && columns.len().is_multiple_of(LANES));
        assert!((rows - 1) * apart + columns.len() <= out.len());
        // 32 registers of 16 lanes hold eight rows of two vectors, 16 registers of fewer lanes four.
        let wide = S::f32s::LEN == LANES;
        let mut column = columns.start;
        while column < columns.end {
            // Sixteen columns are one vector or pairs of them.
            let pair = !wide || columns.end - column >= 2 * S::f32s::LEN;
            let mut first = 0;
            while first < rows {
                // SAFETY: the assertions above bound every index.
                first += unsafe {
                    match (rows - first, pair) {
                        (8.., true) if wide => self.tile::<S, 8, 2>(
                            simd,
                            column,
                            first,
                            &mut out[first * apart + column - columns.start..],
                            apart,
                        ),
                        (4.., true) => self.tile::<S, 4, 2>(
                            simd,
                            column,
                            first,
                            &mut out[first * apart + column - columns.start..],
                            apart,
                        ),
                        (_, true) => self.tile::<S, 1, 2>(
                            simd,
                            column,
                            first,
                            &mut out[first * apart + column - columns.start..],
                            apart,
                        ),
                        (4.., false) => self.tile::<S, 4, 1>(
                            simd,
                            column,
                            first,
                            &mut out[first * apart + column - columns.start..],
                            apart,
                        ),
                        _ => self.tile::<S, 1, 1>(
                            simd,
                            column,
                            first,
                            &mut out[first * apart + column - columns.start..],
                            apart,
                        ),
                    }
                };
            }
            column += if pair { 2 } else { 1 } * S::f32s::LEN;
        }
    }

    /// `M` rows from `first` on by `N` vectors of columns from `column` on; gives the rows.
    ///
    /// # Safety
    /// Rows, columns and summands are within what both sides hold.
    #[inline(always)]
    unsafe fn tile<S: Simd, const M: usize, const N: usize>(
        self,
        simd: S,
        column: usize,
        first: usize,
        out: &mut [f32],
        apart: usize,
    ) -> usize {
        let Self { left, lefts, right, rights, summands, .. } = self;
        let mut sums = [[S::f32s::splat(simd, 0.0); N]; M];
        for k in 0..summands {
            let vectors: [S::f32s; N] = std::array::from_fn(|n| {
                let at = k * rights + column + n * S::f32s::LEN;
                // SAFETY: k is below the number of summands and the columns are within the right side; the caller's promise.
                S::f32s::from_slice(simd, unsafe { right.get_unchecked(at..at + S::f32s::LEN) })
            });
            for (m, sums) in sums.iter_mut().enumerate() {
                let at = (first + m) * lefts[0] + k * lefts[1];
                // SAFETY: likewise for the row.
                let value = S::f32s::splat(simd, unsafe { *left.get_unchecked(at) });
                for n in 0..N {
                    sums[n] += value * vectors[n];
                }
            }
        }
        for (m, sums) in sums.iter().enumerate() {
            for (n, sum) in sums.iter().enumerate() {
                sum.store_slice(&mut out[m * apart + n * S::f32s::LEN..][..S::f32s::LEN]);
            }
        }
        M
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level;

    /// One number after the other, each sum in the order of its summands, as all levels do.
    fn scalar(left: Left<'_>, right: Right<'_>, width: usize, out: &mut [f32], apart: usize) {
        for m in 0..left.rows {
            for column in 0..width {
                let mut sum = [0.0f32; 3];
                for k in 0..right.summands {
                    let row = &right.values[k * right.summand..];
                    let at = m * left.row + k * left.summand;
                    let [re, im] = [left.values[at], left.values[at + left.imaginary]];
                    let [right_re, right_im] = [row[column], row[right.imaginary + column]];
                    sum[0] += re * right_re;
                    sum[1] += im * right_im;
                    sum[2] += (re + im) * (right_re + right_im);
                }
                out[m * apart + column] = sum[0] - sum[1];
                out[m * apart + width + column] = sum[2] - sum[0] - sum[1];
            }
        }
    }

    #[test]
    fn products_are_the_references_bits_with_every_simd_level() {
        let numbers = |count: usize, seed: usize| {
            (0..count).map(|i| ((i * seed + i / 7) % 101) as f32 * 0.013 - 0.6).collect::<Vec<f32>>()
        };
        for rows in 1..20 {
            for (width, summands) in [(16, 1), (32, 5), (48, 3), (64, 9)] {
                // Rows of it lie apart, real and imaginary parts too.
                let (summand, imaginary) = (2 * width + 21, width + 5);
                let values = &numbers(summand * summands, 37);
                let right = Right { values, summands, summand, imaginary };
                let by_rows = Left {
                    values: &numbers(rows * 2 * summands, 53),
                    rows,
                    row: 2 * summands,
                    summand: 1,
                    imaginary: summands,
                };
                let by_columns = Left {
                    values: &numbers(summands * 2 * rows, 71),
                    rows,
                    row: 1,
                    summand: 2 * rows,
                    imaginary: rows,
                };
                let mut expected = vec![7.0; (2 * width + 3) * rows];
                let mut found = expected.clone();
                for level in level::all() {
                    multiply(level, by_rows, right, width, &mut found, 2 * width + 3, &mut Sides::default());
                    scalar(by_rows, right, width, &mut expected, 2 * width + 3);
                    assert_eq!(found, expected, "{rows}×{summands}×{width}, {}", level::name(level));
                    multiply(level, by_columns, right, width, &mut found, 2 * width + 3, &mut Sides::default());
                    scalar(by_columns, right, width, &mut expected, 2 * width + 3);
                    assert_eq!(found, expected, "{rows}×{summands}×{width}, {}", level::name(level));
                }
            }
        }
    }
}
