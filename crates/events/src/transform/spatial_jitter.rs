//! Pixels moved at random.

use super::{Extent, Kind, Transform, draws, edit, options};
use crate::{Events, check};
use decolle_error::{Code, Fault, Result};
use decolle_random::Generator;

/// Moves the pixel of each event by normally distributed numbers of columns and rows, rounded to whole pixels.
#[derive(Debug)]
struct SpatialJitter {
    /// By how many columns the first of two normal numbers moves.
    across: f64,
    /// By how many rows the first and the second move.
    down: [f64; 2],
    outliers: Outliers,
}

/// What becomes of events that leave the sensor.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outliers {
    /// They are dropped.
    Drop,
    /// They go to the nearest pixel of its border.
    Clip,
}

decolle_json::names! { Outliers { Drop, Clip } }

struct Given {
    var_x: f64,
    var_y: f64,
    sigma_xy: f64,
    outliers: Outliers,
}

decolle_json::object! { Given { var_x = 1.0, var_y = 1.0, sigma_xy = 0.0, outliers = Outliers::Drop } }

/// Largest variance in pixels squared: that of a normal number that leaves the largest sensor as often as not.
const MOST: f64 = 1e10;

pub(super) const KIND: Kind = Kind {
    name: "spatialJitter",
    read: |given| {
        let Given { var_x, var_y, sigma_xy, outliers } = options::read(given)?;
        check::between("varX", var_x, 0.0, MOST)?;
        check::between("varY", var_y, 0.0, MOST)?;
        let most = (var_x * var_y).sqrt();
        if !sigma_xy.is_finite() || sigma_xy.abs() > most {
            let code = if sigma_xy.is_finite() { Code::Range } else { Code::NotFinite };
            let expected = format_args!("within ±{most}, the root of varX · varY");
            return Err(Fault::unfit(code, &"sigmaXy", &expected, &sigma_xy));
        }
        // Of the matrix of variances the lower triangular root.
        let across = var_x.sqrt();
        let shared = if across > 0.0 { sigma_xy / across } else { 0.0 };
        let own = (var_y - shared * shared).max(0.0).sqrt();
        Ok(Box::new(SpatialJitter { across, down: [shared, own], outliers }))
    },
};

impl SpatialJitter {
    /// Where a pixel is moved, if it stays.
    fn moved(&self, place: u16, by: f64, side: u32) -> Option<u16> {
        let most = i64::from(side) - 1;
        let moved = decolle_number::truncated(libm::floor(f64::from(place) + by + 0.5));
        let stays = (0..=most).contains(&moved) || self.outliers == Outliers::Clip;
        stays.then(|| u16::try_from(moved.clamp(0, most)).expect("a place on the sensor"))
    }
}

impl Transform for SpatialJitter {
    fn apply(&self, events: &mut Events, before: Extent, generator: &mut Generator) -> Result<()> {
        edit::change_each(events, |event| {
            let [first, second] = draws::two_normal(generator);
            let x = self.moved(event.x, self.across * first, before.width)?;
            let y = self.moved(event.y, self.down[0] * first + self.down[1] * second, before.height)?;
            Some(edit::Event { x, y, ..event })
        });
        Ok(())
    }
}
