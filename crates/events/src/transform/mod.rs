//! Transforms of recordings: one file each, and one line each in [`TRANSFORMS`].
//!
//! Their names are those that the library tonic made usual (G. Lenz et al., doi:10.5281/zenodo.5079802). A list of them is
//! [`Transforms`], read from JSON. Each draws from a sequence of its own, whose purpose is its name and how many of the same
//! name stand before it: so what one draws does not change when another is added, removed or moved. Seed, epoch and number
//! of the recording say where the sequence begins ([`Draw`]).

mod center_crop;
mod crop_time;
mod denoise;
mod downsample;
mod draws;
mod drop_event;
mod drop_event_by_area;
mod drop_event_by_time;
mod edit;
mod merge_polarities;
mod options;
mod per_pixel;
mod random_crop;
mod random_flip_lr;
mod random_flip_polarity;
mod random_flip_ud;
mod refractory_period;
mod request;
mod spatial_jitter;
mod time_jitter;
mod time_skew;
mod uniform_noise;

pub use request::TransformRequest;

use crate::Events;
use crate::columns::LARGEST_WHOLE;
use decolle_error::{Code, Fault, Result};
use decolle_json::Value;
use decolle_random::Generator;
use std::fmt::Debug;

/// What recordings come from, and how long they usually are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Width of the sensor in pixels, 1 to 65,536.
    pub width: u32,
    /// Height of the sensor in pixels, 1 to 65,536.
    pub height: u32,
    /// How long a recording usually is, in microseconds, at least 1. No event depends on it.
    pub duration: i64,
}

/// Which random numbers are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Draw {
    /// Seed of all that is drawn.
    pub seed: u64,
    /// How often the recording has been shown, so that it differs from time to time.
    pub epoch: u32,
    /// Number of the recording in its data set, so that it differs from the others.
    pub index: u32,
}

/// Makes another recording of one.
pub trait Transform: Debug {
    /// Sensor and duration afterwards, which follow from those before: nothing of them is drawn.
    ///
    /// # Errors
    /// `range` with the name of the option, where it does not fit the sensor.
    fn extent(&self, before: Extent) -> Result<Extent> {
        Ok(before)
    }

    /// Changes the events of one recording.
    ///
    /// # Arguments
    /// `events` lie on the sensor of `before`, their times within ±(2⁵³ − 1); so they do afterwards, on that of
    /// [`Transform::extent`].
    ///
    /// # Errors
    /// `memory`; the events are then of no use.
    fn apply(&self, events: &mut Events, before: Extent, generator: &mut Generator) -> Result<()>;
}

/// A kind of transform.
#[derive(Clone, Copy)]
pub struct Kind {
    /// The `type` by which it is asked for.
    pub name: &'static str,
    /// Reads and checks its options, an object without the `type`; faults have the path of the option.
    pub read: fn(Value) -> Result<Box<dyn Transform>>,
}

/// Every kind of transform.
pub const TRANSFORMS: &[Kind] = &[
    center_crop::KIND,
    crop_time::KIND,
    denoise::KIND,
    downsample::KIND,
    drop_event::KIND,
    drop_event_by_area::KIND,
    drop_event_by_time::KIND,
    merge_polarities::KIND,
    random_crop::KIND,
    random_flip_lr::KIND,
    random_flip_polarity::KIND,
    random_flip_ud::KIND,
    refractory_period::KIND,
    spatial_jitter::KIND,
    time_jitter::KIND,
    time_skew::KIND,
    uniform_noise::KIND,
];

/// Transforms that are applied one after the other.
///
/// ```
/// use decolle_events::{Events, transform::{Draw, Extent, Transforms}};
/// let events = Events::new(vec![0, 9], vec![0, 8], vec![1, 0], vec![3, 2_500])?;
/// let transforms = Transforms::from_json(r#"[{"type": "downsample", "space": 4, "time": 1000}]"#)?;
/// let extent = Extent { width: 10, height: 12, duration: 3_000 };
/// let smaller = transforms.apply(events, extent, Draw::default())?;
/// // Of ten columns, two do not make a block of four.
/// assert_eq!((smaller.x, smaller.time), (vec![0], vec![0]));
/// assert_eq!(transforms.extent(extent)?, Extent { width: 2, height: 3, duration: 3_000 });
/// # Ok::<(), decolle_error::Fault>(())
/// ```
#[derive(Debug, Default)]
pub struct Transforms {
    steps: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    transform: Box<dyn Transform>,
    /// What its random numbers are for.
    purpose: String,
}

impl Transforms {
    /// Reads and checks a list such as `[{"type": "denoise", "filterTime": 10000}]`.
    ///
    /// # Errors
    /// `config` for a type or an option that is missing, unknown or of the wrong type, `range` or `not-finite` for its value,
    /// with a path such as `transforms[1].filterTime`.
    pub fn from_json(text: &str) -> Result<Self> {
        let list: Vec<Value> = decolle_json::parse(text)
            .and_then(decolle_json::Read::read)
            .map_err(|misfit| misfit.within("transforms").fault("transforms"))?;
        Self::read(list)
    }

    fn read(list: Vec<Value>) -> Result<Self> {
        let names: Vec<&str> = TRANSFORMS.iter().map(|kind| kind.name).collect();
        let mut seen = vec![0u32; names.len()];
        let mut steps = Vec::new();
        for (place, value) in list.into_iter().enumerate() {
            let path = format!("transforms[{place}]");
            let (kind, given) =
                decolle_json::tag(value, &names).map_err(|misfit| misfit.within(&path).fault("transforms"))?;
            let transform = (TRANSFORMS[kind].read)(given).map_err(|fault| fault.within(&path))?;
            let purpose = format!("transform.{}.{}", names[kind], seen[kind]);
            seen[kind] += 1;
            steps.push(Step { transform, purpose });
        }
        Ok(Self { steps })
    }

    /// Sensor and duration after all of them.
    ///
    /// # Errors
    /// `range` where an option does not fit the sensor that the transforms before have left, with its path.
    pub fn extent(&self, before: Extent) -> Result<Extent> {
        self.steps.iter().enumerate().try_fold(before, |extent, (place, step)| step.extent(place, extent))
    }

    /// Transforms one recording.
    ///
    /// # Errors
    /// Those of [`Transforms::extent`] and of [`Events::new`]; `range` for an event that is not on the sensor of `before`, or a
    /// time beyond ±(2⁵³ − 1) µs; `memory`.
    pub fn apply(&self, mut events: Events, before: Extent, draw: Draw) -> Result<Events> {
        self.extent(before)?;
        check(&events, before)?;
        let mut extent = before;
        for (place, step) in self.steps.iter().enumerate() {
            let mut generator = Generator::new(draw.seed, &step.purpose);
            generator.seek(u64::from(draw.epoch) << 32 | u64::from(draw.index), 0);
            step.transform.apply(&mut events, extent, &mut generator)?;
            extent = step.extent(place, extent)?;
        }
        Ok(events)
    }
}

impl Step {
    fn extent(&self, place: usize, before: Extent) -> Result<Extent> {
        self.transform.extent(before).map_err(|fault| fault.within(&format!("transforms[{place}]")))
    }
}

fn check(events: &Events, extent: Extent) -> Result<()> {
    events.check()?;
    events.pixels().check_sensor(extent.width, extent.height)?;
    let ends = [0, events.len().saturating_sub(1)];
    // In order, so that all others lie between these two.
    let beyond = ends
        .into_iter()
        .find(|&end| events.time.get(end).is_some_and(|time| !(-LARGEST_WHOLE..=LARGEST_WHOLE).contains(time)));
    match beyond {
        None => Ok(()),
        Some(end) => {
            let expected = "whole microseconds within ±(2^53 - 1)";
            Err(Fault::unfit(Code::Range, &format_args!("t[{end}]"), &expected, &events.time[end]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order_and_none_is_there_twice() {
        assert!(TRANSFORMS.windows(2).all(|pair| pair[0].name < pair[1].name));
    }
}
