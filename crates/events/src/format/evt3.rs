//! Prophesee EVT3 (<https://docs.prophesee.ai/stable/data/encoding_formats/evt3.html>): a header (`prophesee.rs`), then words of
//! 16 bits, little-endian, each of which says what has changed.
//!
//! | bits 12–15 | word | bits |
//! |---|---|---|
//! | 0 | row | 0–10: y |
//! | 2 | event | 0–10: x, 11: polarity |
//! | 3 | where vectors begin | 0–10: x, 11: polarity |
//! | 4 | up to 12 events | 0–11: which of the 12 pixels from there on, after which vectors begin 12 further |
//! | 5 | up to 8 events | 0–7: which of the 8 pixels from there on, after which vectors begin 8 further |
//! | 6 | time | 0–11: time, bits 0–11 |
//! | 8 | time | 0–11: time, bits 12–23; where they change, bits 0–11 are 0 until they are said |
//!
//! Other words (triggers and what vendors add) hold no events of pixels and are passed over. Time is in microseconds and 24 bits
//! wide (16.8 s), after which it wraps around. Events before the first word with bits 12–23 of the time, or before the first
//! row, are left out and counted.

use super::Format;
use super::evt2::{Raw, Words};
use super::prophesee::{self, Kind};
use super::records::Clock;
use crate::Block;
use decolle_error::{Code, Fault, Result};
use decolle_number::low_16;

/// Prophesee EVT3.
pub(super) const FORMAT: Format = Format {
    name: "evt3",
    extensions: &[".raw"],
    recognise: Some(|first| prophesee::recognised(first) == Some(Kind::Evt3)),
    decoder: || Box::new(Raw::<2, Evt3>::new(Kind::Evt3)),
    encoder: None,
};

/// What the words so far have said.
struct Evt3 {
    clock: Clock<12>,
    /// Bits 12 and up of the time, or none yet; and all of it.
    high: Option<i64>,
    time: i64,
    y: Option<u16>,
    /// Where vectors begin, and their polarity.
    x: u16,
    polarity: u8,
}

impl Default for Evt3 {
    fn default() -> Self {
        Self { clock: Clock::new(), high: None, time: 0, y: None, x: 0, polarity: 0 }
    }
}

/// Width beyond which there is no pixel.
const WIDTH: u16 = 1 << 11;

impl Words<2> for Evt3 {
    fn take(&mut self, words: &[[u8; 2]], first: u64, block: &mut Block) -> Result<usize> {
        for (taken, word) in words.iter().enumerate() {
            if block.is_full() {
                return Ok(taken);
            }
            let byte = first + taken as u64 * 2;
            let word = u16::from_le_bytes(*word);
            let (place, polarity) = (word & 0x7ff, u8::from(word & 0x800 != 0));
            match word >> 12 {
                0 => self.y = Some(place),
                2 => self.event(place, polarity, byte, block),
                3 => (self.x, self.polarity) = (place, polarity),
                4 => self.vector(word & 0xfff, 12, byte, block)?,
                5 => self.vector(word & 0xff, 8, byte, block)?,
                6 => self.time = self.time & !0xfff | i64::from(word & 0xfff),
                8 => self.set_high(word & 0xfff),
                _ => {}
            }
        }
        Ok(words.len())
    }
}

impl Evt3 {
    fn set_high(&mut self, shown: u16) {
        let high = self.clock.at(shown.into());
        if self.high != Some(high) {
            let low = if self.high.is_none() { self.time & 0xfff } else { 0 };
            (self.high, self.time) = (Some(high), high << 12 | low);
        }
    }

    #[inline(always)]
    fn event(&self, x: u16, polarity: u8, byte: u64, block: &mut Block) {
        match (self.high, self.y) {
            (Some(_), Some(y)) => block.push(x, y, polarity, self.time, byte),
            _ => block.untimed += 1,
        }
    }

    #[inline(always)]
    fn vector(&mut self, which: u16, length: u16, byte: u64, block: &mut Block) -> Result<()> {
        if self.x >= WIDTH {
            let expected = format_args!("pixels of a vector below {WIDTH}");
            return Err(Fault::unfit(Code::Range, &format_args!("byte {byte}"), &expected, &self.x));
        }
        let mut rest = which;
        while rest != 0 {
            self.event(self.x + low_16(rest.trailing_zeros().into()), self.polarity, byte, block);
            rest &= rest - 1;
        }
        self.x += length;
        Ok(())
    }
}
