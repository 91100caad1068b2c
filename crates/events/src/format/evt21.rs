//! Prophesee EVT2.1 (<https://docs.prophesee.ai/stable/data/encoding_formats/evt21.html>): a header (`prophesee.rs`), then words
//! of 64 bits.
//!
//! | bits 60–63 | word | bits |
//! |---|---|---|
//! | 0, 1 | up to 32 events of that polarity | 0–31: which of the pixels from x on, 32–42: y, 43–53: x, 54–59: time, bits 0–5 |
//! | 8 | time | 32–59: time, bits 6–33 |
//!
//! Words are little-endian where the header says `endianness=little` (GenX320); where it says `legacy` (IMX636), the upper half
//! comes first, each half little-endian. Where it says neither, the first word decides: it is one with the time, so that is the
//! order in which it is. Otherwise as EVT2.

use super::Format;
use super::evt2::{Raw, Words};
use super::prophesee::{self, Header, Kind};
use super::records::Clock;
use crate::Block;
use decolle_error::Result;
use decolle_number::low_16;

/// Prophesee EVT2.1.
pub(super) const FORMAT: Format = Format {
    name: "evt21",
    extensions: &[".raw"],
    recognise: Some(|first| prophesee::recognised(first) == Some(Kind::Evt21)),
    decoder: || Box::new(Raw::<8, Evt21>::new(Kind::Evt21)),
    encoder: None,
};

/// What the words so far have said.
struct Evt21 {
    is_little: Option<bool>,
    clock: Clock<28>,
    /// Time of the last word with the time, or none yet.
    time: Option<i64>,
}

impl Default for Evt21 {
    fn default() -> Self {
        Self { is_little: None, clock: Clock::new(), time: None }
    }
}

/// Bits 60 to 63 of a word with the time.
const TIME: u64 = 8;

impl Words<8> for Evt21 {
    fn begin(&mut self, header: &Header) {
        self.is_little = header.is_little;
    }

    fn take(&mut self, words: &[[u8; 8]], first: u64, block: &mut Block) -> Result<usize> {
        for (taken, word) in words.iter().enumerate() {
            if block.is_full() {
                return Ok(taken);
            }
            let stored = u64::from_le_bytes(*word);
            let is_little =
                *self.is_little.get_or_insert_with(|| stored >> 60 == TIME && stored.rotate_left(32) >> 60 != TIME);
            let word = if is_little { stored } else { stored.rotate_left(32) };
            match word >> 60 {
                TIME => self.time = Some(self.clock.at((word >> 32 & 0xfff_ffff).cast_signed()) << 6),
                kind @ (0 | 1) => self.events(word, u8::from(kind == 1), first + taken as u64 * 8, block),
                _ => {}
            }
        }
        Ok(words.len())
    }
}

impl Evt21 {
    fn events(&self, word: u64, polarity: u8, byte: u64, block: &mut Block) {
        let mut which = word & 0xffff_ffff;
        let Some(time) = self.time else {
            block.untimed += u64::from(which.count_ones());
            return;
        };
        let time = time + (word >> 54 & 0x3f).cast_signed();
        let (x, y) = (low_16(word >> 43 & 0x7ff), low_16(word >> 32 & 0x7ff));
        while which != 0 {
            block.push(x + low_16(which.trailing_zeros().into()), y, polarity, time, byte);
            which &= which - 1;
        }
    }
}
