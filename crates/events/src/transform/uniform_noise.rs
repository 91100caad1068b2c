//! Events out of nothing.

use super::{Extent, Kind, Transform, draws, edit, options};
use crate::{Events, check};
use decolle_error::Result;
use decolle_random::Generator;

/// Adds events whose pixel, polarity and time are drawn, all alike, from the sensor and from the time between the first
/// event and the last, both included. A recording without events has no such time and gets none.
#[derive(Debug)]
struct UniformNoise {
    count: usize,
}

struct Given {
    count: f64,
}

decolle_json::object! { Given { count } }

/// Most events that are added, a quarter of a gigabyte of them.
const MOST: i64 = 1 << 24;

pub(super) const KIND: Kind = Kind {
    name: "uniformNoise",
    read: |given| {
        let Given { count } = options::read(given)?;
        Ok(Box::new(UniformNoise { count: check::whole("count", count, 0, MOST)? }))
    },
};

impl Transform for UniformNoise {
    fn apply(&self, events: &mut Events, before: Extent, generator: &mut Generator) -> Result<()> {
        let (Some(&first), Some(&last)) = (events.time.first(), events.time.last()) else { return Ok(()) };
        events.make_room(self.count, usize::MAX, "count")?;
        let length = last.abs_diff(first) + 1;
        for _ in 0..self.count {
            let place = |drawn: u32| u16::try_from(drawn).expect("a place on the sensor");
            let (x, y) = (place(generator.below(before.width)), place(generator.below(before.height)));
            let polarity = u8::from(draws::happens(generator, 0.5));
            events.push(x, y, polarity, first.saturating_add_unsigned(draws::below(generator, length)));
        }
        edit::sort_by_time(events)
    }
}
