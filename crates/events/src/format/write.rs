//! What encoders share: checks of what they are given.

use crate::Pixels;
use crate::columns::LARGEST_WHOLE;
use decolle_error::{Code, Fault, Result};

/// What a format can hold, and the time of the last event that was written.
pub(super) struct Limits {
    /// Width and height beyond which there is no pixel.
    pixels: [u32; 2],
    /// The greatest time, first time, and step from one event to the next, in microseconds.
    pub(super) latest: i64,
    pub(super) first: i64,
    pub(super) step: i64,
    last: Option<i64>,
}

impl Limits {
    /// Pixels up to those of the format, and of the sensor where it is known; any time from 0 on.
    ///
    /// # Errors
    /// `range` for a sensor that is larger than what the format can hold, or has no pixel.
    pub(super) fn new(most: [u32; 2], sensor: Option<[u32; 2]>) -> Result<Self> {
        let pixels = sensor.unwrap_or(most);
        for (side, name) in ["width", "height"].into_iter().enumerate() {
            if !(1..=most[side]).contains(&pixels[side]) {
                let (path, expected) = (format_args!("sensor.{name}"), format_args!("1 to {}", most[side]));
                return Err(Fault::unfit(Code::Range, &path, &expected, &pixels[side]));
            }
        }
        Ok(Self { pixels, latest: LARGEST_WHOLE, first: LARGEST_WHOLE, step: LARGEST_WHOLE, last: None })
    }

    /// Checks events that are about to be written.
    ///
    /// # Errors
    /// Those of [`Encoder::put`](super::Encoder::put).
    pub(super) fn check(&mut self, pixels: Pixels<'_>, time: &[i64]) -> Result<()> {
        pixels.check(time)?;
        let [width, height] = self.pixels;
        for (name, places, side) in [("x", pixels.x, width), ("y", pixels.y, height)] {
            if let Some(index) = places.iter().position(|&place| u32::from(place) >= side) {
                let path = format_args!("{name}[{index}]");
                return Err(Fault::unfit(Code::Range, &path, &format_args!("below {side}"), &places[index]));
            }
        }
        let mut last = self.last;
        for (index, &time) in time.iter().enumerate() {
            let (least, most) = match last {
                None => (0, self.first.min(self.latest)),
                Some(last) => (last, last.saturating_add(self.step).min(self.latest)),
            };
            if time < least || time > most {
                let code = if time < least && last.is_some() { Code::TimeOrder } else { Code::Range };
                let expected = format_args!("{least} to {most} µs in this format");
                return Err(Fault::unfit(code, &format_args!("t[{index}]"), &expected, &time));
            }
            last = Some(time);
        }
        self.last = last;
        Ok(())
    }
}

/// Room for `more` bytes.
pub(super) fn make_room(bytes: &mut Vec<u8>, more: usize) -> Result<()> {
    if bytes.try_reserve(more).is_ok() { Ok(()) } else { Err(Fault::memory("bytes", bytes.len() as u64 + more as u64)) }
}

/// The lowest byte of a number.
#[inline(always)]
pub(super) fn low_8(value: i64) -> u8 {
    value.to_le_bytes()[0]
}

/// The lowest four bytes of a number.
#[inline(always)]
pub(super) fn low_32(value: i64) -> u32 {
    let [a, b, c, d, ..] = value.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}
