//! Pixels that rest after an event.

use super::per_pixel::PerPixel;
use super::{Extent, Kind, Transform, edit, options};
use crate::columns::LARGEST_WHOLE;
use crate::{Events, check};
use decolle_error::Result;
use decolle_random::Generator;

/// Drops events less than `delta` microseconds after the last event of their pixel that was kept, of either polarity.
#[derive(Debug)]
struct RefractoryPeriod {
    delta: i64,
}

struct Given {
    delta: f64,
}

decolle_json::object! { Given { delta } }

pub(super) const KIND: Kind = Kind {
    name: "refractoryPeriod",
    read: |given| {
        let Given { delta } = options::read(given)?;
        Ok(Box::new(RefractoryPeriod { delta: check::whole("delta", delta, 1, LARGEST_WHOLE)? }))
    },
};

impl Transform for RefractoryPeriod {
    fn apply(&self, events: &mut Events, before: Extent, _: &mut Generator) -> Result<()> {
        let mut kept = PerPixel::new(events, before)?;
        edit::keep_those(events, |event| {
            let (x, y) = (event.x.into(), event.y.into());
            let keep = !kept.is_recent(x, y, event.time, self.delta);
            if keep {
                kept.set(x, y, event.time);
            }
            keep
        });
        Ok(())
    }
}
