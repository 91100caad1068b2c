//! Numbers of one type as numbers of another, without a loss that goes unnoticed.
//!
//! A cast by `as` wraps or cuts off in silence, so the core crates deny those that can (clippy's `cast_possible_truncation`,
//! `cast_possible_wrap`, `cast_sign_loss`) and convert by `From` and `TryFrom`, or by what stands here: each says what
//! becomes of a number that the other type does not hold.

/// The nearest float32; beyond its range an infinity.
#[expect(clippy::cast_possible_truncation, reason = "rounding is what is asked for")]
#[inline(always)]
pub const fn nearest(value: f64) -> f32 {
    value as f32
}

/// A whole number of which float64 holds all neighbours, so within ±(2⁵³ − 1); nothing for any other number.
///
/// ```
/// assert_eq!(decolle_number::whole(-3.0), Some(-3));
/// assert_eq!(decolle_number::whole(0.5), None);
/// assert_eq!(decolle_number::whole(f64::NAN), None);
/// assert_eq!(decolle_number::whole(9_007_199_254_740_992.0), None);
/// ```
pub const fn whole(value: f64) -> Option<i64> {
    let whole = truncated(value);
    if whole as f64 == value && whole > -(1 << 53) && whole < 1 << 53 { Some(whole) } else { None }
}

/// The part before the point; beyond 64 bits the nearest end of their range, 0 for NaN.
///
/// ```
/// assert_eq!(decolle_number::truncated(7.9), 7);
/// assert_eq!(decolle_number::truncated(-7.9), -7);
/// assert_eq!(decolle_number::truncated(1e300), i64::MAX);
/// ```
#[expect(clippy::cast_possible_truncation, reason = "casts from floating-point numbers saturate")]
#[inline(always)]
pub const fn truncated(value: f64) -> i64 {
    value as i64
}

/// An index or a count that is known to fit 32 bits: whoever calls says why.
///
/// # Panics
/// Where it does not.
#[inline(always)]
#[track_caller]
pub fn index(value: usize) -> u32 {
    u32::try_from(value).expect("bounded where the network was built")
}

/// The lower 16 bits of a number that has no others: whoever calls says why. For loops over vectors, which a check at every
/// number would undo.
#[expect(clippy::cast_possible_truncation, reason = "the caller's promise, checked in debug builds")]
#[inline(always)]
pub const fn low_16(value: u64) -> u16 {
    debug_assert!(value <= u16::MAX as u64);
    value as u16
}

/// The part before the point of a number of at least 0; beyond 64 bits the end of their range, 0 for NaN.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "casts from floating-point numbers saturate"
)]
#[inline(always)]
pub const fn counted(value: f32) -> u64 {
    value as u64
}

/// As much of a count as `usize` holds.
#[inline(always)]
pub fn saturated(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

/// A product of counts, or the greatest number where that is beyond 64 bits.
///
/// ```
/// assert_eq!(decolle_number::product([3, 4]), 12);
/// assert_eq!(decolle_number::product([usize::MAX; 3]), u64::MAX);
/// ```
pub fn product<const N: usize>(counts: [usize; N]) -> u64 {
    counts.iter().fold(1u64, |product, &count| product.saturating_mul(count as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_float32_is_that_of_ieee_754() {
        assert_eq!(nearest(0.1), 0.1f32);
        assert_eq!(nearest(1e300), f32::INFINITY);
        assert!(nearest(f64::NAN).is_nan());
    }

    #[test]
    fn whole_numbers_are_those_with_neighbours() {
        for value in [0.0, -0.0, 1.0, 9_007_199_254_740_991.0, -9_007_199_254_740_991.0] {
            assert_eq!(whole(value).map(|whole| whole as f64), Some(value));
        }
        for value in [0.5, -0.5, 1e-300, 9_007_199_254_740_992.0, 1e300, f64::INFINITY, f64::NEG_INFINITY, f64::NAN] {
            assert_eq!(whole(value), None, "{value}");
        }
    }

    #[test]
    #[should_panic(expected = "bounded where the network was built")]
    fn an_index_that_does_not_fit_is_noticed() {
        index(1 << 32);
    }

    #[test]
    fn a_count_that_does_not_fit_is_the_greatest() {
        assert_eq!((saturated(7), saturated(u64::MAX)), (7, usize::MAX));
    }
}
