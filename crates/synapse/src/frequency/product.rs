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

/// `out` ← left · right.
///
/// `right` holds a row of `width` real and as many imaginary parts for each summand, `out` one for each row of the left side;
/// `width` is a multiple of 16.
pub(crate) fn multiply(level: Level, left: Left<'_>, right: &[f32], width: usize, out: &mut [f32]) {
    dispatch!(level, simd => rows(simd, left, right, width, out));
}

#[inline(always)]
fn rows<S: Simd>(simd: S, left: Left<'_>, right: &[f32], width: usize, out: &mut [f32]) {
    let Left { values, rows, row, summand, imaginary } = left;
    let summands = right.len() / (2 * width);
    let last = rows.saturating_sub(1) * row + summands.saturating_sub(1) * summand + imaginary;
    assert!(summands > 0 && rows > 0 && last < values.len());
    assert!(width.is_multiple_of(S::f32s::LEN) && right.len() == 2 * width * summands && out.len() == 2 * width * rows);
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
                        (6.., true) => tile::<S, 6, 2>(simd, left, right, width, summands, column, first, out),
                        (4.., true) => tile::<S, 4, 2>(simd, left, right, width, summands, column, first, out),
                        (_, true) => tile::<S, 1, 2>(simd, left, right, width, summands, column, first, out),
                        (4.., false) => tile::<S, 4, 1>(simd, left, right, width, summands, column, first, out),
                        _ => tile::<S, 1, 1>(simd, left, right, width, summands, column, first, out),
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
#[expect(clippy::too_many_arguments, reason = "operands of one kernel")]
#[inline(always)]
unsafe fn tile<S: Simd, const M: usize, const N: usize>(
    simd: S,
    left: Left<'_>,
    right: &[f32],
    width: usize,
    summands: usize,
    column: usize,
    first: usize,
    out: &mut [f32],
) -> usize {
    let zero = S::f32s::splat(simd, 0.0);
    let mut sums = [[[zero; N]; 2]; M];
    for k in 0..summands {
        // SAFETY: k is below the number of summands and the columns are within the width; the caller's promise.
        let vectors: [[S::f32s; N]; 2] = std::array::from_fn(|part| {
            std::array::from_fn(|n| {
                let at = (2 * k + part) * width + column + n * S::f32s::LEN;
                // SAFETY: as above.
                S::f32s::from_slice(simd, unsafe { right.get_unchecked(at..at + S::f32s::LEN) })
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
                let at = (2 * (first + m) + part) * width + column + n * S::f32s::LEN;
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
    fn scalar(left: Left<'_>, right: &[f32], width: usize, out: &mut [f32]) {
        for m in 0..left.rows {
            for column in 0..width {
                let mut sum = [0.0f32; 2];
                for (k, row) in right.chunks_exact(2 * width).enumerate() {
                    let at = m * left.row + k * left.summand;
                    let [re, im] = [left.values[at], left.values[at + left.imaginary]];
                    sum[0] += re * row[column];
                    sum[1] += re * row[width + column];
                    sum[0] -= im * row[width + column];
                    sum[1] += im * row[column];
                }
                for (part, sum) in sum.iter().enumerate() {
                    out[(2 * m + part) * width + column] = *sum;
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
                let right = numbers(2 * width * summands, 37);
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
                let mut expected = vec![f32::NAN; 2 * width * rows];
                let mut found = expected.clone();
                for level in level::all() {
                    multiply(level, by_rows, &right, width, &mut found);
                    scalar(by_rows, &right, width, &mut expected);
                    assert_eq!(found, expected, "{rows}×{summands}×{width}, {}", level::name(level));
                    multiply(level, by_columns, &right, width, &mut found);
                    scalar(by_columns, &right, width, &mut expected);
                    assert_eq!(found, expected, "{rows}×{summands}×{width}, {}", level::name(level));
                }
            }
        }
    }
}
