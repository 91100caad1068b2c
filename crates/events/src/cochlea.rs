//! A cochlea: sound as spikes of channels that each hear a frequency of their own.
//!
//! Each channel is a gammatone filter of the fourth order, one equivalent rectangular bandwidth wide (B. R. Glasberg, B. C. J.
//! Moore, "Derivation of auditory filter shapes from notched-noise data", Hearing Research 47, 1990), computed as four complex
//! filters of the first order (V. Hohmann, "Frequency analysis and synthesis using a Gammatone filterbank", Acta Acustica united
//! with Acustica 88, 2002, eqs. 10 and 14, scaled as in section 2.2). What it lets through is rectified, compressed and drives a
//! leaky integrate-and-fire neuron, with the constants that the documentation of Brian Hears has for a fibre of the auditory nerve
//! (brian2hears, examples/simple_anf.py; the package: B. Fontaine, D. F. M. Goodman, V. Benichoux, R. Brette, "Brian Hears: online
//! auditory processing using vectorization over channels", Frontiers in Neuroinformatics 5, 2011), without its noise:
//!
//! I = 3·max(0, x)^(1/3),  τ·dv/dt = I − v,  a spike and v = 0 where v > 1, then silence for the refractory time.

use crate::{Train, check};
use decolle_error::{Code, Fault, Result, reserve};
use decolle_number::{index, nearest, truncated};
use std::f64::consts::PI;

/// Least and most samples a second.
const RATES: (i64, i64) = (4_000, 384_000);

/// Most channels.
const MOST_CHANNELS: usize = 1024;

/// Lowest frequency of a channel in hertz.
const LOWEST: f64 = 20.0;

/// Highest frequency of a channel, as a share of the samples a second.
const HIGHEST: f64 = 0.45;

/// Least and largest gain.
const GAINS: (f64, f64) = (1e-3, 1e6);

/// Longest refractory time in microseconds.
const LONGEST_REFRACTORY: i64 = 1_000_000;

/// Largest sample, either sign.
const LARGEST: f32 = 1e6;

/// Order of the filters.
const ORDER: usize = 4;

/// Channels that are computed side by side.
const LANES: usize = 4;

/// What a rectified and compressed sample is multiplied by.
const DRIVE: f32 = 3.0;

/// Time constant of the neuron in seconds.
const TIME_CONSTANT: f64 = 1e-3;

/// What is added to every sample: too little to matter, and enough that filters in silence do not end in denormal numbers,
/// which processors are slow with.
const FLOOR: f32 = 1e-15;

/// Equivalent rectangular bandwidth of the ear's filter for a frequency, both in hertz (Glasberg, Moore).
fn bandwidth(frequency: f64) -> f64 {
    24.7 * (1.0 + 0.00437 * frequency)
}

/// How a [`Cochlea`] hears.
#[derive(Clone, Debug, PartialEq)]
pub struct CochleaOptions {
    /// Samples a second, 4,000 to 384,000.
    pub sample_rate: i64,
    /// What each channel hears best, in hertz: 20 to 0.45 of the samples a second, 1 to 1024 of them.
    pub frequencies: Vec<f64>,
    /// What samples are multiplied by, 0.001 to a million: sound pressure in pascals of a sample of 1.
    pub gain: f64,
    /// Microseconds for which a channel stays silent after a spike, 0 to 1,000,000.
    pub refractory: i64,
}

/// [`CochleaOptions`] as JSON gives them.
struct Given {
    sample_rate: f64,
    frequencies: Vec<f64>,
    gain: Option<f64>,
    refractory: Option<f64>,
}

decolle_json::object! { Given { sample_rate, frequencies, gain = None, refractory = None } }

impl CochleaOptions {
    /// Reads and checks JSON with `sampleRate` and `frequencies`, and optionally `gain` (100) and `refractory` (5,000 µs).
    ///
    /// # Errors
    /// `config` for a field that is missing, unknown or of the wrong type, `range` or `not-finite` for a value out of its range.
    pub fn from_json(text: &str) -> Result<Self> {
        let given: Given = check::read("cochlea", text)?;
        let options = Self {
            sample_rate: check::whole("cochlea.sampleRate", given.sample_rate, RATES.0, RATES.1)?,
            frequencies: given.frequencies,
            gain: given.gain.unwrap_or(100.0),
            refractory: check::whole("cochlea.refractory", given.refractory.unwrap_or(5_000.0), 0, LONGEST_REFRACTORY)?,
        };
        options.check()?;
        Ok(options)
    }

    /// The checks of [`CochleaOptions::from_json`], for options made without it.
    fn check(&self) -> Result<()> {
        check::within("cochlea.sampleRate", self.sample_rate, RATES.0, RATES.1)?;
        check::between("cochlea.gain", self.gain, GAINS.0, GAINS.1)?;
        check::within("cochlea.refractory", self.refractory, 0, LONGEST_REFRACTORY)?;
        let channels = self.frequencies.len();
        if !(1..=MOST_CHANNELS).contains(&channels) {
            let expected = format_args!("1 to {MOST_CHANNELS} of them");
            return Err(Fault::unfit(Code::Range, &"cochlea.frequencies", &expected, &channels));
        }
        let highest = HIGHEST * self.sample_rate as f64;
        for (place, &frequency) in self.frequencies.iter().enumerate() {
            check::between(&format!("cochlea.frequencies[{place}]"), frequency, LOWEST, highest)?;
        }
        Ok(())
    }
}

/// Four channels: their filters and their neurons.
#[derive(Clone, Debug)]
struct Strip {
    /// Pole of the complex filters, its real and its imaginary part.
    pole: [[f32; LANES]; 2],
    /// What each filter multiplies its input by, so that it lets its own frequency through as it is.
    scale: [f32; LANES],
    /// What each filter gave last.
    state: [[[f32; LANES]; 2]; ORDER],
    /// Potential of each neuron; the threshold is 1.
    potential: [f32; LANES],
    /// Samples for which each neuron is still refractory.
    rest: [u32; LANES],
}

impl Strip {
    fn new(frequencies: &[f64], rate: f64) -> Self {
        let mut strip = Self {
            pole: [[0.0; LANES]; 2],
            scale: [0.0; LANES],
            state: [[[0.0; LANES]; 2]; ORDER],
            potential: [0.0; LANES],
            rest: [0; LANES],
        };
        // π·(2γ − 2)!·2^(2 − 2γ) / (γ − 1)!² of order γ = 4: eq. 14 of Hohmann.
        let shape = PI * 720.0 / 64.0 / 36.0;
        for (lane, &frequency) in frequencies.iter().enumerate() {
            let decay = libm::exp(-2.0 * PI * bandwidth(frequency) / shape / rate);
            let angle = 2.0 * PI * frequency / rate;
            strip.pole[0][lane] = nearest(decay * libm::cos(angle));
            strip.pole[1][lane] = nearest(decay * libm::sin(angle));
            strip.scale[lane] = nearest(1.0 - decay);
        }
        strip
    }

    /// What the filters give for a sample.
    fn filter(&mut self, sample: f32) -> [f32; LANES] {
        let Self { pole: [cosine, sine], scale, state, .. } = self;
        let mut input = [[sample; LANES], [0.0; LANES]];
        for [real, imaginary] in state {
            for lane in 0..LANES {
                let before = [real[lane], imaginary[lane]];
                real[lane] = cosine[lane] * before[0] - sine[lane] * before[1] + scale[lane] * input[0][lane];
                imaginary[lane] = cosine[lane] * before[1] + sine[lane] * before[0] + scale[lane] * input[1][lane];
            }
            input = [*real, *imaginary];
        }
        // Half of a real tone is at the negative frequency, which nothing is left of.
        input[0].map(|value| 2.0 * value)
    }
}

/// A cochlea that listens: sound as spikes of channels, bit for bit the same on every machine.
///
/// ```
/// use decolle_events::{Cochlea, CochleaOptions};
/// let json = r#"{"sampleRate": 16000, "frequencies": [220, 440, 880]}"#;
/// let mut cochlea = Cochlea::new(&CochleaOptions::from_json(json)?)?;
/// let tone: Vec<f32> = (0..8_000).map(|n| 0.003 * (n as f32 * 440.0 / 16_000.0 * 6.2831855).sin()).collect();
/// let spikes = cochlea.hear(&tone)?;
/// assert!(spikes.unit.len() > 10 && spikes.unit.iter().all(|&unit| unit == 1));
/// # Ok::<(), decolle_error::Fault>(())
/// ```
#[derive(Clone, Debug)]
pub struct Cochlea {
    sample_rate: i64,
    channels: usize,
    gain: f32,
    refractory: u32,
    /// By how much of its distance to the drive a potential moves in a sample.
    leak: f32,
    strips: Vec<Strip>,
    /// Samples heard.
    heard: i64,
}

impl Cochlea {
    /// A cochlea that has heard nothing yet.
    ///
    /// # Errors
    /// `range` or `not-finite` for options out of their range.
    pub fn new(options: &CochleaOptions) -> Result<Self> {
        options.check()?;
        let rate = options.sample_rate as f64;
        let samples = truncated(libm::ceil(options.refractory as f64 * rate / 1e6));
        Ok(Self {
            sample_rate: options.sample_rate,
            channels: options.frequencies.len(),
            gain: nearest(options.gain),
            refractory: index(usize::try_from(samples).unwrap_or(0)),
            leak: nearest(1.0 - libm::exp(-1.0 / (TIME_CONSTANT * rate))),
            strips: options.frequencies.chunks(LANES).map(|part| Strip::new(part, rate)).collect(),
            heard: 0,
        })
    }

    /// The spikes of the next samples; a sample of 1 is full scale. Times are microseconds since the first sample.
    ///
    /// # Errors
    /// `not-finite` or `range` for a sample that is no number or beyond ±10⁶: the cochlea stays as it was. `memory` where there is
    /// none for the spikes.
    pub fn hear(&mut self, samples: &[f32]) -> Result<Train> {
        if let Some((place, &sample)) =
            samples.iter().enumerate().find(|(_, sample)| sample.is_nan() || sample.abs() > LARGEST)
        {
            check::between(&format!("samples[{place}]"), sample.into(), (-LARGEST).into(), LARGEST.into())?;
        }
        let mut train = Train::default();
        let most = self.channels * (samples.len() / (self.refractory as usize + 1) + 1);
        reserve(&mut train.time, most, "samples")?;
        reserve(&mut train.unit, most, "samples")?;
        for &sample in samples {
            let time = self.heard * 1_000_000 / self.sample_rate;
            self.heard += 1;
            let loud = sample * self.gain + FLOOR;
            for (strip, first) in self.strips.iter_mut().zip((0..).step_by(LANES)) {
                let filtered = strip.filter(loud);
                for (lane, &value) in filtered.iter().enumerate().take(self.channels - first) {
                    if strip.rest[lane] > 0 {
                        strip.rest[lane] -= 1;
                        continue;
                    }
                    let drive = DRIVE * libm::cbrtf(value.max(0.0));
                    let potential = strip.potential[lane] + (drive - strip.potential[lane]) * self.leak;
                    let fires = potential > 1.0;
                    strip.potential[lane] = if fires { 0.0 } else { potential };
                    if fires {
                        strip.rest[lane] = self.refractory;
                        train.time.push(time);
                        train.unit.push(index(first + lane));
                    }
                }
            }
        }
        Ok(train)
    }

    /// Lets samples go by that nobody heard: time goes on, and what rang or charged until then is forgotten.
    ///
    /// # Errors
    /// `range` for more than 2³² − 1 of them.
    pub fn skip(&mut self, samples: f64) -> Result<()> {
        self.heard += check::whole::<i64>("samples", samples, 0, u32::MAX.into())?;
        for Strip { state, potential, rest, .. } in &mut self.strips {
            *state = Default::default();
            *potential = Default::default();
            *rest = Default::default();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RATE: f64 = 16_000.0;

    /// Eight channels an octave from 110 to 3,520 Hz; 440 Hz is the seventeenth.
    fn options() -> CochleaOptions {
        let frequencies = (0..=40).map(|step| 110.0 * 2f64.powf(f64::from(step) / 8.0)).collect();
        CochleaOptions { sample_rate: 16_000, frequencies, gain: 100.0, refractory: 5_000 }
    }

    fn tone(frequency: f64, amplitude: f64, samples: usize) -> Vec<f32> {
        (0..samples).map(|n| nearest(amplitude * (2.0 * PI * frequency * n as f64 / RATE).sin())).collect()
    }

    fn counts(train: &Train, channels: usize) -> Vec<usize> {
        (0..channels).map(|channel| train.unit.iter().filter(|&&unit| unit as usize == channel).count()).collect()
    }

    #[test]
    fn a_quiet_tone_is_heard_best_by_the_channel_of_its_frequency_and_by_few_others() {
        let options = options();
        for (channel, &frequency) in options.frequencies.iter().enumerate().step_by(5) {
            // Half as much again as makes a neuron fire, which is the more the faster the tone is.
            let amplitude = (0.00075 * (frequency / 100.0).powf(0.77)).min(0.0066);
            let train = Cochlea::new(&options).unwrap().hear(&tone(frequency, amplitude, 8_000)).unwrap();
            let counts = counts(&train, 41);
            assert!(counts[channel] > 10, "{channel}: {counts:?}");
            // A channel that answers sooner may have fired once more.
            assert!(counts.iter().all(|&count| count <= counts[channel] + 1), "{channel}: {counts:?}");
            let heard = |&unit: &u32| channel.abs_diff(unit as usize) <= 4;
            assert!(train.unit.iter().all(heard), "{channel}: {counts:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn it_does_not_matter_how_a_sound_is_cut(cuts in proptest::collection::vec(0usize..400, 1..20)) {
            let sound: Vec<f32> = tone(300.0, 0.1, 4_000).iter().zip(tone(1234.0, 0.3, 4_000)).map(|(a, b)| a + b).collect();
            let whole = Cochlea::new(&options()).unwrap().hear(&sound).unwrap();
            let (mut pieces, mut cochlea, mut rest) = (Train::default(), Cochlea::new(&options()).unwrap(), &sound[..]);
            for cut in cuts.into_iter().chain([4_000]) {
                let (piece, left) = rest.split_at(cut.min(rest.len()));
                let Train { time, unit } = cochlea.hear(piece).unwrap();
                pieces.time.extend(time);
                pieces.unit.extend(unit);
                rest = left;
            }
            prop_assert_eq!(pieces, whole);
        }

        #[test]
        fn no_channel_fires_within_its_refractory_time(refractory in 0i64..20_000, gain in 1.0..1e6) {
            let options = CochleaOptions { refractory, gain, ..options() };
            let train = Cochlea::new(&options).unwrap().hear(&tone(440.0, 1.0, 2_000)).unwrap();
            for channel in 0..41u32 {
                let times: Vec<i64> =
                    train.time.iter().zip(&train.unit).filter(|&(_, &unit)| unit == channel).map(|(&time, _)| time).collect();
                prop_assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= refractory));
            }
            prop_assert!(train.time.windows(2).all(|pair| pair[0] <= pair[1]));
        }
    }

    #[test]
    fn silence_makes_no_spikes_and_filters_do_not_end_in_denormal_numbers() {
        let mut cochlea = Cochlea::new(&options()).unwrap();
        assert!(!cochlea.hear(&tone(440.0, 0.5, 1_600)).unwrap().unit.is_empty());
        cochlea.hear(&[0.0; 16_000]).unwrap();
        assert_eq!(cochlea.hear(&[0.0; 160_000]).unwrap(), Train::default());
        let states = cochlea.strips.iter().flat_map(|strip| strip.state.iter().flatten().flatten());
        // The last strip has one channel, and three lanes of nothing.
        assert!(states.filter(|&&state| state != 0.0).all(|state| state.is_normal()));
    }

    #[test]
    fn time_goes_on_while_nobody_listens_and_what_rang_is_forgotten() {
        let (mut one, mut other) = (Cochlea::new(&options()).unwrap(), Cochlea::new(&options()).unwrap());
        one.hear(&tone(440.0, 0.5, 1_000)).unwrap();
        one.skip(15_000.0).unwrap();
        let sound = tone(880.0, 0.1, 1_600);
        let (after, alone) = (one.hear(&sound).unwrap(), other.hear(&sound).unwrap());
        assert_eq!(after.unit, alone.unit);
        let later: Vec<i64> = alone.time.iter().map(|time| time + 1_000_000).collect();
        assert_eq!(after.time, later);
        assert_eq!(one.skip(-1.0).unwrap_err().code, Code::Range);
    }

    #[test]
    fn a_sample_that_is_none_is_refused_and_nothing_is_heard_of_the_others() {
        let mut cochlea = Cochlea::new(&options()).unwrap();
        let fault = cochlea.hear(&[0.0, 0.5, f32::NAN]).unwrap_err();
        assert_eq!((fault.code, fault.path()), (Code::NotFinite, Some("samples[2]")));
        assert_eq!(cochlea.hear(&[2e6]).unwrap_err().code, Code::Range);
        let sound = tone(440.0, 0.1, 800);
        assert_eq!(cochlea.hear(&sound).unwrap(), Cochlea::new(&options()).unwrap().hear(&sound).unwrap());
    }

    #[test]
    fn settings_out_of_range_are_refused_with_their_path() {
        for (json, code, path) in [
            (r#"{"frequencies": [440]}"#, Code::Config, "cochlea.sampleRate"),
            (r#"{"sampleRate": 100, "frequencies": [440]}"#, Code::Range, "cochlea.sampleRate"),
            (r#"{"sampleRate": 16000, "frequencies": []}"#, Code::Range, "cochlea.frequencies"),
            (r#"{"sampleRate": 16000, "frequencies": [440, 8000]}"#, Code::Range, "cochlea.frequencies[1]"),
            (r#"{"sampleRate": 16000, "frequencies": [440], "gain": 0}"#, Code::Range, "cochlea.gain"),
            (r#"{"sampleRate": 16000, "frequencies": [440], "refractory": 0.5}"#, Code::Range, "cochlea.refractory"),
            (r#"{"sampleRate": 16000, "frequencies": [440], "loud": 1}"#, Code::Config, "cochlea.loud"),
        ] {
            let fault = CochleaOptions::from_json(json).unwrap_err();
            assert_eq!((fault.code, fault.path()), (code, Some(path)), "{json}");
        }
    }
}
