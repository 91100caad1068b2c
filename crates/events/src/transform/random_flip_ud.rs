//! Above and below exchanged.

use super::random_flip_polarity::Chance;
use super::{Extent, Kind, Transform, draws, edit};
use crate::Events;
use decolle_error::Result;
use decolle_random::Generator;

/// Mirrors all of a recording top to bottom with a probability.
#[derive(Debug)]
struct RandomFlipUd {
    chance: Chance,
}

pub(super) const KIND: Kind =
    Kind { name: "randomFlipUD", read: |given| Ok(Box::new(RandomFlipUd { chance: Chance::read(given)? })) };

impl Transform for RandomFlipUd {
    fn apply(&self, events: &mut Events, before: Extent, generator: &mut Generator) -> Result<()> {
        if draws::happens(generator, self.chance.probability) {
            edit::change_each(events, |event| Some(edit::Event { y: edit::mirrored(event.y, before.height), ..event }));
        }
        Ok(())
    }
}
