//! The middle of the sensor.

use super::{Extent, Kind, Transform, edit, options};
use crate::{Events, check};
use decolle_error::Result;
use decolle_random::Generator;

/// Keeps a rectangle in the middle of the sensor, whose first pixel becomes (0, 0). Where as many columns or rows are left
/// on both sides but for one, the one is on the right or below.
#[derive(Debug)]
struct CenterCrop {
    size: Size,
}

/// Width and height of what is kept, in pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    width: u32,
    height: u32,
}

struct Given {
    width: f64,
    height: f64,
}

decolle_json::object! { Given { width, height } }

pub(super) const KIND: Kind =
    Kind { name: "centerCrop", read: |given| Ok(Box::new(CenterCrop { size: Size::read(given)? })) };

impl Size {
    /// Reads `width` and `height`.
    pub(super) fn read(given: decolle_json::Value) -> Result<Self> {
        let Given { width, height } = options::read(given)?;
        let side = |name, value| check::whole(name, value, 1, 1 << 16);
        Ok(Self { width: side("width", width)?, height: side("height", height)? })
    }

    /// The sensor that is left of another one.
    pub(super) fn extent(self, before: Extent) -> Result<Extent> {
        let Self { width, height } = self;
        check::within("width", width.into(), 1, before.width.into())?;
        check::within("height", height.into(), 1, before.height.into())?;
        Ok(Extent { width, height, ..before })
    }

    /// Columns and rows that are not kept.
    pub(super) fn rest(self, before: Extent) -> [u32; 2] {
        [before.width - self.width, before.height - self.height]
    }

    /// Keeps the rectangle that begins at this column and row.
    pub(super) fn crop(self, events: &mut Events, first: [u32; 2]) {
        edit::crop(events, first, [self.width, self.height]);
    }
}

impl Transform for CenterCrop {
    fn extent(&self, before: Extent) -> Result<Extent> {
        self.size.extent(before)
    }

    fn apply(&self, events: &mut Events, before: Extent, _: &mut Generator) -> Result<()> {
        self.size.crop(events, self.size.rest(before).map(|rest| rest / 2));
        Ok(())
    }
}
