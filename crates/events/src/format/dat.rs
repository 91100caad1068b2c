//! Prophesee DAT, versions 1 and 2 (<https://docs.prophesee.ai/stable/data/file_formats/dat.html>): a header
//! (`prophesee.rs`), a byte with the type of the events, one with their size, then events of 8 bytes, little-endian.
//!
//! | bytes | holds |
//! |---|---|
//! | 0–3 | time in microseconds, 32 bits (71.6 minutes), which wraps around |
//! | 4–7, version 2 | bits 0–13: x, 14–27: y, 28: polarity |
//! | 4–7, version 1 | bits 0–8: x, 9–16: y, 17: polarity |
//!
//! Types 0, 12 and 40 are events of this kind; others, such as 14 for triggers, are refused. Written is version 2, type 12.

use super::prophesee::{self, Header, Kind};
use super::records::{Clock, Records};
use super::write::{Limits, low_32, make_room};
use super::{About, Decoder, Encoder, Format};
use crate::{Block, Pixels};
use decolle_error::{Code, Fault, Result};
use decolle_number::low_16;

/// Prophesee DAT.
pub(super) const FORMAT: Format = Format {
    name: "dat",
    extensions: &[".dat"],
    recognise: Some(|first| prophesee::recognised(first) == Some(Kind::Dat)),
    decoder: || Box::new(Dat { header: Header::default(), records: None, kind: Vec::new(), clock: Clock::new() }),
    encoder: Some(|about| Ok(Box::new(Writer::new(about)?))),
};

/// A file that is being read.
struct Dat {
    header: Header,
    /// Type and size of the events.
    kind: Vec<u8>,
    /// None until the header is through.
    records: Option<Records<8>>,
    clock: Clock<32>,
}

impl Decoder for Dat {
    fn take(&mut self, bytes: &[u8], block: &mut Block) -> Result<usize> {
        let mut taken = 0;
        if self.records.is_none() {
            taken = self.begin(bytes)?;
        }
        block.sensor = self.header.sensor();
        let Self { records: Some(records), header, clock, .. } = self else { return Ok(taken) };
        let rest = &bytes[taken..];
        let used = if header.version < 2 {
            records.take(rest, block, |events, byte, block| Ok(decode::<1>(events, byte, clock, block)))?
        } else {
            records.take(rest, block, |events, byte, block| Ok(decode::<2>(events, byte, clock, block)))?
        };
        Ok(taken + used)
    }

    fn end(&mut self, _: &mut Block) -> Result<()> {
        match &self.records {
            Some(records) => records.end("events"),
            None => {
                let path = format_args!("byte {}", self.header.bytes + self.kind.len() as u64);
                let expected = "lines that begin with %, and type and size of the events after them";
                Err(Fault::unfit(Code::Format, &path, &expected, &"the end of the file"))
            }
        }
    }
}

impl Dat {
    /// Reads the header, and type and size of the events.
    fn begin(&mut self, bytes: &[u8]) -> Result<usize> {
        let header = &mut self.header;
        let mut taken = if header.done { 0 } else { header.take(bytes)? };
        if !header.done {
            return Ok(taken);
        }
        header.check(Kind::Dat)?;
        while self.kind.len() < 2
            && let Some(&byte) = bytes.get(taken)
        {
            let place = header.bytes + self.kind.len() as u64;
            let (fits, expected) = match self.kind.len() {
                0 => (matches!(byte, 0 | 12 | 40), "events of type 0, 12 or 40"),
                _ => (byte == 8, "events of 8 bytes"),
            };
            if header.bytes == 0 || header.gave_back {
                return Err(Fault::unfit(Code::Format, &"byte 0", &"lines that begin with %", &byte));
            }
            if !fits {
                let code = if self.kind.is_empty() { Code::Unsupported } else { Code::Format };
                return Err(Fault::unfit(code, &format_args!("byte {place}"), &expected, &byte));
            }
            self.kind.push(byte);
            taken += 1;
        }
        if self.kind.len() == 2 {
            if header.version > 2 {
                let found = format_args!("version {}", header.version);
                return Err(Fault::unfit(Code::Unsupported, &"byte 0", &"a DAT of version 1 or 2", &found));
            }
            self.records = Some(Records::new(header.bytes + 2));
        }
        Ok(taken)
    }
}

/// Decodes events until the block is full; gives how many.
fn decode<const VERSION: u32>(events: &[[u8; 8]], mut byte: u64, clock: &mut Clock<32>, block: &mut Block) -> usize {
    let fit = events.len().min(block.room());
    for event in &events[..fit] {
        let word = u64::from_le_bytes(*event);
        let (time, data) = (word & 0xffff_ffff, word >> 32);
        let [x, y, polarity] = if VERSION < 2 {
            [data & 0x1ff, data >> 9 & 0xff, data >> 17 & 1]
        } else {
            [data & 0x3fff, data >> 14 & 0x3fff, data >> 28 & 1]
        };
        block.push(low_16(x), low_16(y), u8::from(polarity == 1), clock.at(time.cast_signed()), byte);
        byte += 8;
    }
    fit
}

/// A file that is being written.
struct Writer {
    limits: Limits,
    header: Option<String>,
}

impl Writer {
    fn new(about: &About) -> Result<Self> {
        let mut limits = Limits::new([1 << 14; 2], about.sensor)?;
        // A step of more than half of the clock's range would read as one backwards.
        (limits.first, limits.step) = ((1 << 32) - 1, (1 << 31) - 1);
        let mut header = String::from("% Data file containing CD events.\n% Version 2\n");
        if let Some([width, height]) = about.sensor {
            header.push_str(&format!("% Height {height}\n% Width {width}\n"));
        }
        header.push_str("% end\n\u{c}\u{8}");
        Ok(Self { limits, header: Some(header) })
    }
}

impl Encoder for Writer {
    fn put(&mut self, pixels: Pixels<'_>, time: &[i64], bytes: &mut Vec<u8>) -> Result<()> {
        self.limits.check(pixels, time)?;
        make_room(bytes, time.len() * 8 + self.header.as_ref().map_or(0, String::len))?;
        bytes.extend_from_slice(self.header.take().unwrap_or_default().as_bytes());
        for (index, &time) in time.iter().enumerate() {
            let place = u32::from(pixels.x[index]) | u32::from(pixels.y[index]) << 14;
            bytes.extend_from_slice(&low_32(time).to_le_bytes());
            bytes.extend_from_slice(&(place | u32::from(pixels.p[index]) << 28).to_le_bytes());
        }
        Ok(())
    }

    fn end(&mut self, bytes: &mut Vec<u8>) -> Result<()> {
        bytes.extend_from_slice(self.header.take().unwrap_or_default().as_bytes());
        Ok(())
    }
}
