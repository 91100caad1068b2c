//! Discrete Fourier transforms of sixteen channels abreast.
//!
//! A transform of length N = r₁·r₂·… goes through its factors one by one (Stockham 1966): the stage of radix r takes N/r
//! transforms of r values, turns their results by e^(−2πi·pk/n), and writes them where the next stage reads them in order.
//! Each lane of a vector is a transform of its own, so no value moves between lanes, and the order of operations is the same
//! with vectors of any width.
//!
//! The first stage reads its numbers where they are and the last one writes them where they are wanted ([`Layout`]): a transform
//! is so short that copies before and after it would take as long.

use fearless_simd::{Level, Simd, SimdBase, dispatch};

use crate::Aligned;

/// Channels abreast: lanes of the widest vector.
pub(crate) const LANES: usize = 16;

/// Sixteen complex numbers: sixteen real parts, then as many imaginary parts.
pub(crate) const NUMBER: usize = 2 * LANES;

/// Longest transform.
const LONGEST: usize = 256;

/// A transform of one length.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fourier {
    length: usize,
    stages: Vec<Stage>,
    /// A row for each number.
    every: Order,
}

#[derive(Clone, Debug, PartialEq)]
struct Stage {
    radix: usize,
    /// Cosine and sine of −2π·pk/n for k from 1, of each p from 0: `[p][k − 1]`.
    turns: Vec<[f32; 2]>,
}

/// Which row each number of a transform is; a number that is none is zero, or not wanted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Order {
    rows: Vec<Option<usize>>,
    last: usize,
}

impl Order {
    /// Of a transform of so many numbers, of which each of `count` rows is one; the others are none.
    pub(crate) fn new(length: usize, count: usize, number: impl Fn(usize) -> usize) -> Self {
        let mut rows = vec![None; length];
        (0..count).for_each(|row| rows[number(row) % length] = Some(row));
        Self { rows, last: count.saturating_sub(1) }
    }

    /// The rows.
    pub(crate) fn rows(&self) -> &[Option<usize>] {
        &self.rows
    }
}

/// Where the numbers of a transform lie: those of a row `row · apart` behind the starts of their real and imaginary parts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout<'a> {
    pub(crate) order: &'a Order,
    pub(crate) apart: usize,
    /// Starts of the real and of the imaginary parts; parts that have none are zero.
    pub(crate) parts: [Option<usize>; 2],
}

impl<'a> Layout<'a> {
    /// With real and imaginary parts exchanged.
    pub(crate) fn exchanged(self) -> Self {
        let [re, im] = self.parts;
        Self { parts: [im, re], ..self }
    }

    /// The places of a transform's numbers in an array of so many values that starts at `values`; sixteen values at `nowhere` stand
    /// for what has no place.
    ///
    /// # Panics
    /// If one of them is not within the array.
    fn places(self, values: *mut f32, count: usize, nowhere: *mut f32) -> Places<'a> {
        let last = self.order.last * self.apart;
        assert!(self.parts.iter().flatten().all(|start| start + last + LANES <= count));
        let start = |part: Option<usize>| match part {
            // SAFETY: within the array, as asserted.
            Some(start) => (unsafe { values.add(start) }, self.apart),
            None => (nowhere, 0),
        };
        Places { parts: self.parts.map(start), rows: &self.order.rows, nowhere }
    }
}

/// The places of a transform's numbers: sixteen values each.
#[derive(Clone, Copy)]
struct Places<'a> {
    /// Where real and imaginary parts start, and how far rows of them are apart.
    parts: [(*mut f32, usize); 2],
    rows: &'a [Option<usize>],
    nowhere: *mut f32,
}

impl Places<'_> {
    /// Those of a number.
    ///
    /// # Safety
    /// There are more numbers, and the array still exists.
    #[inline(always)]
    unsafe fn of(&self, number: usize) -> [*mut f32; 2] {
        // SAFETY: the caller's promise.
        match *unsafe { self.rows.get_unchecked(number) } {
            // SAFETY: every row lies within the array, as `Layout::places` made sure.
            Some(row) => self.parts.map(|(start, apart)| unsafe { start.add(row * apart) }),
            // One or the other place is read: a choice, and no branch.
            None => [self.nowhere; 2],
        }
    }
}

/// Where the stages of a transform leave their numbers to the next one.
#[derive(Default)]
pub(crate) struct Work([Aligned; 2]);

impl Fourier {
    /// The shortest transform of at least so many values, and at least two, whose length has no factor above 5; none above 256.
    pub(crate) fn of_at_least(least: usize) -> Option<Self> {
        (least.max(2)..=LONGEST).find_map(Self::of)
    }

    /// The transform of so many values, at least two, where its length has no factor above 5.
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
        (left == 1 && length > 1).then(|| Self { length, stages, every: Order::new(length, length, |row| row) })
    }

    /// Values of a transform.
    pub(crate) fn length(&self) -> usize {
        self.length
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

    /// Numbers one after the other, real and imaginary parts of sixteen channels each.
    pub(crate) fn in_order(&self) -> Layout<'_> {
        Layout { order: &self.every, apart: NUMBER, parts: [Some(0), Some(LANES)] }
    }

    /// Transforms numbers of one array into another, forward.
    ///
    /// With real and imaginary parts exchanged in both, it is the transform back, but for the factor 1/N.
    pub(crate) fn transform(
        &self,
        level: Level,
        from: (&[f32], Layout<'_>),
        to: (&mut [f32], Layout<'_>),
        work: &mut Work,
    ) {
        assert!([from.1, to.1].iter().all(|layout| layout.order.rows.len() == self.length));
        work.0.iter_mut().for_each(|array| array.resize(self.length * NUMBER));
        // Apart from its callers, of which each would hold it for every SIMD level.
        dispatch!(level, simd => stages(simd, self, from, to, work));
    }
}

#[inline(always)]
fn stages<S: Simd>(
    simd: S,
    fourier: &Fourier,
    (from, from_layout): (&[f32], Layout<'_>),
    (to, to_layout): (&mut [f32], Layout<'_>),
    work: &mut Work,
) {
    let (mut zero, mut unwanted) = ([0.0f32; LANES], [0.0f32; LANES]);
    let [zero, unwanted] = [zero.as_mut_ptr(), unwanted.as_mut_ptr()];
    let first = from_layout.places(from.as_ptr().cast_mut(), from.len(), zero);
    let last = to_layout.places(to.as_mut_ptr(), to.len(), unwanted);
    let [mut before, mut after] =
        work.0.each_mut().map(|array| fourier.in_order().places(array.as_mut_ptr(), array.len(), zero));
    let mut stride = 1;
    for (number, Stage { radix, turns }) in fourier.stages.iter().enumerate() {
        let from = if number == 0 { first } else { before };
        let to = if number + 1 == fourier.stages.len() { last } else { after };
        // SAFETY: both have a place for each number of the transform, nothing is written to `from`, and the arrays are borrowed here.
        unsafe {
            match radix {
                5 => butterflies::<S, 5>(simd, turns, stride, from, to),
                4 => butterflies::<S, 4>(simd, turns, stride, from, to),
                3 => butterflies::<S, 3>(simd, turns, stride, from, to),
                _ => butterflies::<S, 2>(simd, turns, stride, from, to),
            }
        }
        std::mem::swap(&mut before, &mut after);
        stride *= radix;
    }
}

/// A stage: `stride` transforms lie side by side.
///
/// # Safety
/// There are places for R · `stride` · (number of turns)/(R − 1) numbers each, to be read and to be written, in arrays that exist.
#[inline(always)]
unsafe fn butterflies<S: Simd, const R: usize>(
    simd: S,
    turns: &[[f32; 2]],
    stride: usize,
    from: Places<'_>,
    to: Places<'_>,
) {
    let groups = turns.len() / (R - 1);
    let apart = stride * groups;
    for (p, turns) in turns.chunks_exact(R - 1).enumerate() {
        for q in 0..stride {
            // SAFETY: the numbers are below R · `apart`.
            let inputs: [[*mut f32; 2]; R] = std::array::from_fn(|k| unsafe { from.of(stride * p + q + k * apart) });
            for lane in (0..LANES).step_by(S::f32s::LEN) {
                let values: [[S::f32s; 2]; R] = std::array::from_fn(|k| {
                    std::array::from_fn(|part| {
                        // SAFETY: sixteen values lie at each place.
                        let lanes = unsafe { std::slice::from_raw_parts(inputs[k][part].add(lane), S::f32s::LEN) };
                        S::f32s::from_slice(simd, lanes)
                    })
                });
                let mut values = butterfly(values);
                if p > 0 {
                    for (value, [cosine, sine]) in values[1..].iter_mut().zip(turns) {
                        let [re, im] = *value;
                        *value = [re * *cosine - im * *sine, re * *sine + im * *cosine];
                    }
                }
                for (k, value) in values.iter().enumerate() {
                    // SAFETY: likewise.
                    let places = unsafe { to.of(stride * (R * p + k) + q) };
                    for (part, place) in value.iter().zip(places) {
                        // SAFETY: likewise; no other reference to them is alive.
                        let lanes = unsafe { std::slice::from_raw_parts_mut(place.add(lane), S::f32s::LEN) };
                        part.store_slice(lanes);
                    }
                }
            }
        }
    }
}

/// A complex number in vectors.
type Number<V> = [V; 2];

/// What butterflies do with numbers.
trait Arithmetic:
    Copy + std::ops::Add<Output = Self> + std::ops::Sub<Output = Self> + std::ops::Mul<f32, Output = Self>
{
}

impl<V> Arithmetic for V where
    V: Copy + std::ops::Add<Output = V> + std::ops::Sub<Output = V> + std::ops::Mul<f32, Output = V>
{
}

#[inline(always)]
fn plus<V: Arithmetic>(a: Number<V>, b: Number<V>) -> Number<V> {
    [a[0] + b[0], a[1] + b[1]]
}

#[inline(always)]
fn minus<V: Arithmetic>(a: Number<V>, b: Number<V>) -> Number<V> {
    [a[0] - b[0], a[1] - b[1]]
}

#[inline(always)]
fn times<V: Arithmetic>(a: Number<V>, factor: f32) -> Number<V> {
    [a[0] * factor, a[1] * factor]
}

/// a + i·b.
#[inline(always)]
fn plus_i<V: Arithmetic>(a: Number<V>, b: Number<V>) -> Number<V> {
    [a[0] - b[1], a[1] + b[0]]
}

/// a − i·b.
#[inline(always)]
fn minus_i<V: Arithmetic>(a: Number<V>, b: Number<V>) -> Number<V> {
    [a[0] + b[1], a[1] - b[0]]
}

/// A transform of two to five values.
#[inline(always)]
fn butterfly<V: Arithmetic, const R: usize>(values: [Number<V>; R]) -> [Number<V>; R] {
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
            let one = plus(plus(values[0], times(sums[0], COSINES[0])), times(sums[1], COSINES[1]));
            let other = plus(plus(values[0], times(sums[0], COSINES[1])), times(sums[1], COSINES[0]));
            let one_odd = plus(times(differences[0], SINES[0]), times(differences[1], SINES[1]));
            let other_odd = minus(times(differences[0], SINES[1]), times(differences[1], SINES[0]));
            results[1] = minus_i(one, one_odd);
            results[4] = plus_i(one, one_odd);
            results[2] = minus_i(other, other_odd);
            results[3] = plus_i(other, other_odd);
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
        for length in (2..=60).filter(|&length| Fourier::of(length).is_some()) {
            let fourier = Fourier::of(length).unwrap();
            let value = |place: usize, lane: usize, part: usize| ((place * 7 + lane * 5 + part * 3) % 11) as f32 - 5.0;
            // The first half of the numbers is zero, and the order that of columns mirrored.
            let count = length.div_ceil(2);
            let order = Order::new(length, count, |row| length - 1 - row);
            let given: Vec<f32> =
                (0..count * NUMBER).map(|at| value(length - 1 - at / NUMBER, at % LANES, at / LANES % 2)).collect();
            let back = Order::new(length, length, |row| length - 1 - row);
            let results: Vec<Vec<f32>> = level::all()
                .into_iter()
                .map(|level| {
                    let mut result = vec![f32::NAN; length * NUMBER];
                    let from = Layout { order: &order, ..fourier.in_order() };
                    let to = Layout { order: &back, ..fourier.in_order() };
                    fourier.transform(level, (&given, from), (&mut result, to), &mut Work::default());
                    result
                })
                .collect();
            for result in &results {
                assert_eq!(result, &results[0]);
            }
            for (k, result) in results[0].chunks_exact(NUMBER).rev().enumerate() {
                for lane in 0..LANES {
                    let mut sum = [0.0f64; 2];
                    for place in length - count..length {
                        let angle = -std::f64::consts::TAU * (place * k % length) as f64 / length as f64;
                        let [re, im] = [0, 1].map(|part| f64::from(value(place, lane, part)));
                        sum[0] += re * angle.cos() - im * angle.sin();
                        sum[1] += re * angle.sin() + im * angle.cos();
                    }
                    for (part, sum) in sum.iter().enumerate() {
                        let found = f64::from(result[part * LANES + lane]);
                        assert!((found - sum).abs() < 2e-6 * length as f64 * 5.0, "{length} {k}: {found} for {sum}");
                    }
                }
            }
        }
    }

    #[test]
    fn lengths_have_no_factor_above_five() {
        let of = |least| Fourier::of_at_least(least).map(|fourier| fourier.length());
        assert_eq!([1, 7, 11, 19, 35, 37, 67, 131].map(|least| of(least).unwrap()), [2, 8, 12, 20, 36, 40, 72, 135]);
        assert_eq!(of(257), None);
    }
}
