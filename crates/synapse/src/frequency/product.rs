//! Products of small complex matrices, one for each frequency.
//!
//! Sums of a few rows by a few vectors of columns stay in registers while the summands stream by. Each sum runs in the order
//! of its summands and multiplies and adds apart, so that the bits are the same with vectors of any width.

use fearless_simd::{Level, Simd, SimdBase, dispatch};

/// A matrix of complex numbers of which single ones are read: of row m and summand k the real part lies at
/// `m · row + k · summand`, the imaginary part `imaginary` further.
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

/// `out` ← left · right.
///
/// `out` holds a row of `width` real and as many imaginary parts for each row of the left side, rows `apart` from each other;
/// `width` is a multiple of 16.
pub(crate) fn multiply(level: Level, left: Left<'_>, right: Right<'_>, width: usize, out: &mut [f32], apart: usize) {
    dispatch!(level, simd => rows(simd, left, right, width, out, apart));
}

#[inline(always)]
fn rows<S: Simd>(simd: S, left: Left<'_>, right: Right<'_>, width: usize, out: &mut [f32], apart: usize) {
    let rows = left.rows;
    assert!(right.summands > 0 && rows > 0);
    let last = (rows - 1) * left.row + (right.summands - 1) * left.summand + left.imaginary;
    let end = (right.summands - 1) * right.summand + right.imaginary + width;
    assert!(last < left.values.len() && end <= right.values.len());
    assert!(width.is_multiple_of(S::f32s::LEN) && out.len() >= (rows - 1) * apart + 2 * width);
    // 32 registers of 16 lanes hold six rows of two vectors, 16 registers of fewer lanes four rows of one.
    let wide = S::f32s::LEN == 16;
    let mut column = 0;
    while column < width {
        let pair = wide && width - column >= 2 * S::f32s::LEN;
        let mut first = 0;
        while first < rows {
            let tile = |out: &mut [f32]| -> usize {
                // SAFETY: the assertions above bound every index.
                unsafe {
                    match (rows - first, pair) {
                        (6.., true) => tile::<S, 6, 2>(simd, left, right, column, first, out, [width, apart]),
                        (4.., true) => tile::<S, 4, 2>(simd, left, right, column, first, out, [width, apart]),
                        (_, true) => tile::<S, 1, 2>(simd, left, right, column, first, out, [width, apart]),
                        (4.., false) => tile::<S, 4, 1>(simd, left, right, column, first, out, [width, apart]),
                        _ => tile::<S, 1, 1>(simd, left, right, column, first, out, [width, apart]),
                    }
                }
            };
            first += tile(out);
        }
        column += if pair { 2 } else { 1 } * S::f32s::LEN;
    }
}

/// `M` rows from `first` on by `N` vectors of columns from `column` on; gives the rows.
///
/// # Safety
/// Rows, columns and summands are within what the three operands hold.
#[inline(always)]
unsafe fn tile<S: Simd, const M: usize, const N: usize>(
    simd: S,
    left: Left<'_>,
    right: Right<'_>,
    column: usize,
    first: usize,
    out: &mut [f32],
    [width, apart]: [usize; 2],
) -> usize {
    let zero = S::f32s::splat(simd, 0.0);
    let mut sums = [[[zero; N]; 2]; M];
    for k in 0..right.summands {
        // SAFETY: k is below the number of summands and the columns are within the width; the caller's promise.
        let vectors: [[S::f32s; N]; 2] = std::array::from_fn(|part| {
            std::array::from_fn(|n| {
                let at = k * right.summand + part * right.imaginary + column + n * S::f32s::LEN;
                // SAFETY: as above.
                S::f32s::from_slice(simd, unsafe { right.values.get_unchecked(at..at + S::f32s::LEN) })
            })
        });
        for (m, sums) in sums.iter_mut().enumerate() {
            let at = (first + m) * left.row + k * left.summand;
            // SAFETY: likewise for the row.
            let [re, im] =
                unsafe { [at, at + left.imaginary].map(|at| S::f32s::splat(simd, *left.values.get_unchecked(at))) };
            for n in 0..N {
                sums[0][n] += re * vectors[0][n];
                sums[1][n] += re * vectors[1][n];
                sums[0][n] -= im * vectors[1][n];
                sums[1][n] += im * vectors[0][n];
            }
        }
    }
    for (m, sums) in sums.iter().enumerate() {
        for (part, sums) in sums.iter().enumerate() {
            for (n, sum) in sums.iter().enumerate() {
                let at = (first + m) * apart + part * width + column + n * S::f32s::LEN;
                sum.store_slice(&mut out[at..at + S::f32s::LEN]);
            }
        }
    }
    M
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level;

    /// One number after the other, each sum in the order of its summands, as all levels do.
    fn scalar(left: Left<'_>, right: Right<'_>, width: usize, out: &mut [f32], apart: usize) {
        for m in 0..left.rows {
            for column in 0..width {
                let mut sum = [0.0f32; 2];
                for k in 0..right.summands {
                    let row = &right.values[k * right.summand..];
                    let at = m * left.row + k * left.summand;
                    let [re, im] = [left.values[at], left.values[at + left.imaginary]];
                    sum[0] += re * row[column];
                    sum[1] += re * row[right.imaginary + column];
                    sum[0] -= im * row[right.imaginary + column];
                    sum[1] += im * row[column];
                }
                for (part, sum) in sum.iter().enumerate() {
                    out[m * apart + part * width + column] = *sum;
                }
            }
        }
    }

    #[test]
    fn products_are_the_references_bits_with_every_simd_level() {
        let numbers = |count: usize, seed: usize| {
            (0..count).map(|i| ((i * seed + i / 7) % 101) as f32 * 0.013 - 0.6).collect::<Vec<f32>>()
        };
        for rows in 1..14 {
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
                    multiply(level, by_rows, right, width, &mut found, 2 * width + 3);
                    scalar(by_rows, right, width, &mut expected, 2 * width + 3);
                    assert_eq!(found, expected, "{rows}×{summands}×{width}, {}", level::name(level));
                    multiply(level, by_columns, right, width, &mut found, 2 * width + 3);
                    scalar(by_columns, right, width, &mut expected, 2 * width + 3);
                    assert_eq!(found, expected, "{rows}×{summands}×{width}, {}", level::name(level));
                }
            }
        }
    }
}
