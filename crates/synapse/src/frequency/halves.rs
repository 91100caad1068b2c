//! Two real transforms in one complex one: the spectrum of a + i·b holds those of a and b, of which frequencies 0 to N/2 say all.
//!
//! Those of frequency 0 and, where N is even, of frequency N/2 are real. Along rows they are therefore kept as one complex number,
//! which makes of both frequencies one column; the transform along that column is one of two real ones once more.

use fearless_simd::{Level, dispatch};

use super::fourier::{LANES, NUMBER};

/// Where the half spectra of two transforms lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct Halves {
    /// From frequency to frequency.
    pub(super) apart: usize,
    /// From real to imaginary parts.
    pub(super) imaginary: usize,
    /// From the first transform's numbers to the second's; none where there is but one.
    pub(super) second: Option<usize>,
}

/// A part of a number.
#[inline(always)]
fn part(numbers: &[f32], at: usize) -> [f32; LANES] {
    std::array::from_fn(|lane| numbers[at..at + LANES][lane])
}

#[inline(always)]
fn put(numbers: &mut [f32], at: usize, values: impl Fn(usize) -> f32) {
    for (lane, to) in numbers[at..at + LANES].iter_mut().enumerate() {
        *to = values(lane);
    }
}

/// The half spectra of both transforms, times `scale` and two: frequencies `first` to those below N/2 or, with `whole`, to N/2.
/// `spectrum` holds numbers one after the other.
pub(super) fn split(
    level: Level,
    spectrum: &[f32],
    frequencies: std::ops::Range<usize>,
    scale: f32,
    to: &mut [f32],
    at: Halves,
) {
    dispatch!(level, _simd => split_lanes(spectrum, frequencies, scale, to, at));
}

#[inline(always)]
fn split_lanes(spectrum: &[f32], frequencies: std::ops::Range<usize>, scale: f32, to: &mut [f32], at: Halves) {
    let length = spectrum.len() / NUMBER;
    for k in frequencies {
        let [number, mirror] = [k, (length - k) % length].map(|k| k * NUMBER);
        let [re, im] = [number, number + LANES].map(|at| part(spectrum, at));
        let [mirror_re, mirror_im] = [mirror, mirror + LANES].map(|at| part(spectrum, at));
        let place = k * at.apart;
        put(to, place, |lane| (re[lane] + mirror_re[lane]) * scale);
        put(to, place + at.imaginary, |lane| (im[lane] - mirror_im[lane]) * scale);
        if let Some(second) = at.second {
            put(to, place + second, |lane| (im[lane] + mirror_im[lane]) * scale);
            put(to, place + second + at.imaginary, |lane| (mirror_re[lane] - re[lane]) * scale);
        }
    }
}

/// The other way round: the whole spectrum of a + i·b from both half spectra.
pub(super) fn join(level: Level, from: &[f32], at: Halves, frequencies: std::ops::Range<usize>, spectrum: &mut [f32]) {
    dispatch!(level, _simd => join_lanes(from, at, frequencies, spectrum));
}

#[inline(always)]
fn join_lanes(from: &[f32], at: Halves, frequencies: std::ops::Range<usize>, spectrum: &mut [f32]) {
    let length = spectrum.len() / NUMBER;
    for k in frequencies {
        let place = k * at.apart;
        let [re, im] = [place, place + at.imaginary].map(|at| part(from, at));
        let [second_re, second_im] = match at.second {
            Some(second) => [place + second, place + second + at.imaginary].map(|at| part(from, at)),
            None => [[0.0; LANES]; 2],
        };
        put(spectrum, k * NUMBER, |lane| re[lane] - second_im[lane]);
        put(spectrum, k * NUMBER + LANES, |lane| im[lane] + second_re[lane]);
        let mirror = length - k;
        if k > 0 && mirror > length / 2 {
            put(spectrum, mirror * NUMBER, |lane| re[lane] + second_im[lane]);
            put(spectrum, mirror * NUMBER + LANES, |lane| second_re[lane] - im[lane]);
        }
    }
}

/// The real numbers of frequencies 0 and N/2 as one complex number for each transform, twice as large: of the first at the start
/// of `to`, of the second, where there is one, behind it.
pub(super) fn pack(level: Level, spectrum: &[f32], to: &mut [f32], pair: bool) {
    dispatch!(level, _simd => {
        let length = spectrum.len() / NUMBER;
        for (index, of) in [0, LANES].into_iter().take(1 + usize::from(pair)).enumerate() {
            put(to, index * NUMBER, |lane| 2.0 * spectrum[of..][lane]);
            let last = length / 2 * NUMBER + of;
            let factor = if length.is_multiple_of(2) { 2.0 } else { 0.0 };
            put(to, index * NUMBER + LANES, |lane| factor * spectrum[last..][lane]);
        }
    });
}

/// The other way round.
pub(super) fn unpack(level: Level, from: &[f32], pair: bool, spectrum: &mut [f32]) {
    dispatch!(level, _simd => {
        let length = spectrum.len() / NUMBER;
        let last = length / 2 * NUMBER;
        for (index, of) in [0, LANES].into_iter().enumerate() {
            let number = (index == 0 || pair).then(|| &from[index * NUMBER..][..NUMBER]);
            put(spectrum, of, |lane| number.map_or(0.0, |number| number[lane]));
            if length.is_multiple_of(2) {
                put(spectrum, last + of, |lane| number.map_or(0.0, |number| number[LANES + lane]));
            }
        }
    });
}
