//! Left and right exchanged.

use super::random_flip_polarity::Chance;
use super::{Extent, Kind, Transform, draws, edit};
use crate::Events;
use decolle_error::Result;
use decolle_random::Generator;

/// Mirrors all of a recording left to right with a probability.
#[derive(Debug)]
struct RandomFlipLr {
    chance: Chance,
}

pub(super) const KIND: Kind =
    Kind { name: "randomFlipLR", read: |given| Ok(Box::new(RandomFlipLr { chance: Chance::read(given)? })) };

impl Transform for RandomFlipLr {
    fn apply(&self, events: &mut Events, before: Extent, generator: &mut Generator) -> Result<()> {
        if draws::happens(generator, self.chance.probability) {
            edit::change_each(events, |event| Some(edit::Event { x: edit::mirrored(event.x, before.width), ..event }));
        }
        Ok(())
    }
}
