//! What a binding asks for: transforms, the sensor, and which random numbers.

use super::{Draw, Extent, Transforms};
use crate::{Events, check};
use decolle_error::Result;
use decolle_json::Value;
use decolle_random::seed_from_number;

/// Transforms with what they work on.
#[derive(Debug)]
pub struct TransformRequest {
    /// The transforms.
    pub transforms: Transforms,
    /// Sensor and duration before them.
    pub before: Extent,
    /// Sensor and duration after them.
    pub after: Extent,
    /// Which random numbers they draw.
    pub draw: Draw,
}

struct Given {
    transforms: Vec<Value>,
    width: f64,
    height: f64,
    duration: f64,
    seed: f64,
    epoch: f64,
    index: f64,
}

decolle_json::object! {
    Given { transforms, width, height, duration = 1.0, seed = 0.0, epoch = 0.0, index = 0.0 }
}

impl TransformRequest {
    /// Reads and checks JSON with `transforms`, `width`, `height` and optionally `duration` (1), `seed`, `epoch`, `index` (0).
    ///
    /// ```
    /// use decolle_events::{Events, transform::TransformRequest};
    /// let text = r#"{"transforms": [{"type": "centerCrop", "width": 2, "height": 2}], "width": 4, "height": 4}"#;
    /// let request = TransformRequest::from_json(text)?;
    /// let events = request.apply(Events::new(vec![1, 3], vec![2, 3], vec![1, 1], vec![5, 6])?)?;
    /// assert_eq!((events.x, events.y, request.after.width), (vec![0], vec![1], 2));
    /// # Ok::<(), decolle_error::Fault>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`Transforms::from_json`] and [`Transforms::extent`]; `config` or `range` for another field.
    pub fn from_json(text: &str) -> Result<Self> {
        let given: Given = decolle_json::read("options", text)?;
        let most = i64::from(u32::MAX);
        let before = Extent {
            width: check::whole("width", given.width, 1, 1 << 16)?,
            height: check::whole("height", given.height, 1, 1 << 16)?,
            duration: check::whole("duration", given.duration, 1, i64::MAX)?,
        };
        let draw = Draw {
            seed: seed_from_number(given.seed)?,
            epoch: check::whole("epoch", given.epoch, 0, most)?,
            index: check::whole("index", given.index, 0, most)?,
        };
        let transforms = Transforms::read(given.transforms)?;
        let after = transforms.extent(before)?;
        Ok(Self { transforms, before, after, draw })
    }

    /// Transforms one recording.
    ///
    /// # Errors
    /// Those of [`Transforms::apply`].
    pub fn apply(&self, events: Events) -> Result<Events> {
        self.transforms.apply(events, self.before, self.draw)
    }
}
