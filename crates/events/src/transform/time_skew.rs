//! A clock that runs faster or slower.

use super::options::Interval;
use super::{Extent, Kind, Transform, edit, options};
use crate::Events;
use crate::columns::LARGEST_WHOLE;
use decolle_error::Result;
use decolle_random::Generator;

/// Stretches time by a coefficient, counted from the first event, and moves it by an offset in microseconds; both may be
/// drawn for each recording. Times are rounded to whole microseconds.
#[derive(Debug)]
struct TimeSkew {
    coefficient: Interval,
    offset: Interval,
}

struct Given {
    coefficient: Interval,
    offset: Interval,
}

decolle_json::object! { Given { coefficient, offset = Interval::at(0.0) } }

/// Smallest and largest coefficient.
const COEFFICIENTS: (f64, f64) = (1e-6, 1e6);

/// Largest offset in microseconds, 285 years.
const MOST_OFFSET: f64 = LARGEST_WHOLE as f64;

pub(super) const KIND: Kind = Kind {
    name: "timeSkew",
    read: |given| {
        let Given { coefficient, offset } = options::read(given)?;
        Ok(Box::new(TimeSkew {
            coefficient: coefficient.within("coefficient", COEFFICIENTS.0, COEFFICIENTS.1)?,
            offset: offset.within("offset", -MOST_OFFSET, MOST_OFFSET)?,
        }))
    },
};

impl Transform for TimeSkew {
    fn extent(&self, before: Extent) -> Result<Extent> {
        let duration = edit::whole_time(before.duration as f64 * self.coefficient.middle());
        Ok(Extent { duration: duration.max(1), ..before })
    }

    fn apply(&self, events: &mut Events, _: Extent, generator: &mut Generator) -> Result<()> {
        let (coefficient, offset) = (self.coefficient.draw(generator), self.offset.draw(generator));
        let Some(&first) = events.time.first() else { return Ok(()) };
        let begin = edit::held(first + edit::whole_time(offset));
        for time in &mut events.time {
            let elapsed = edit::whole_time((*time - first) as f64 * coefficient);
            *time = edit::held(begin + elapsed);
        }
        Ok(())
    }
}
