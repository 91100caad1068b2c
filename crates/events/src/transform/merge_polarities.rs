//! One polarity.

use super::{Extent, Kind, Transform, edit, options};
use crate::Events;
use decolle_error::Result;
use decolle_random::Generator;

/// Makes every polarity 0.
#[derive(Debug)]
struct MergePolarities;

struct Given {}

decolle_json::object! { Given {} }

pub(super) const KIND: Kind = Kind {
    name: "mergePolarities",
    read: |given| {
        let Given {} = options::read(given)?;
        Ok(Box::new(MergePolarities))
    },
};

impl Transform for MergePolarities {
    fn apply(&self, events: &mut Events, _: Extent, _: &mut Generator) -> Result<()> {
        edit::change_each(events, |event| Some(edit::Event { polarity: 0, ..event }));
        Ok(())
    }
}
