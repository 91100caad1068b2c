//! Inner products of traces, in a fixed order of summation.

use fearless_simd::{Level, Simd, SimdBase, dispatch};

/// Partial sums that every level keeps: lanes of the widest vector.
const LANES: usize = 16;

/// Σ a·b of two lists whose length is a multiple of 16: sixteen partial sums, element by element in turn, then halved.
pub fn inner_product(level: Level, a: &[f32], b: &[f32]) -> f32 {
    assert!(a.len() == b.len() && a.len().is_multiple_of(LANES));
    let mut sums = [0.0; LANES];
    dispatch!(level, simd => match_lanes(simd, a, b, &mut sums));
    halve(&mut sums)
}

/// What [`inner_product`] computes, one number after the other.
#[cfg(test)]
fn scalar(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    for (a, b) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
        for (lane, sum) in sums.iter_mut().enumerate() {
            *sum += a[lane] * b[lane];
        }
    }
    halve(&mut sums)
}

/// Adds the upper half to the lower until one sum is left.
#[inline(always)]
fn halve(sums: &mut [f32; LANES]) -> f32 {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            sums[lane] += sums[lane + half];
        }
        half /= 2;
    }
    sums[0]
}

#[inline(always)]
fn match_lanes<S: Simd>(simd: S, a: &[f32], b: &[f32], sums: &mut [f32; LANES]) {
    match S::f32s::LEN {
        16 => products::<S, 1>(simd, a, b, sums),
        8 => products::<S, 2>(simd, a, b, sums),
        _ => products::<S, 4>(simd, a, b, sums),
    }
}

#[inline(always)]
fn products<S: Simd, const N: usize>(simd: S, a: &[f32], b: &[f32], sums: &mut [f32; LANES]) {
    let mut vectors = [S::f32s::splat(simd, 0.0); N];
    for (a, b) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
        for (n, sum) in vectors.iter_mut().enumerate() {
            let range = n * S::f32s::LEN..(n + 1) * S::f32s::LEN;
            *sum += S::f32s::from_slice(simd, &a[range.clone()]) * S::f32s::from_slice(simd, &b[range]);
        }
    }
    for (vector, sums) in vectors.iter().zip(sums.chunks_exact_mut(S::f32s::LEN)) {
        vector.store_slice(sums);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level;

    #[test]
    fn every_simd_level_gives_the_bits_of_the_scalar_sum() {
        let numbers =
            |seed: usize| (0..16 * 37).map(move |i| ((i * seed) % 101) as f32 * 0.01 - 0.37).collect::<Vec<_>>();
        let (a, b) = (numbers(17), numbers(29));
        for simd in level::all() {
            assert_eq!(inner_product(simd, &a, &b).to_bits(), scalar(&a, &b).to_bits(), "{}", level::name(simd));
        }
    }
}
