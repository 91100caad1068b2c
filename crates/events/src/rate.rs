//! Images as spike trains, by rate coding: the brighter a pixel, the more often it fires.
//!
//! Every pixel is a Poisson process in discrete time: in each time step it fires once or not at all, independently of all
//! else, with a probability in proportion to its intensity. So it is done for MNIST in the first publication of DECOLLE
//! (J. Kaiser, H. Mostafa, E. Neftci, arXiv:1811.10766), which names neither the highest rate nor the number of steps.

use crate::camera::Split;
use crate::check;
use decolle_error::{Code, Fault, Result};
use decolle_number::index;
use decolle_random::{Generator, seed_from_number};

/// Most time steps of a train.
const MOST_STEPS: i64 = 1 << 20;

/// Longest time step, a minute in microseconds.
const LONGEST_STEP: i64 = 60_000_000;

/// Most spikes of a train, 1.6 gigabytes of them.
const MOST_SPIKES: usize = 1 << 27;

/// Brightest intensity of a pixel.
const BRIGHTEST: f64 = 255.0;

/// How an image becomes a spike train.
#[derive(Clone, Debug, PartialEq)]
pub struct RateCoding {
    /// Seed of all that is drawn.
    pub seed: u64,
    /// Part of the data; images of the two parts are drawn independently.
    pub split: Split,
    /// Number of the image within its part.
    pub index: u32,
    /// Epoch of the training that shows the image, from 1, or 0 outside any; each draws anew.
    pub epoch: u32,
    /// Number of time steps, 1 to 2²⁰. Fewer steps give the beginning of the same train.
    pub steps: u32,
    /// Length of a time step in microseconds, 1 to 60,000,000.
    pub time_step: i64,
    /// Probability that a pixel of the brightest intensity fires in a time step, above 0 and at most 1.
    pub rate: f64,
}

/// [`RateCoding`] as JSON gives it.
struct Given {
    seed: Option<f64>,
    split: Split,
    index: Option<f64>,
    epoch: Option<f64>,
    steps: f64,
    time_step: Option<f64>,
    rate: f64,
}

decolle_json::object! {
    Given { seed = None, split = Split::default(), index = None, epoch = None, steps, time_step = None, rate }
}

/// A spike train, as columns of equal length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Train {
    /// Time in microseconds, never decreasing.
    pub time: Vec<i64>,
    /// Which unit, from 0; ascending within a time step.
    pub unit: Vec<u32>,
}

impl Train {
    /// The times in microseconds as float64, which holds them all exactly.
    pub fn float_times(&self) -> Vec<f64> {
        self.time.iter().map(|&time| time as f64).collect()
    }
}

impl RateCoding {
    /// Reads and checks JSON with `steps` and `rate`, and optionally `seed` (0), `split` (`"train"`, `"test"`), `index` (0),
    /// `epoch` (0) and `timeStep` (1,000 µs).
    ///
    /// # Errors
    /// `config` for a field that is missing, unknown or of the wrong type, `range` or `not-finite` for a value out of its range.
    pub fn from_json(text: &str) -> Result<Self> {
        let given: Given = check::read("rateCoding", text)?;
        let seed = seed_from_number(given.seed.unwrap_or(0.0)).map_err(|fault| fault.within("rateCoding"))?;
        let coding = Self {
            seed,
            split: given.split,
            index: check::whole("rateCoding.index", given.index.unwrap_or(0.0), 0, u32::MAX.into())?,
            epoch: check::whole("rateCoding.epoch", given.epoch.unwrap_or(0.0), 0, u32::MAX.into())?,
            steps: check::whole("rateCoding.steps", given.steps, 1, MOST_STEPS)?,
            time_step: check::whole("rateCoding.timeStep", given.time_step.unwrap_or(1_000.0), 1, LONGEST_STEP)?,
            rate: given.rate,
        };
        coding.check()?;
        Ok(coding)
    }

    /// The checks of [`RateCoding::from_json`], for settings made without it.
    fn check(&self) -> Result<()> {
        check::within("rateCoding.steps", self.steps.into(), 1, MOST_STEPS)?;
        check::within("rateCoding.timeStep", self.time_step, 1, LONGEST_STEP)?;
        check::between("rateCoding.rate", self.rate, 0.0, 1.0)?;
        if self.rate == 0.0 {
            return Err(Fault::unfit(Code::Range, &"rateCoding.rate", &"above 0, at most 1", &self.rate));
        }
        Ok(())
    }

    /// Below how many of 2³² equally likely numbers a pixel of this intensity fires.
    fn threshold(&self, intensity: u8) -> u64 {
        let share = self.rate * f64::from(intensity) / BRIGHTEST;
        // A whole number from 0 to 2³².
        decolle_number::truncated(share * 4_294_967_296.0).unsigned_abs()
    }
}

/// Draws the spike train of an image, whose pixels are the units 0, 1, … of the train.
///
/// A spike of time step s is at s times the length of a step. Draws depend on seed, split, index and epoch alone, and on the image.
///
/// ```
/// use decolle_events::{RateCoding, rate_coded};
/// let coding = RateCoding::from_json(r#"{"seed": 1, "steps": 3, "rate": 1}"#)?;
/// let train = rate_coded(&[0, 255], &coding)?;
/// assert_eq!((train.time, train.unit), (vec![0, 1_000, 2_000], vec![1, 1, 1]));
/// # Ok::<(), decolle_error::Fault>(())
/// ```
///
/// # Errors
/// `range` or `not-finite` for settings out of their range; `shape` for more than 2³² − 1 pixels; `memory` for more than 2²⁷
/// spikes, or where there is none for them.
pub fn rate_coded(intensities: &[u8], coding: &RateCoding) -> Result<Train> {
    coding.check()?;
    if u32::try_from(intensities.len()).is_err() {
        return Err(Fault::unfit(Code::Shape, &"image", &"at most 2^32 - 1 pixels", &intensities.len()));
    }
    let bright = intensities.iter().enumerate().filter(|&(_, &intensity)| intensity > 0);
    // Units whose probability is zero take no draw, so that a margin around an image costs nothing.
    let units: Vec<(u32, u64)> = bright.map(|(unit, &intensity)| (index(unit), coding.threshold(intensity))).collect();
    let mut generator = Generator::new(coding.seed, purpose(coding.split));
    generator.seek(u64::from(coding.epoch) << 32 | u64::from(coding.index), 0);
    let mut train = Train::default();
    for step in 0..i64::from(coding.steps) {
        make_room(&mut train, units.len())?;
        for &(unit, threshold) in &units {
            if u64::from(generator.next_u32()) < threshold {
                train.time.push(step * coding.time_step);
                train.unit.push(unit);
            }
        }
    }
    Ok(train)
}

fn purpose(split: Split) -> &'static str {
    match split {
        Split::Train => "rateCoding.train",
        Split::Test => "rateCoding.test",
    }
}

fn make_room(train: &mut Train, more: usize) -> Result<()> {
    let spikes = train.time.len() + more;
    let had = spikes <= MOST_SPIKES && train.time.try_reserve(more).is_ok() && train.unit.try_reserve(more).is_ok();
    if had {
        return Ok(());
    }
    Err(Fault::memory("rateCoding.steps", spikes as u64 * (size_of::<i64>() + size_of::<u32>()) as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn coding(seed: u64, steps: u32, rate: f64) -> RateCoding {
        RateCoding { seed, split: Split::Train, index: 0, epoch: 0, steps, time_step: 1_000, rate }
    }

    proptest! {
        /// A thousand pixels and a hundred steps: five standard deviations of a binomial draw.
        #[test]
        fn the_mean_rate_is_in_proportion_to_intensity(seed: u32, intensity: u8, rate in 0.01f64..1.0) {
            let train = rate_coded(&[intensity; 1_000], &coding(seed.into(), 100, rate)).unwrap();
            let expected = rate * f64::from(intensity) / 255.0;
            let deviation = (expected * (1.0 - expected) / 1e5).sqrt();
            let found = train.time.len() as f64 / 1e5;
            prop_assert!((found - expected).abs() <= 5.0 * deviation + 1e-7, "{found} instead of {expected}");
        }

        #[test]
        fn columns_are_in_order_and_within_image_and_time(
            image in proptest::collection::vec(any::<u8>(), 0..60), steps in 1u32..20, time_step in 1i64..5_000, index: u32,
        ) {
            let settings = RateCoding { index, time_step, ..coding(3, steps, 0.7) };
            let Train { time, unit } = rate_coded(&image, &settings).unwrap();
            prop_assert_eq!(time.len(), unit.len());
            let spikes: Vec<(i64, u32)> = time.into_iter().zip(unit).collect();
            prop_assert!(spikes.windows(2).all(|pair| pair[0] < pair[1]));
            let sound = |&(time, unit): &(i64, u32)| {
                time % time_step == 0 && time / time_step < i64::from(steps) && image[unit as usize] > 0
            };
            prop_assert!(spikes.iter().all(sound));
        }

        #[test]
        fn fewer_steps_give_the_beginning(seed: u32, steps in 1u32..20, fewer in 1u32..20) {
            let whole = rate_coded(&[200; 50], &coding(seed.into(), steps.max(fewer), 0.4)).unwrap();
            let part = rate_coded(&[200; 50], &coding(seed.into(), fewer, 0.4)).unwrap();
            prop_assert!(whole.unit.starts_with(&part.unit) && whole.time.starts_with(&part.time));
        }
    }

    #[test]
    fn seeds_parts_images_and_epochs_are_drawn_independently() {
        let usual = coding(1, 50, 0.5);
        let drawn = |settings: &RateCoding| rate_coded(&[255; 40], settings).unwrap();
        assert_eq!(drawn(&usual), drawn(&usual.clone()));
        for other in [
            RateCoding { seed: 2, ..usual.clone() },
            RateCoding { split: Split::Test, ..usual.clone() },
            RateCoding { index: 1, ..usual.clone() },
            RateCoding { epoch: 1, ..usual.clone() },
        ] {
            assert_ne!(drawn(&usual), drawn(&other));
        }
    }

    #[test]
    fn a_train_never_changes_between_versions() {
        let Train { time, unit } =
            rate_coded(&[255, 128, 64, 0, 1, 200], &RateCoding { index: 7, ..coding(1, 6, 0.5) }).unwrap();
        assert_eq!(unit, [5, 5, 5, 0, 1, 0, 1, 0, 2]);
        assert_eq!(time, [0, 1, 2, 3, 3, 4, 4, 5, 5].map(|step| 1_000 * step));
    }

    #[test]
    fn settings_out_of_range_are_refused_by_name() {
        for (text, expected) in [
            (
                r#"{"steps": 0, "rate": 1}"#,
                "[range] rateCoding.steps: expected a whole number from 1 to 1048576, found 0",
            ),
            (r#"{"steps": 1, "rate": 0}"#, "[range] rateCoding.rate: expected above 0, at most 1, found 0"),
            (r#"{"steps": 1, "rate": 1.5}"#, "[range] rateCoding.rate: expected 0 to 1, found 1.5"),
            (
                r#"{"steps": 1, "rate": 1, "timeStep": 0.5}"#,
                "[range] rateCoding.timeStep: expected a whole number from 1 to 60000000, found 0.5",
            ),
        ] {
            assert_eq!(RateCoding::from_json(text).unwrap_err().to_string(), expected);
        }
        assert_eq!(RateCoding::from_json(r#"{"rate": 1}"#).unwrap_err().code, Code::Config);
        assert_eq!(rate_coded(&[1], &coding(0, 1, f64::NAN)).unwrap_err().code, Code::NotFinite);
    }
}
