//! Times moved at random.

use super::{Extent, Kind, Transform, draws, edit, options};
use crate::{Events, check};
use decolle_error::Result;
use decolle_random::Generator;

/// Moves the time of each event by a normally distributed number of microseconds, rounded to whole ones, and brings the
/// events into order again.
#[derive(Debug)]
struct TimeJitter {
    std: f64,
}

struct Given {
    std: f64,
}

decolle_json::object! { Given { std = 1.0 } }

/// Largest standard deviation, in microseconds: a quarter of an hour.
const MOST: f64 = 1e9;

pub(super) const KIND: Kind = Kind {
    name: "timeJitter",
    read: |given| {
        let Given { std } = options::read(given)?;
        check::between("std", std, 0.0, MOST)?;
        Ok(Box::new(TimeJitter { std }))
    },
};

impl Transform for TimeJitter {
    fn apply(&self, events: &mut Events, _: Extent, generator: &mut Generator) -> Result<()> {
        for pair in events.time.chunks_mut(2) {
            for (time, by) in pair.iter_mut().zip(draws::two_normal(generator)) {
                // The two are added as whole numbers, since float64 does not hold the fractions of late times.
                *time = edit::held(*time + edit::whole_time(by * self.std));
            }
        }
        edit::sort_by_time(events)
    }
}
