//! A stretch of time left out.

use super::{Extent, Kind, Transform, draws, edit, options};
use crate::Events;
use decolle_error::Result;
use decolle_random::Generator;

/// Drops the events of a stretch at a random time, whose length is a share of the recording's, from its first event to its
/// last, rounded down (F. Gu et al., "EventDrop: data augmentation for event-based learning", IJCAI 2021).
#[derive(Debug)]
struct DropEventByTime {
    share: f64,
}

struct Given {
    share: f64,
}

decolle_json::object! { Given { share = 0.2 } }

pub(super) const KIND: Kind = Kind {
    name: "dropEventByTime",
    read: |given| {
        let Given { share } = options::read(given)?;
        Ok(Box::new(DropEventByTime { share: options::share("share", share)? }))
    },
};

impl Transform for DropEventByTime {
    fn apply(&self, events: &mut Events, _: Extent, generator: &mut Generator) -> Result<()> {
        let (Some(&first), Some(&last)) = (events.time.first(), events.time.last()) else { return Ok(()) };
        let length = last.abs_diff(first) + 1;
        let dropped = decolle_number::truncated(length as f64 * self.share).unsigned_abs().min(length);
        let begin = draws::below(generator, length - dropped + 1);
        edit::keep_those(events, |event| !(begin..begin + dropped).contains(&event.time.abs_diff(first)));
        Ok(())
    }
}
