//! Fewer pixels, coarser times.

use super::{Extent, Kind, Transform, edit, options};
use crate::columns::LARGEST_WHOLE;
use crate::{Events, check};
use decolle_error::{Code, Fault, Result};
use decolle_random::Generator;

/// Joins blocks of `space` × `space` pixels into one, and rounds times down to whole multiples of `time` microseconds. No
/// event is lost but those of columns and rows that do not make a whole block.
#[derive(Debug)]
struct Downsample {
    space: u16,
    time: i64,
}

struct Given {
    space: f64,
    time: f64,
}

decolle_json::object! { Given { space = 1.0, time = 1.0 } }

pub(super) const KIND: Kind = Kind {
    name: "downsample",
    read: |given| {
        let Given { space, time } = options::read(given)?;
        let space = check::whole("space", space, 1, i64::from(u16::MAX))?;
        Ok(Box::new(Downsample { space, time: check::whole("time", time, 1, LARGEST_WHOLE)? }))
    },
};

impl Transform for Downsample {
    fn extent(&self, before: Extent) -> Result<Extent> {
        let block = u32::from(self.space);
        let (width, height) = (before.width / block, before.height / block);
        if width == 0 || height == 0 {
            let expected = format_args!("at most {}, the sensor's shorter side", before.width.min(before.height));
            return Err(Fault::unfit(Code::Range, &"space", &expected, &block));
        }
        Ok(Extent { width, height, ..before })
    }

    fn apply(&self, events: &mut Events, before: Extent, _: &mut Generator) -> Result<()> {
        let Extent { width, height, .. } = self.extent(before)?;
        edit::change_each(events, |event| {
            let (x, y) = (event.x / self.space, event.y / self.space);
            // Below 0, too, down is towards earlier times.
            let time = edit::held(event.time.div_euclid(self.time) * self.time);
            (u32::from(x) < width && u32::from(y) < height).then_some(edit::Event { x, y, time, ..event })
        });
        Ok(())
    }
}
