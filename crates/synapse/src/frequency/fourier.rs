//! Discrete Fourier transforms of sixteen channels abreast.
//!
//! A transform of length N = r₁·r₂·… goes through its factors one by one (Stockham 1966): the stage of radix r takes N/r
//! transforms of r values, turns their results by e^(−2πi·pk/n), and writes them where the next stage reads them in order.
//! Each lane of a vector is a transform of its own, so no value moves between lanes, and the order of operations is the same
//! with vectors of any width.

use fearless_simd::{Level, Simd, SimdBase, dispatch};

/// Channels abreast: lanes of the widest vector.
pub(crate) const LANES: usize = 16;

/// Sixteen complex numbers: real parts, then imaginary parts.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C, align(64))]
pub struct Complex(pub(crate) [[f32; LANES]; 2]);

impl Complex {
    /// Sixteen times zero.
    pub const ZERO: Self = Self([[0.0; LANES]; 2]);
}

/// Longest transform.
const LONGEST: usize = 256;

/// A transform of one length.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fourier {
    length: usize,
    stages: Vec<Stage>,
}

#[derive(Clone, Debug, PartialEq)]
struct Stage {
    radix: usize,
    /// Cosine and sine of −2π·pk/n for k from 1, of each p from 0: `[p][k − 1]`.
    turns: Vec<[f32; 2]>,
}

impl Fourier {
    /// The shortest transform of at least so many values whose length has no factor above 5; none above 256.
    pub(crate) fn of_at_least(least: usize) -> Option<Self> {
        (least..=LONGEST).find_map(Self::of)
    }

    /// The transform of so many values, at least one, where its length has no factor above 5.
    fn of(length: usize) -> Option<Self> {
        let mut stages = Vec::new();
        let mut left = length;
        for radix in [5, 4, 3, 2] {
            while left.is_multiple_of(radix) {
                let (whole, rest) = (left, left / radix);
                let mut turns = Vec::new();
                for p in 0..rest {
                    for k in 1..radix {
                        turns.push(turn(p * k, whole));
                    }
                }
                stages.push(Stage { radix, turns });
                left = rest;
            }
        }
        (left == 1).then_some(Self { length, stages })
    }

    /// Values of a transform.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// The place of `at − minus`, counted round; both are below the length.
    #[inline(always)]
    pub(crate) fn place(&self, at: usize, minus: usize) -> usize {
        if at < minus { at + self.length - minus } else { at - minus }
    }

    /// Vector operations of a transform, counted roughly: multiplications and additions.
    pub(crate) fn operations(&self) -> usize {
        let of_stage = |stage: &Stage| {
            let butterfly = match stage.radix {
                2 => 4,
                3 => 16,
                4 => 16,
                _ => 48,
            };
            self.length / stage.radix * (butterfly + (stage.radix - 1) * 6)
        };
        self.stages.iter().map(of_stage).sum()
    }

    /// Transforms the numbers of one of two arrays, forward, and gives the one of the two that holds the result.
    ///
    /// With real and imaginary parts exchanged before and after, it is the transform back, but for the factor 1/N.
    pub(crate) fn transform<'a>(
        &self,
        level: Level,
        values: &'a mut [Complex],
        spare: &'a mut [Complex],
    ) -> &'a mut [Complex] {
        assert!(values.len() == self.length && spare.len() == self.length);
        // Apart from its callers, of which each would hold it for every SIMD level.
        dispatch!(level, simd => stages(simd, &self.stages, values, spare));
        if self.stages.len().is_multiple_of(2) { values } else { spare }
    }
}

/// The half spectra of two real rows that were transformed as real and imaginary parts of one, each twice as large: of the
/// first at `half[k · stride]`, of the second, where there is one, behind it.
pub(crate) fn split(level: Level, spectrum: &[Complex], half: &mut [Complex], stride: usize, pair: bool) {
    dispatch!(level, _simd => split_lanes(spectrum, half, stride, pair));
}

#[inline(always)]
fn split_lanes(spectrum: &[Complex], half: &mut [Complex], stride: usize, pair: bool) {
    let length = spectrum.len();
    for k in 0..=length / 2 {
        let (Complex([re, im]), Complex([mirror_re, mirror_im])) = (&spectrum[k], &spectrum[(length - k) % length]);
        let to = &mut half[k * stride..];
        for lane in 0..LANES {
            to[0].0[0][lane] = re[lane] + mirror_re[lane];
        }
        for lane in 0..LANES {
            to[0].0[1][lane] = im[lane] - mirror_im[lane];
        }
        if pair {
            for lane in 0..LANES {
                to[1].0[0][lane] = im[lane] + mirror_im[lane];
            }
            for lane in 0..LANES {
                to[1].0[1][lane] = mirror_re[lane] - re[lane];
            }
        }
    }
}

/// The other way round, real and imaginary parts exchanged: the transform of `spectrum` has the first row in its imaginary parts
/// and the second, where there is one, in its real parts.
pub(crate) fn join(level: Level, half: &[Complex], stride: usize, pair: bool, spectrum: &mut [Complex]) {
    dispatch!(level, _simd => join_lanes(half, stride, pair, spectrum));
}

#[inline(always)]
fn join_lanes(half: &[Complex], stride: usize, pair: bool, spectrum: &mut [Complex]) {
    let length = spectrum.len();
    for k in 0..=length / 2 {
        let from = &half[k * stride..];
        let [re, im] = from[0].0;
        let [second_re, second_im] = if pair { from[1].0 } else { Complex::ZERO.0 };
        let Complex(to) = &mut spectrum[k];
        for lane in 0..LANES {
            to[1][lane] = re[lane] - second_im[lane];
        }
        for lane in 0..LANES {
            to[0][lane] = im[lane] + second_re[lane];
        }
        let mirror = length - k;
        if k > 0 && mirror > length / 2 {
            let Complex(to) = &mut spectrum[mirror];
            for lane in 0..LANES {
                to[1][lane] = re[lane] + second_im[lane];
            }
            for lane in 0..LANES {
                to[0][lane] = second_re[lane] - im[lane];
            }
        }
    }
}

#[inline(always)]
fn stages<'a, S: Simd>(simd: S, stages: &[Stage], mut from: &'a mut [Complex], mut to: &'a mut [Complex]) {
    let mut stride = 1;
    for Stage { radix, turns } in stages {
        match radix {
            5 => butterflies::<S, 5>(simd, turns, stride, from, to),
            4 => butterflies::<S, 4>(simd, turns, stride, from, to),
            3 => butterflies::<S, 3>(simd, turns, stride, from, to),
            _ => butterflies::<S, 2>(simd, turns, stride, from, to),
        }
        std::mem::swap(&mut from, &mut to);
        stride *= radix;
    }
}

/// A stage: `stride` transforms lie side by side.
#[inline(always)]
fn butterflies<S: Simd, const R: usize>(
    simd: S,
    turns: &[[f32; 2]],
    stride: usize,
    from: &[Complex],
    to: &mut [Complex],
) {
    let apart = from.len() / R;
    for (p, turns) in turns.chunks_exact(R - 1).enumerate() {
        let first = stride * p;
        for q in 0..stride {
            let (inputs, outputs) = (&from[first + q..], &mut to[stride * R * p + q..]);
            for lane in (0..LANES).step_by(S::f32s::LEN) {
                let lanes = lane..lane + S::f32s::LEN;
                let values: [[S::f32s; 2]; R] = std::array::from_fn(|k| {
                    let Complex(number) = &inputs[k * apart];
                    std::array::from_fn(|part| S::f32s::from_slice(simd, &number[part][lanes.clone()]))
                });
                let mut values = butterfly(values);
                if p > 0 {
                    for (value, [cosine, sine]) in values[1..].iter_mut().zip(turns) {
                        let [re, im] = *value;
                        *value = [re * *cosine - im * *sine, re * *sine + im * *cosine];
                    }
                }
                for (k, value) in values.iter().enumerate() {
                    let Complex(number) = &mut outputs[k * stride];
                    for (part, lanes_of) in value.iter().zip(number) {
                        part.store_slice(&mut lanes_of[lanes.clone()]);
                    }
                }
            }
        }
    }
}

/// A transform of two to five values.
#[inline(always)]
fn butterfly<V, const R: usize>(values: [[V; 2]; R]) -> [[V; 2]; R]
where
    V: Copy + std::ops::Add<Output = V> + std::ops::Sub<Output = V> + std::ops::Mul<f32, Output = V>,
{
    let plus = |a: [V; 2], b: [V; 2]| [a[0] + b[0], a[1] + b[1]];
    let minus = |a: [V; 2], b: [V; 2]| [a[0] - b[0], a[1] - b[1]];
    let times = |a: [V; 2], factor: f32| [a[0] * factor, a[1] * factor];
    // a − i·b and a + i·b.
    let minus_i = |a: [V; 2], b: [V; 2]| [a[0] + b[1], a[1] - b[0]];
    let plus_i = |a: [V; 2], b: [V; 2]| [a[0] - b[1], a[1] + b[0]];
    let mut results = values;
    match R {
        2 => {
            results[0] = plus(values[0], values[1]);
            results[1] = minus(values[0], values[1]);
        }
        3 => {
            const SINE: f32 = 0.866_025_4;
            let sum = plus(values[1], values[2]);
            let difference = times(minus(values[1], values[2]), SINE);
            let middle = minus(values[0], times(sum, 0.5));
            results[0] = plus(values[0], sum);
            results[1] = minus_i(middle, difference);
            results[2] = plus_i(middle, difference);
        }
        4 => {
            let (a, b) = (plus(values[0], values[2]), minus(values[0], values[2]));
            let (c, d) = (plus(values[1], values[3]), minus(values[1], values[3]));
            results[0] = plus(a, c);
            results[1] = minus_i(b, d);
            results[2] = minus(a, c);
            results[3] = plus_i(b, d);
        }
        _ => {
            // Cosines and sines of a fifth of a turn and of two fifths.
            const COSINES: [f32; 2] = [0.309_017, -0.809_017];
            const SINES: [f32; 2] = [0.951_056_54, 0.587_785_24];
            let sums = [plus(values[1], values[4]), plus(values[2], values[3])];
            let differences = [minus(values[1], values[4]), minus(values[2], values[3])];
            results[0] = plus(plus(values[0], sums[0]), sums[1]);
            let even = |first: f32, second: f32| plus(plus(values[0], times(sums[0], first)), times(sums[1], second));
            let odd = [
                plus(times(differences[0], SINES[0]), times(differences[1], SINES[1])),
                minus(times(differences[0], SINES[1]), times(differences[1], SINES[0])),
            ];
            let even = [even(COSINES[0], COSINES[1]), even(COSINES[1], COSINES[0])];
            results[1] = minus_i(even[0], odd[0]);
            results[4] = plus_i(even[0], odd[0]);
            results[2] = minus_i(even[1], odd[1]);
            results[3] = plus_i(even[1], odd[1]);
        }
    }
    results
}

/// Cosine and sine of −2π·part/whole, from additions, multiplications and divisions alone, so that every target computes the
/// same bits.
fn turn(part: usize, whole: usize) -> [f32; 2] {
    // In eighths of a turn: whole ones by symmetry, what is left by the series of sine and cosine.
    let part = part % whole;
    let (eighth, rest) = (8 * part / whole, 8 * part % whole);
    let angle = |rest: usize| rest as f64 / whole as f64 * std::f64::consts::FRAC_PI_4;
    let [cosine, sine] = if eighth % 2 == 0 {
        series(angle(rest))
    } else {
        let [cosine, sine] = series(angle(whole - rest));
        [sine, cosine]
    };
    let [cosine, sine] = match eighth / 2 {
        0 => [cosine, sine],
        1 => [-sine, cosine],
        2 => [-cosine, -sine],
        _ => [sine, -cosine],
    };
    [nearest(cosine), nearest(-sine)]
}

/// Cosine and sine of an angle from 0 to π/4.
fn series(angle: f64) -> [f64; 2] {
    let square = angle * angle;
    let (mut cosine, mut sine, mut term) = (0.0, 0.0, 1.0);
    for n in 0..12u32 {
        cosine += term;
        sine += term * angle / f64::from(2 * n + 1);
        term *= -square / f64::from((2 * n + 1) * (2 * n + 2));
    }
    [cosine, sine]
}

#[expect(clippy::cast_possible_truncation, reason = "rounding is meant")]
fn nearest(value: f64) -> f32 {
    value as f32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level;

    #[test]
    fn angles_are_those_of_the_standard_library() {
        for whole in 1..80 {
            for part in 0..2 * whole {
                let angle = -std::f64::consts::TAU * (part % whole) as f64 / whole as f64;
                let [cosine, sine] = turn(part, whole);
                assert!((f64::from(cosine) - angle.cos()).abs() < 4e-8, "{part}/{whole}");
                assert!((f64::from(sine) - angle.sin()).abs() < 4e-8, "{part}/{whole}");
            }
        }
    }

    #[test]
    fn transforms_are_sums_by_definition_with_every_simd_level() {
        for length in (1..=60).filter(|&length| Fourier::of(length).is_some()) {
            let fourier = Fourier::of(length).unwrap();
            let value = |place: usize, lane: usize, part: usize| ((place * 7 + lane * 5 + part * 3) % 11) as f32 - 5.0;
            let given: Vec<Complex> = (0..length)
                .map(|place| Complex(std::array::from_fn(|part| std::array::from_fn(|lane| value(place, lane, part)))))
                .collect();
            let results: Vec<Vec<Complex>> = level::all()
                .into_iter()
                .map(|level| fourier.transform(level, &mut given.clone(), &mut vec![Complex::ZERO; length]).to_vec())
                .collect();
            for result in &results {
                assert_eq!(result, &results[0]);
            }
            for (k, result) in results[0].iter().enumerate() {
                for lane in 0..LANES {
                    let mut sum = [0.0f64; 2];
                    for (place, number) in given.iter().enumerate() {
                        let angle = -std::f64::consts::TAU * (place * k % length) as f64 / length as f64;
                        let [re, im] = number.0.map(|part| f64::from(part[lane]));
                        sum[0] += re * angle.cos() - im * angle.sin();
                        sum[1] += re * angle.sin() + im * angle.cos();
                    }
                    for (part, sum) in sum.iter().enumerate() {
                        let found = f64::from(result.0[part][lane]);
                        assert!((found - sum).abs() < 2e-6 * length as f64 * 5.0, "{length} {k}: {found} for {sum}");
                    }
                }
            }
        }
    }

    #[test]
    fn lengths_have_no_factor_above_five() {
        let of = |least| Fourier::of_at_least(least).map(|fourier| fourier.length());
        assert_eq!([1, 7, 11, 19, 35, 37, 67, 131].map(|least| of(least).unwrap()), [1, 8, 12, 20, 36, 40, 72, 135]);
        assert_eq!(of(257), None);
    }
}
