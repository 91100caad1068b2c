//! A rectangle of the sensor left out.

use super::{Extent, Kind, Transform, draws, edit, options};
use crate::Events;
use decolle_error::Result;
use decolle_random::Generator;

/// Drops the events of a rectangle at a random place, whose sides are a share of the sensor's, rounded down (F. Gu et al.,
/// "EventDrop: data augmentation for event-based learning", IJCAI 2021).
#[derive(Debug)]
struct DropEventByArea {
    share: f64,
}

struct Given {
    share: f64,
}

decolle_json::object! { Given { share = 0.2 } }

pub(super) const KIND: Kind = Kind {
    name: "dropEventByArea",
    read: |given| {
        let Given { share } = options::read(given)?;
        Ok(Box::new(DropEventByArea { share: options::share("share", share)? }))
    },
};

impl Transform for DropEventByArea {
    fn apply(&self, events: &mut Events, before: Extent, generator: &mut Generator) -> Result<()> {
        let mut range = |side: u32| {
            let size = decolle_number::truncated(f64::from(side) * self.share);
            let places = (i64::from(side) - size).unsigned_abs() + 1;
            let first = draws::below(generator, places);
            first..first + size.unsigned_abs()
        };
        let (columns, rows) = (range(before.width), range(before.height));
        edit::keep_those(events, |event| !(columns.contains(&event.x.into()) && rows.contains(&event.y.into())));
        Ok(())
    }
}
