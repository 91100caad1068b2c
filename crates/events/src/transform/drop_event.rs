//! Events left out at random.

use super::options::Interval;
use super::{Extent, Kind, Transform, draws, edit, options};
use crate::Events;
use decolle_error::Result;
use decolle_random::Generator;

/// Drops each event with a probability, which may itself be drawn for each recording.
#[derive(Debug)]
struct DropEvent {
    probability: Interval,
}

struct Given {
    probability: Interval,
}

decolle_json::object! { Given { probability } }

pub(super) const KIND: Kind = Kind {
    name: "dropEvent",
    read: |given| {
        let Given { probability } = options::read(given)?;
        Ok(Box::new(DropEvent { probability: probability.within("probability", 0.0, 1.0)? }))
    },
};

impl Transform for DropEvent {
    fn apply(&self, events: &mut Events, _: Extent, generator: &mut Generator) -> Result<()> {
        let probability = self.probability.draw(generator);
        edit::keep_those(events, |_| !draws::happens(generator, probability));
        Ok(())
    }
}
