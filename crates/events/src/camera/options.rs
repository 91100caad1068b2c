//! What the synthetic camera can be asked for.

use super::sensor::Pixels;
use super::sensor_options::{GivenSensor, Sensor};
use crate::{Events, check};
use decolle_error::{Code, Fault, Result};
use decolle_random::{Generator, seed_from_number};

/// Most events of a recording or a piece, 1.7 gigabytes of them: one of the largest plane with all the noise that there may
/// be would have 1.6 thousand million.
pub(super) const MOST_EVENTS: usize = 1 << 27;

/// Smallest and largest width and height in pixels.
pub(super) const SIDES: (i64, i64) = (8, 512);

/// Shortest and longest recording or piece, in microseconds: a millisecond and a minute.
pub(super) const DURATIONS: (i64, i64) = (1_000, 60_000_000);

/// Which part of the synthetic data a recording belongs to; the parts share the camera, nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Split {
    /// To learn from.
    #[default]
    Train,
    /// To be judged by.
    Test,
}

decolle_json::names! { Split { Train, Test } }

impl Split {
    /// The purpose under which the generator draws.
    pub(super) fn purpose(self) -> &'static str {
        match self {
            Self::Train => "synthetic.train",
            Self::Test => "synthetic.test",
        }
    }
}

/// What [`synthesize`](super::synthesize) draws and [`SyntheticCamera`](super::SyntheticCamera) watches.
#[derive(Clone, Debug, PartialEq)]
pub struct SyntheticOptions {
    /// Seed of all that is drawn.
    pub seed: u64,
    /// Part of the data.
    pub split: Split,
    /// Number of the recording within its part, or of the endless stream.
    pub index: u32,
    /// Width in pixels, 8 to 512.
    pub width: u16,
    /// Height in pixels, 8 to 512.
    pub height: u16,
    /// Length of a recording in microseconds, 1,000 to 60,000,000; in an endless stream, how long one gesture is shown.
    pub duration: i64,
    /// The camera.
    pub sensor: Sensor,
}

impl Default for SyntheticOptions {
    /// Seed 0, the first training recording, 32×32 pixels, 300 ms.
    fn default() -> Self {
        Self {
            seed: 0,
            split: Split::Train,
            index: 0,
            width: 32,
            height: 32,
            duration: 300_000,
            sensor: Sensor::default(),
        }
    }
}

/// [`SyntheticOptions`] as JSON gives them.
struct Given {
    seed: Option<f64>,
    split: Split,
    index: Option<f64>,
    width: Option<f64>,
    height: Option<f64>,
    duration: Option<f64>,
    sensor: Option<GivenSensor>,
}

decolle_json::object! {
    Given {
        seed = None,
        split = Split::default(),
        index = None,
        width = None,
        height = None,
        duration = None,
        sensor = None,
    }
}

impl SyntheticOptions {
    /// Reads and checks JSON with the fields of this type in camelCase, all optional: `seed`, `split` (`"train"`,
    /// `"test"`), `index`, `width`, `height`, `duration`, and `sensor` with `threshold`, `thresholdMismatch`,
    /// `refractory`, `noiseRate`, `leakRate`.
    ///
    /// ```
    /// use decolle_events::SyntheticOptions;
    /// let options = SyntheticOptions::from_json(r#"{"seed": 1, "width": 64, "sensor": {"noiseRate": 0}}"#)?;
    /// assert_eq!((options.width, options.height, options.sensor.noise_rate), (64, 32, 0.0));
    /// let fault = SyntheticOptions::from_json(r#"{"width": 4}"#).unwrap_err();
    /// assert_eq!(fault.to_string(), "[range] synthetic.width: expected a whole number from 8 to 512, found 4");
    /// # Ok::<(), decolle_error::Fault>(())
    /// ```
    ///
    /// # Errors
    /// `config` for a field that is unknown or of the wrong type, `range` for a value out of its range.
    pub fn from_json(text: &str) -> Result<Self> {
        let given: Given = check::read("synthetic", text)?;
        let usual = Self::default();
        let seed = given
            .seed
            .map_or(Ok(usual.seed), |seed| seed_from_number(seed).map_err(|fault| fault.within("synthetic")))?;
        let sensor = given.sensor.unwrap_or_default().or(&usual.sensor, "synthetic.sensor")?;
        let options = Self {
            seed,
            split: given.split,
            index: whole("synthetic.index", given.index, usual.index, (0, u32::MAX.into()))?,
            width: whole("synthetic.width", given.width, usual.width, SIDES)?,
            height: whole("synthetic.height", given.height, usual.height, SIDES)?,
            duration: whole("synthetic.duration", given.duration, usual.duration, DURATIONS)?,
            sensor,
        };
        options.check()?;
        Ok(options)
    }

    /// The checks of [`SyntheticOptions::from_json`], for options made without it.
    pub(super) fn check(&self) -> Result<()> {
        check::within("synthetic.width", self.width.into(), SIDES.0, SIDES.1)?;
        check::within("synthetic.height", self.height.into(), SIDES.0, SIDES.1)?;
        check::within("synthetic.duration", self.duration, DURATIONS.0, DURATIONS.1)?;
        self.sensor.check("synthetic.sensor")?;
        // 2⁵³ − 1 is what seed_from_number allows; a seed beyond it could not be given to the TypeScript side.
        if self.seed >= 1 << 53 {
            return Err(Fault::unfit(Code::Range, &"synthetic.seed", &"at most 2^53 - 1", &self.seed));
        }
        Ok(())
    }

    /// The pixels of the camera, with what draws their noise.
    pub(super) fn pixels(&self, noise: Generator) -> Pixels {
        Pixels::new((self.width, self.height), &self.sensor, self.seed, noise)
    }

    /// Refuses a recording of which noise alone would be too much.
    pub(super) fn check_noise(&self) -> Result<()> {
        let pixels = f64::from(self.width) * f64::from(self.height);
        let events = self.sensor.noise_rate * pixels * (self.duration as f64 / 1e6);
        if events > MOST_EVENTS as f64 {
            let bytes = decolle_number::counted(decolle_number::nearest(events)) * Events::BYTES as u64;
            return Err(Fault::memory("synthetic.sensor.noiseRate", bytes));
        }
        Ok(())
    }
}

/// A whole number that may be left out.
pub(super) fn whole<T: TryFrom<i64>>(path: &str, value: Option<f64>, usual: T, (least, most): (i64, i64)) -> Result<T> {
    value.map_or(Ok(usual), |value| check::whole(path, value, least, most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_given_is_the_default() {
        assert_eq!(SyntheticOptions::from_json("{}").unwrap(), SyntheticOptions::default());
    }

    #[test]
    fn every_field_is_read() {
        let text = r#"{"seed": 9007199254740991, "split": "test", "index": 7, "width": 8, "height": 512,
            "duration": 1000, "sensor": {"threshold": 0.4, "thresholdMismatch": 0, "refractory": 0, "noiseRate": 2.5,
            "leakRate": 0.5}}"#;
        let expected = SyntheticOptions {
            seed: 9_007_199_254_740_991,
            split: Split::Test,
            index: 7,
            width: 8,
            height: 512,
            duration: 1000,
            sensor: Sensor { threshold: 0.4, threshold_mismatch: 0.0, refractory: 0, noise_rate: 2.5, leak_rate: 0.5 },
        };
        assert_eq!(SyntheticOptions::from_json(text).unwrap(), expected);
    }

    #[test]
    fn options_are_refused_field_by_field() {
        for (text, code, start) in [
            (r#"{"seed": -1}"#, Code::Range, "synthetic.seed: "),
            (r#"{"seed": 0.5}"#, Code::Range, "synthetic.seed: "),
            (r#"{"seed": "1"}"#, Code::Config, "synthetic.seed: expected a number, found \"1\""),
            (r#"{"split": "validation"}"#, Code::Config, "synthetic.split: expected one of"),
            (r#"{"index": 4294967296}"#, Code::Range, "synthetic.index: "),
            (r#"{"index": -1}"#, Code::Range, "synthetic.index: "),
            (r#"{"width": 7}"#, Code::Range, "synthetic.width: expected a whole number from 8 to 512, found 7"),
            (r#"{"height": 513}"#, Code::Range, "synthetic.height: "),
            (r#"{"height": 32.5}"#, Code::Range, "synthetic.height: "),
            (r#"{"duration": 999}"#, Code::Range, "synthetic.duration: "),
            (r#"{"duration": 60000001}"#, Code::Range, "synthetic.duration: "),
            (r#"{"sensor": {"threshold": 0}}"#, Code::Range, "synthetic.sensor.threshold: "),
            (r#"{"sensor": {"thresholdMismatch": 0.11}}"#, Code::Range, "synthetic.sensor.thresholdMismatch: "),
            (r#"{"sensor": {"refractory": -1}}"#, Code::Range, "synthetic.sensor.refractory: "),
            (r#"{"sensor": {"noiseRate": 101}}"#, Code::Range, "synthetic.sensor.noiseRate: "),
            (r#"{"sensor": {"leakRate": 11}}"#, Code::Range, "synthetic.sensor.leakRate: "),
            (r#"{"sensor": {"noise": 1}}"#, Code::Config, "synthetic.sensor.noise: unknown field"),
            (r#"{"sensor": 3}"#, Code::Config, "synthetic.sensor: "),
            (r#"{"classes": 3}"#, Code::Config, "synthetic.classes: unknown field"),
            (r#"{"width": 8"#, Code::Config, "synthetic"),
        ] {
            let fault = SyntheticOptions::from_json(text).unwrap_err();
            assert_eq!(fault.code, code, "{text}: {fault}");
            assert!(fault.message.starts_with(start), "{text}: {fault}");
        }
    }

    #[test]
    fn a_recording_of_which_noise_alone_would_be_too_much_is_not_begun() {
        let sensor = Sensor { noise_rate: 100.0, ..Sensor::default() };
        let options =
            SyntheticOptions { width: 512, height: 512, duration: 60_000_000, sensor, ..SyntheticOptions::default() };
        let fault = super::super::synthesize(&options).unwrap_err();
        assert_eq!(fault.code, Code::Memory);
        assert!(fault.message.starts_with("synthetic.sensor.noiseRate: needs 2044"), "{fault}");
    }

    #[test]
    fn options_made_without_json_are_checked_too() {
        let sensor = |sensor: Sensor| SyntheticOptions { sensor, ..SyntheticOptions::default() };
        for (options, code) in [
            (SyntheticOptions { width: 0, ..SyntheticOptions::default() }, Code::Range),
            (SyntheticOptions { seed: 1 << 53, ..SyntheticOptions::default() }, Code::Range),
            (sensor(Sensor { threshold: f64::NAN, ..Sensor::default() }), Code::NotFinite),
            (sensor(Sensor { noise_rate: f64::INFINITY, ..Sensor::default() }), Code::NotFinite),
        ] {
            assert_eq!(super::super::synthesize(&options).unwrap_err().code, code);
        }
    }
}
