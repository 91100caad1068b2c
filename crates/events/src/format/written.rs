//! What encoders share: the checks of events that are written.

use crate::Pixels;
use decolle_error::{Code, Fault, Result};

/// Checks events that are written: columns of equal length, polarities of 0 or 1, pixels within `width` and `height`, times that
/// never decrease and are at least `least`, the latest that was written before. Gives the latest.
pub(super) fn check(pixels: Pixels<'_>, time: &[i64], least: i64, sides: [u32; 2]) -> Result<i64> {
    pixels.check(time)?;
    for (name, column, side) in [("x", pixels.x, sides[0]), ("y", pixels.y, sides[1])] {
        if let Some(index) = column.iter().position(|&place| u32::from(place) >= side) {
            let path = format_args!("{name}[{index}]");
            return Err(Fault::unfit(Code::Range, &path, &format_args!("{name} below {side}"), &column[index]));
        }
    }
    match time {
        [first, ..] if *first < least => {
            Err(Fault::unfit(Code::TimeOrder, &"t[0]", &format_args!("at least {least} µs"), first))
        }
        [.., last] => Ok(*last),
        [] => Ok(least),
    }
}
