//! Some part of the sensor.

use super::center_crop::Size;
use super::{Extent, Kind, Transform};
use crate::Events;
use decolle_error::Result;
use decolle_random::Generator;

/// Keeps a rectangle of the sensor, any place of it alike, whose first pixel becomes (0, 0).
#[derive(Debug)]
struct RandomCrop {
    size: Size,
}

pub(super) const KIND: Kind =
    Kind { name: "randomCrop", read: |given| Ok(Box::new(RandomCrop { size: Size::read(given)? })) };

impl Transform for RandomCrop {
    fn extent(&self, before: Extent) -> Result<Extent> {
        self.size.extent(before)
    }

    fn apply(&self, events: &mut Events, before: Extent, generator: &mut Generator) -> Result<()> {
        let first = self.size.rest(before).map(|rest| generator.below(rest + 1));
        self.size.crop(events, first);
        Ok(())
    }
}
