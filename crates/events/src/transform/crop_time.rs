//! A stretch of time.

use super::{Extent, Kind, Transform, edit, options};
use crate::columns::LARGEST_WHOLE;
use crate::{Events, check};
use decolle_error::{Code, Fault, Result};
use decolle_random::Generator;

/// Keeps the events from `min` to just before `max`, in microseconds since the first event. Times stay as they are.
#[derive(Debug)]
struct CropTime {
    min: i64,
    max: Option<i64>,
}

struct Given {
    min: f64,
    max: Option<f64>,
}

decolle_json::object! { Given { min = 0.0, max = None } }

pub(super) const KIND: Kind = Kind {
    name: "cropTime",
    read: |given| {
        let given: Given = options::read(given)?;
        let min = check::whole("min", given.min, 0, LARGEST_WHOLE)?;
        let max: Option<i64> = given.max.map(|max| check::whole("max", max, 1, LARGEST_WHOLE)).transpose()?;
        match max {
            Some(max) if max <= min => {
                Err(Fault::unfit(Code::Range, &"max", &format_args!("more than min = {min}"), &max))
            }
            _ => Ok(Box::new(CropTime { min, max })),
        }
    },
};

impl Transform for CropTime {
    fn extent(&self, before: Extent) -> Result<Extent> {
        let end = self.max.unwrap_or(i64::MAX).min(before.duration);
        Ok(Extent { duration: (end - self.min).max(1), ..before })
    }

    fn apply(&self, events: &mut Events, _: Extent, _: &mut Generator) -> Result<()> {
        let Some(&first) = events.time.first() else { return Ok(()) };
        let max = self.max.unwrap_or(i64::MAX);
        edit::keep_those(events, |event| (self.min..max).contains(&(event.time - first)));
        Ok(())
    }
}
