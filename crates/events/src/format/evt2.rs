//! Prophesee EVT2 (<https://docs.prophesee.ai/stable/data/encoding_formats/evt2.html>): a header (`prophesee.rs`), then words of
//! 32 bits, little-endian.
//!
//! | bits 28–31 | word | bits |
//! |---|---|---|
//! | 0, 1 | event of that polarity | 0–10: y, 11–21: x, 22–27: time, bits 0–5 |
//! | 8 | time | 0–27: time, bits 6–33 |
//!
//! Other words (triggers and what vendors add) hold no events of pixels and are passed over. Time is in microseconds and 34 bits
//! wide (4.8 hours), after which it wraps around. Events before the first word with the time are left out and counted.

use super::prophesee::{self, Header, Kind};
use super::records::{Clock, Records};
use super::write::{Limits, low_32, make_room};
use super::{About, Decoder, Encoder, Format};
use crate::{Block, Pixels};
use decolle_error::Result;
use decolle_number::low_16;

/// Prophesee EVT2.
pub(super) const FORMAT: Format = Format {
    name: "evt2",
    extensions: &[".raw"],
    recognise: Some(|first| prophesee::recognised(first) == Some(Kind::Evt2)),
    decoder: || Box::new(Raw::<4, Evt2>::new(Kind::Evt2)),
    encoder: Some(|about| Ok(Box::new(Writer::new(about)?))),
};

/// A RAW file that is being read, after its header words of `N` bytes.
pub(super) struct Raw<const N: usize, D> {
    kind: Kind,
    header: Header,
    words: Records<N>,
    decode: D,
}

/// Decodes words of `N` bytes.
pub(super) trait Words<const N: usize>: Default + Send {
    /// Is told of the header, once it is through.
    fn begin(&mut self, _: &Header) {}

    /// Decodes words until the block is full, the first of which is at `byte`; gives how many.
    fn take(&mut self, words: &[[u8; N]], byte: u64, block: &mut Block) -> Result<usize>;
}

impl<const N: usize, D: Words<N>> Raw<N, D> {
    pub(super) fn new(kind: Kind) -> Self {
        Self { kind, header: Header::default(), words: Records::new(0), decode: D::default() }
    }
}

impl<const N: usize, D: Words<N>> Decoder for Raw<N, D> {
    fn take(&mut self, bytes: &[u8], block: &mut Block) -> Result<usize> {
        let Self { kind, header, words, decode } = self;
        let mut taken = 0;
        if !header.done {
            taken = header.take(bytes)?;
            if !header.done {
                return Ok(taken);
            }
            header.check(*kind)?;
            *words = Records::new(header.bytes);
            if header.gave_back {
                words.hold(b'%');
            }
            decode.begin(header);
            block.sensor = header.sensor();
        }
        Ok(taken + words.take(&bytes[taken..], block, |words, byte, block| decode.take(words, byte, block))?)
    }

    fn end(&mut self, block: &mut Block) -> Result<()> {
        if !self.header.done {
            self.header.end()?;
            self.header.check(self.kind)?;
            block.sensor = self.header.sensor();
        }
        self.words.end("words")
    }
}

/// What the words so far have said.
struct Evt2 {
    clock: Clock<28>,
    /// Time of the last word with the time, or none yet.
    time: Option<i64>,
}

impl Default for Evt2 {
    fn default() -> Self {
        Self { clock: Clock::new(), time: None }
    }
}

impl Words<4> for Evt2 {
    fn take(&mut self, words: &[[u8; 4]], first: u64, block: &mut Block) -> Result<usize> {
        let mut taken = 0;
        while taken < words.len() && !block.is_full() {
            let Some(time) = self.time else {
                taken += self.wait(&words[taken..], block);
                continue;
            };
            taken += self.follow(time, &words[taken..], first + taken as u64 * 4, block);
        }
        Ok(taken)
    }
}

impl Evt2 {
    /// Passes over words up to the first with the time.
    fn wait(&mut self, words: &[[u8; 4]], block: &mut Block) -> usize {
        for (taken, word) in words.iter().enumerate() {
            let word = u32::from_le_bytes(*word);
            match word >> 28 {
                0 | 1 => block.untimed += 1,
                8 => {
                    self.time = Some(self.clock.at((word & 0xfff_ffff).into()) << 6);
                    return taken + 1;
                }
                _ => {}
            }
        }
        words.len()
    }

    /// Decodes words after one with the time, no more than there is room for if all were events; gives how many.
    fn follow(&mut self, mut time: i64, words: &[[u8; 4]], mut byte: u64, block: &mut Block) -> usize {
        let fit = words.len().min(block.room());
        for word in &words[..fit] {
            let word = u64::from(u32::from_le_bytes(*word));
            let kind = word >> 28;
            if kind < 2 {
                let low = (word >> 22 & 0x3f).cast_signed();
                block.push(low_16(word >> 11 & 0x7ff), low_16(word & 0x7ff), u8::from(kind == 1), time + low, byte);
            } else if kind == 8 {
                time = self.clock.at((word & 0xfff_ffff).cast_signed()) << 6;
            }
            byte += 4;
        }
        self.time = Some(time);
        fit
    }
}

/// A file that is being written.
struct Writer {
    limits: Limits,
    header: Option<String>,
    /// Bits 6 and up of the time that was written last, counted on where the clock wraps around.
    high: Option<i64>,
}

/// A step of the time's upper bits that cannot be mistaken for one backwards.
const STEP: i64 = (1 << 27) - 1;

impl Writer {
    fn new(about: &About) -> Result<Self> {
        let limits = Limits::new([1 << 11; 2], about.sensor)?;
        Ok(Self { limits, header: Some(prophesee::raw_header("2.0", "EVT2", about.sensor)), high: None })
    }
}

impl Encoder for Writer {
    fn put(&mut self, pixels: Pixels<'_>, time: &[i64], bytes: &mut Vec<u8>) -> Result<()> {
        self.limits.check(pixels, time)?;
        // A word with the time a step: 2²⁰ of them at most, for the longest time.
        let steps = time.last().map_or(0, |&last| decolle_number::saturated(((last >> 6) / STEP).unsigned_abs()));
        make_room(bytes, steps * 4 + time.len() * 8 + self.header.as_ref().map_or(0, String::len))?;
        bytes.extend_from_slice(self.header.take().unwrap_or_default().as_bytes());
        for (index, &time) in time.iter().enumerate() {
            let high = time >> 6;
            while self.high != Some(high) {
                let next = high.min(self.high.unwrap_or(0) + STEP);
                bytes.extend_from_slice(&(8 << 28 | low_32(next) & 0xfff_ffff).to_le_bytes());
                self.high = Some(next);
            }
            let place = u32::from(pixels.y[index]) | u32::from(pixels.x[index]) << 11;
            let word = place | low_32(time & 0x3f) << 22 | u32::from(pixels.p[index]) << 28;
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        Ok(())
    }

    fn end(&mut self, bytes: &mut Vec<u8>) -> Result<()> {
        bytes.extend_from_slice(self.header.take().unwrap_or_default().as_bytes());
        Ok(())
    }
}
