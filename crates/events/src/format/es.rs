//! Event Stream (`.es`), version 2 (<https://github.com/neuromorphic-paris/event_stream>): the header
//!
//! | bytes | holds |
//! |---|---|
//! | 0–11 | `Event Stream` |
//! | 12–14 | version: 2, minor, patch |
//! | 15 | type: 0 generic, 1 DVS, 2 ATIS, 4 colour; DVS alone is read and written |
//! | 16–19 | width and height, 16 bits each, little-endian |
//!
//! then events of five bytes:
//!
//! | byte | holds |
//! |---|---|
//! | 0 | bit 0: polarity; bits 1–7: microseconds since the event before, up to 126. 255 is no event, but 127 µs; 254 is no event |
//! | 1, 2 | x, little-endian |
//! | 3, 4 | y, little-endian |
//!
//! Time begins at 0 and never wraps around.

use super::write::{Limits, low_8, make_room};
use super::{About, Decoder, Encoder, Format};
use crate::{Block, Pixels};
use decolle_error::{Code, Fault, Result};
use decolle_number::low_16;

/// Event Stream.
pub(super) const FORMAT: Format = Format {
    name: "es",
    extensions: &[".es"],
    recognise: Some(|first| first.starts_with(MAGIC)),
    decoder: || Box::new(EventStream { header: [0; HEADER], held: 0, rest: [0; EVENT], partial: 0, time: 0, byte: 0 }),
    encoder: Some(|about| Ok(Box::new(Writer::new(about)?))),
};

/// How files begin.
const MAGIC: &[u8] = b"Event Stream";
/// Bytes of the header, and of an event.
const HEADER: usize = 20;
const EVENT: usize = 5;
/// Bytes that are no events.
const LATER: u8 = 255;
const RESET: u8 = 254;

/// A file that is being read.
struct EventStream {
    /// The header, and how much of it has come.
    header: [u8; HEADER],
    held: usize,
    /// The first bytes of an event whose others have not come yet.
    rest: [u8; EVENT],
    partial: usize,
    time: i64,
    /// Offset of the next event.
    byte: u64,
}

impl Decoder for EventStream {
    fn take(&mut self, bytes: &[u8], block: &mut Block) -> Result<usize> {
        let mut taken = 0;
        if self.held < HEADER {
            taken = self.begin(bytes)?;
            if self.held < HEADER {
                return Ok(taken);
            }
        }
        let [.., width, width_high, height, height_high] = self.header;
        let side = |bytes| u32::from(u16::from_le_bytes(bytes));
        block.sensor = Some([side([width, width_high]), side([height, height_high])]);
        if self.partial > 0 && !block.is_full() {
            let more = (bytes.len() - taken).min(EVENT - self.partial);
            self.rest[self.partial..self.partial + more].copy_from_slice(&bytes[taken..taken + more]);
            (self.partial, taken) = (self.partial + more, taken + more);
            if self.partial < EVENT {
                return Ok(taken);
            }
            self.partial = 0;
            let event = self.rest;
            self.decode(&event, block);
        }
        taken += self.decode(&bytes[taken..], block);
        let rest = &bytes[taken..];
        if block.is_full() {
            return Ok(taken);
        }
        self.rest[..rest.len()].copy_from_slice(rest);
        self.partial = rest.len();
        Ok(bytes.len())
    }

    fn end(&mut self, _: &mut Block) -> Result<()> {
        let (left, expected) = if self.held < HEADER {
            (self.held, "a header of 20 bytes")
        } else {
            (self.partial, "whole events of 5 bytes")
        };
        if left == 0 && self.held == HEADER {
            return Ok(());
        }
        let found = format_args!("the end of the file after {left} of them");
        Err(Fault::unfit(Code::Format, &format_args!("byte {}", self.byte), &expected, &found))
    }
}

impl EventStream {
    /// Reads the header.
    fn begin(&mut self, bytes: &[u8]) -> Result<usize> {
        let taken = bytes.len().min(HEADER - self.held);
        self.header[self.held..self.held + taken].copy_from_slice(&bytes[..taken]);
        self.held += taken;
        let header = &self.header;
        let magic = MAGIC.len().min(self.held);
        if header[..magic] != MAGIC[..magic] {
            let found = format_args!("{:?}", String::from_utf8_lossy(&header[..magic]));
            return Err(Fault::unfit(Code::Format, &"byte 0", &"\"Event Stream\"", &found));
        }
        if self.held > 12 && header[12] != 2 {
            let found = format_args!("version {}", header[12]);
            return Err(Fault::unfit(Code::Unsupported, &"byte 12", &"an Event Stream of version 2", &found));
        }
        if self.held > 15 && header[15] != 1 {
            let name = match header[15] {
                0 => "generic",
                2 => "ATIS",
                4 => "colour",
                _ => "of another type",
            };
            let found = format_args!("events that are {name} ({})", header[15]);
            return Err(Fault::unfit(Code::Unsupported, &"byte 15", &"DVS events (1)", &found));
        }
        if self.held == HEADER {
            self.byte = HEADER as u64;
        }
        Ok(taken)
    }

    /// Decodes whole events until the block is full; gives how many bytes.
    fn decode(&mut self, bytes: &[u8], block: &mut Block) -> usize {
        let (mut taken, mut time) = (0, self.time);
        while !block.is_full()
            && let Some(&first) = bytes.get(taken)
        {
            if first >= RESET {
                time += if first == LATER { 127 } else { 0 };
                taken += 1;
            } else if let Some(&[_, x, x_high, y, y_high]) = bytes[taken..].first_chunk::<EVENT>() {
                time += i64::from(first >> 1);
                let (x, y) = (u16::from_le_bytes([x, x_high]), u16::from_le_bytes([y, y_high]));
                block.push(x, y, first & 1, time, self.byte + taken as u64);
                taken += EVENT;
            } else {
                break;
            }
        }
        self.time = time;
        self.byte += taken as u64;
        taken
    }
}

/// A file that is being written.
struct Writer {
    limits: Limits,
    header: Vec<u8>,
    time: i64,
}

impl Writer {
    fn new(about: &About) -> Result<Self> {
        let Some(sensor) = about.sensor else {
            return Err(Fault::unfit(
                Code::Config,
                &"sensor",
                &"the size of the sensor, which this format holds",
                &"none",
            ));
        };
        let limits = Limits::new([0xffff; 2], about.sensor)?;
        let mut header = [MAGIC, &[2, 0, 0, 1]].concat();
        for side in sensor {
            header.extend_from_slice(&low_16(side.into()).to_le_bytes());
        }
        Ok(Self { limits, header, time: 0 })
    }
}

impl Encoder for Writer {
    fn put(&mut self, pixels: Pixels<'_>, time: &[i64], bytes: &mut Vec<u8>) -> Result<()> {
        self.limits.check(pixels, time)?;
        // Silence is written out in bytes of 127 µs.
        let silent = time.last().map_or(0, |&last| (last - self.time) / 127);
        let more = time.len() * EVENT + self.header.len();
        make_room(bytes, more.saturating_add(decolle_number::saturated(silent.unsigned_abs())))?;
        bytes.append(&mut self.header);
        for (index, &time) in time.iter().enumerate() {
            while time - self.time > 126 {
                self.time += 127;
                bytes.push(LATER);
            }
            bytes.push(low_8(time - self.time) << 1 | pixels.p[index]);
            bytes.extend_from_slice(&pixels.x[index].to_le_bytes());
            bytes.extend_from_slice(&pixels.y[index].to_le_bytes());
            self.time = time;
        }
        Ok(())
    }

    fn end(&mut self, bytes: &mut Vec<u8>) -> Result<()> {
        bytes.append(&mut self.header);
        Ok(())
    }
}
