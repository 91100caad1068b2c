//! Events that nothing near them supports.

use super::per_pixel::PerPixel;
use super::{Extent, Kind, Transform, edit, options};
use crate::columns::LARGEST_WHOLE;
use crate::{Events, check};
use decolle_error::Result;
use decolle_random::Generator;

/// Drops events that stand alone: those without an event before them at one of the four pixels beside theirs, less than
/// `filter_time` microseconds earlier. Events that are dropped themselves support others, too.
#[derive(Debug)]
struct Denoise {
    filter_time: i64,
}

struct Given {
    filter_time: f64,
}

decolle_json::object! { Given { filter_time = 10_000.0 } }

pub(super) const KIND: Kind = Kind {
    name: "denoise",
    read: |given| {
        let Given { filter_time } = options::read(given)?;
        Ok(Box::new(Denoise { filter_time: check::whole("filterTime", filter_time, 1, LARGEST_WHOLE)? }))
    },
};

impl Transform for Denoise {
    fn apply(&self, events: &mut Events, before: Extent, _: &mut Generator) -> Result<()> {
        let mut last = PerPixel::new(events, before)?;
        edit::keep_those(events, |event| {
            let (x, y) = (u32::from(event.x), u32::from(event.y));
            last.set(x, y, event.time);
            // Left of column 0 there is none: the largest number lies outside every sensor.
            let beside = [(x.wrapping_sub(1), y), (x + 1, y), (x, y.wrapping_sub(1)), (x, y + 1)];
            beside.into_iter().any(|(x, y)| last.is_recent(x, y, event.time, self.filter_time))
        });
        Ok(())
    }
}
