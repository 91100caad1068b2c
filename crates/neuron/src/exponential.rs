//! The exponential function from additions and multiplications only, so that every target computes the same bits.

/// eˣ within 2 units in the last place for −87 ≤ x ≤ 88; arguments beyond are clamped there.
///
/// x = k·ln 2 + r with |r| ≤ ½ ln 2, eʳ by its Taylor polynomial of degree 7 (remainder below 6e−9 relative),
/// 2ᵏ by placing k in the exponent. ln 2 is split in two so that k·ln 2 is exact enough (Cody & Waite 1980).
#[expect(clippy::cast_possible_truncation, reason = "a whole number of 8 bits")]
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    // Adding and taking away 1.5·2²³ rounds to the nearest whole number.
    const ROUNDER: f32 = 12_582_912.0;
    let x = if x < -87.0 { -87.0 } else { x };
    let x = if x > 88.0 { 88.0 } else { x };
    let k = (x * std::f32::consts::LOG2_E + ROUNDER) - ROUNDER;
    let r = (x - k * LN2_HIGH) - k * LN2_LOW;
    let mut p = 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    // k lies in −126..=127, so the biased exponent is that of a normal number.
    p * f32::from_bits((k as i32 + 127).cast_unsigned() << 23)
}

/// The logistic function 1 / (1 + e⁻ˣ).
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// Natural logarithm of a normal number above zero, within 1e−6 relative of 1 + |ln x|.
///
/// x = 2ᵏ·m with m in [√½, √2), ln m = 2 artanh s with s = (m − 1)/(m + 1), |s| ≤ 0.172, by its series to s⁹.
pub fn ln(x: f32) -> f32 {
    let bits = x.to_bits();
    let mut k = (bits >> 23).cast_signed() - 127;
    let mut m = f32::from_bits((bits & 0x007f_ffff) | 0x3f80_0000);
    if m > std::f32::consts::SQRT_2 {
        m *= 0.5;
        k += 1;
    }
    let s = (m - 1.0) / (m + 1.0);
    let z = s * s;
    let series = 1.0 + z * (1.0 / 3.0 + z * (1.0 / 5.0 + z * (1.0 / 7.0 + z * (1.0 / 9.0))));
    k as f32 * std::f32::consts::LN_2 + 2.0 * s * series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_within_two_units_in_the_last_place() {
        let mut worst = 0.0f64;
        for step in -86_990..=87_990 {
            let x = step as f32 * 1e-3;
            let exact = f64::from(x).exp();
            let ulp = f64::from(f32::from_bits((exact as f32).to_bits() + 1)) - f64::from(exact as f32);
            worst = worst.max((f64::from(exp(x)) - exact).abs() / ulp);
        }
        assert!(worst <= 2.0, "{worst} units in the last place");
    }

    #[test]
    fn the_logarithm_undoes_the_exponential() {
        for step in -800..=800 {
            let x = step as f32 * 0.1;
            assert!((ln(exp(x)) - x).abs() <= 1e-6 * (1.0 + x.abs()), "{x}: {}", ln(exp(x)));
        }
    }

    #[test]
    fn the_logistic_function_saturates_without_overflow() {
        assert_eq!(sigmoid(1e9), 1.0);
        assert!(sigmoid(-1e9) >= 0.0 && sigmoid(-1e9) < 1e-30);
        assert_eq!(sigmoid(0.0), 0.5);
    }
}
