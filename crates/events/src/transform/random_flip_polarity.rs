//! Polarities exchanged.

use super::{Extent, Kind, Transform, draws, edit, options};
use crate::Events;
use decolle_error::Result;
use decolle_random::Generator;

/// Exchanges the polarity of each event with a probability: with 1 that of all, as if light and dark were exchanged.
#[derive(Debug)]
struct RandomFlipPolarity {
    chance: Chance,
}

/// How likely something is to happen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chance {
    pub(super) probability: f64,
}

decolle_json::object! { Chance { probability = 0.5 } }

impl Chance {
    /// Reads `probability`.
    pub(super) fn read(given: decolle_json::Value) -> Result<Self> {
        let Self { probability } = options::read(given)?;
        Ok(Self { probability: options::share("probability", probability)? })
    }
}

pub(super) const KIND: Kind = Kind {
    name: "randomFlipPolarity",
    read: |given| Ok(Box::new(RandomFlipPolarity { chance: Chance::read(given)? })),
};

impl Transform for RandomFlipPolarity {
    fn apply(&self, events: &mut Events, _: Extent, generator: &mut Generator) -> Result<()> {
        edit::change_each(events, |event| {
            let flip = u8::from(draws::happens(generator, self.chance.probability));
            Some(edit::Event { polarity: event.polarity ^ flip, ..event })
        });
        Ok(())
    }
}
