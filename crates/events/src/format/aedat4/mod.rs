//! AEDAT 4, as DV writes it (<https://docs.inivation.com/software/software-advanced-usage/file-formats/aedat-4.0.html>).
//!
//! | bytes | hold |
//! |---|---|
//! | 14 | `#!AER-DAT4.0\r\n` |
//! | 4 | size of the header |
//! | | the header: compression, place of the data table, the streams in XML |
//! | 4, 4 | number of a packet's stream and size of the packet, little-endian |
//! | | the packet: a frame of LZ4 or Zstandard, or what it would decompress to: for events a size, and a FlatBuffers table |
//! | | more packets, and the data table, which is not needed here |
//!
//! Of several streams of events the first that the header names is read; the others, and those of images, motion and signals, are
//! skipped. The header gets the place of the data table when the recording is closed. Until then, or where the recording program
//! ended before, it says −1: such a file is read up to where it ends, be it within a packet. A file that says where its table is
//! and ends before is damaged.
//!
//! Packets are decompressed as they come, through windows of bounded size: `lz4.rs` and `zstd.rs` say how. Zstandard may need
//! more memory than the bytes that have come so far vouch for (windows of megabytes near the beginning of a recording of millions of
//! events a second); what comes then is kept until there are enough.

mod content;
mod descriptor;
mod flat;
mod header;
mod lz4;
mod sequences;
#[cfg(test)]
mod tests;
mod zstd;

use super::kept::Kept;
use super::pieces::{Gather, fault, i32_at, split, u32_at};
use super::{Decoder, Format};
use crate::Block;
use content::Content;
use decolle_error::{Code, Fault, Result};
use header::{Compression, Header};
use lz4::Lz4;
use zstd::{Needs, Zstandard};

/// AEDAT 4.
pub(super) const FORMAT: Format = Format {
    name: "aedat4",
    extensions: &[".aedat4"],
    recognise: Some(|first| first.starts_with(b"#!AER-DAT4")),
    decoder: || Box::new(Aedat4::new()),
    encoder: None,
};

/// What a file begins with.
const MAGIC: &[u8; 14] = b"#!AER-DAT4.0\r\n";

/// Bytes that a header may have; those of real recordings have some thousands.
const HEADER: u32 = 256 << 10;

/// Memory that may be taken besides twice the bytes that have come.
const FREE: u64 = 1 << 20;

/// What comes next.
#[derive(Clone, Copy)]
enum State {
    /// The version, and the size of the header.
    Version,
    /// So many bytes of the header.
    Header(u32),
    /// The header of a packet.
    Packet,
    /// So many bytes of a packet that is skipped.
    Skip(u32),
    /// So many bytes of a packet of events.
    Events(u32),
    /// The data table.
    Over,
}

/// How packets are decompressed.
enum Unpack {
    None,
    Lz4(Box<Lz4>),
    Zstandard(Box<Zstandard>),
}

/// Bytes that wait for more of the file, and how many of them were read.
struct Waiting {
    kept: Kept,
    read: u64,
}

/// A file that is being read.
struct Aedat4 {
    state: State,
    field: Gather<18>,
    /// Bytes of the header that have come, then what it says.
    bytes: Vec<u8>,
    header: Option<Header>,
    unpack: Unpack,
    content: Content,
    /// Where the packet begins.
    packet: u64,
    /// Bytes that were read.
    offset: u64,
    waiting: Option<Waiting>,
}

impl Decoder for Aedat4 {
    fn take(&mut self, bytes: &[u8], block: &mut Block) -> Result<usize> {
        if let Some(header) = &self.header {
            block.sensor = header.sensor;
        }
        let Some(waiting) = self.waiting.take() else {
            let mut rest = bytes;
            if self.run(&mut rest, self.offset + bytes.len() as u64, block)?.is_none() {
                return Ok(bytes.len() - rest.len());
            }
            let mut kept = Kept::new();
            kept.push(rest)?;
            self.wait(Waiting { kept, read: 0 }, block)?;
            return Ok(bytes.len());
        };
        let mut waiting = waiting;
        waiting.kept.push(bytes)?;
        self.wait(waiting, block)?;
        Ok(bytes.len())
    }

    fn end(&mut self, _: &mut Block) -> Result<()> {
        let table = self.header.as_ref().and_then(|header| header.table);
        let expected = match self.state {
            State::Over => return Ok(()),
            State::Version => "the line #!AER-DAT4.0, and the size of the header".to_string(),
            State::Header(left) => format!("{left} more bytes of the header"),
            _ if self.waiting.is_some() => {
                "more of the recording, to vouch for the memory that its packets need".to_string()
            }
            _ => match table {
                None => return Ok(()),
                Some(table) => format!("packets up to the data table at byte {table}"),
            },
        };
        Err(fault(Code::Format, self.offset, &expected, &"the end of the file"))
    }
}

impl Aedat4 {
    fn new() -> Self {
        Self {
            state: State::Version,
            field: Gather::new(),
            bytes: Vec::new(),
            header: None,
            unpack: Unpack::None,
            content: Content::new(),
            packet: 0,
            offset: 0,
            waiting: None,
        }
    }

    /// Reads what was kept, as far as the memory that it needs is vouched for and the block has room.
    fn wait(&mut self, mut waiting: Waiting, block: &mut Block) -> Result<()> {
        while !block.is_full() {
            let come = self.offset + waiting.kept.length() - waiting.read;
            let mut rest = waiting.kept.at(waiting.read);
            let before = rest.len();
            let needed = self.run(&mut rest, come, block)?;
            waiting.read += (before - rest.len()) as u64;
            waiting.kept.let_go(waiting.read);
            if let Some(needed) = needed {
                let table = self.header.as_ref().and_then(|header| header.table);
                if table.is_some_and(|table| come >= table) {
                    let allowed = self.allowed(come);
                    let expected =
                        format_args!("packets that need at most {allowed} bytes of memory in so short a file");
                    return Err(fault(Code::Unsupported, self.packet, &expected, &needed));
                }
                break;
            }
            if before == 0 && !block.is_full() {
                return Ok(());
            }
        }
        self.waiting = Some(waiting);
        Ok(())
    }

    /// Memory that may be taken when so many bytes of the file have come: twice of them and a little, of which those may be taken
    /// already that are kept from the packet on. Does not depend on how the bytes were cut.
    fn allowed(&self, come: u64) -> u64 {
        let table = self.header.as_ref().and_then(|header| header.table);
        FREE + come.min(table.unwrap_or(come)) + self.packet
    }

    /// Reads bytes until they are used up or the block is full; or more memory is needed than is allowed when so many bytes of
    /// the file have come: gives how much.
    fn run(&mut self, bytes: &mut &[u8], come: u64, block: &mut Block) -> Result<Option<u64>> {
        while !block.is_full() {
            let before = bytes.len();
            let (goes_on, needed) = match self.state {
                State::Events(left) => self.events(bytes, left, self.allowed(come), block)?,
                _ => (self.step(bytes, block)?, None),
            };
            self.offset += (before - bytes.len()) as u64;
            if needed.is_some() {
                return Ok(needed);
            }
            if !goes_on {
                break;
            }
        }
        Ok(None)
    }

    /// Takes a part of what is between the events. Gives whether to go on.
    fn step(&mut self, bytes: &mut &[u8], block: &mut Block) -> Result<bool> {
        match self.state {
            State::Version => {
                let Some(field) = self.field.fill(bytes, MAGIC.len() + 4) else { return Ok(false) };
                if !field.starts_with(MAGIC) {
                    let found = format_args!("{:?}", String::from_utf8_lossy(&field[..MAGIC.len()]));
                    return Err(fault(Code::Format, 0, &"the version #!AER-DAT4.0", &found));
                }
                let size = u32_at(&field, MAGIC.len());
                if size > HEADER || size == 0 {
                    let expected = format_args!("a header of 1 to {HEADER} bytes");
                    return Err(fault(Code::Format, MAGIC.len() as u64, &expected, &size));
                }
                self.state = State::Header(size);
            }
            State::Header(left) => {
                let piece = split(bytes, left as usize);
                self.bytes.try_reserve(piece.len()).map_err(|_| Fault::memory("bytes", piece.len() as u64))?;
                self.bytes.extend_from_slice(piece);
                let left = left - u32::try_from(piece.len()).unwrap_or(left);
                self.state = State::Header(left);
                if left > 0 {
                    return Ok(false);
                }
                let header = header::read(&std::mem::take(&mut self.bytes), MAGIC.len() as u64 + 4)?;
                self.unpack = match header.compression {
                    Compression::None => Unpack::None,
                    Compression::Lz4 => Unpack::Lz4(Box::new(Lz4::new())),
                    Compression::Zstandard => Unpack::Zstandard(Box::new(Zstandard::new())),
                };
                block.sensor = header.sensor;
                self.header = Some(header);
                self.state = State::Packet;
            }
            State::Skip(left) => {
                let skipped = u32::try_from(split(bytes, left as usize).len()).unwrap_or(left);
                self.state = if skipped < left { State::Skip(left - skipped) } else { State::Packet };
                return Ok(skipped == left);
            }
            State::Packet => return self.packet(bytes),
            State::Events(_) | State::Over => {
                *bytes = &[];
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes the header of a packet.
    fn packet(&mut self, bytes: &mut &[u8]) -> Result<bool> {
        let Some(header) = &self.header else { return Ok(false) };
        let first = self.offset - self.field.held().len() as u64;
        if header.table == Some(first) {
            self.state = State::Over;
            return Ok(true);
        }
        let Some(field) = self.field.fill(bytes, 8) else { return Ok(false) };
        let (stream, size) = (i32_at(&field, 0), i32_at(&field, 4));
        let Ok(left) = u32::try_from(size) else {
            return Err(fault(Code::Format, first + 4, &"a packet of at least 0 bytes", &size));
        };
        if let Some(table) = header.table
            && first + 8 + u64::from(left) > table
        {
            let expected = format_args!("a packet before the data table at byte {table}");
            return Err(fault(Code::Format, first + 4, &expected, &format_args!("one of {left} bytes")));
        }
        self.packet = first;
        self.state = if left == 0 {
            State::Packet
        } else if stream == header.stream {
            State::Events(left)
        } else {
            State::Skip(left)
        };
        Ok(true)
    }

    /// Takes a part of a packet of events, of which so many bytes are left. Gives whether to go on, and the memory that is
    /// needed to.
    fn events(&mut self, bytes: &mut &[u8], left: u32, allowed: u64, block: &mut Block) -> Result<(bool, Option<u64>)> {
        let packet = self.packet;
        let in_packet = |fault: Fault| fault.of(&format!("byte {packet}"));
        let mut piece = &bytes[..bytes.len().min(left as usize)];
        let before = piece.len();
        let mut needed = None;
        let is_empty = match &mut self.unpack {
            Unpack::None => {
                self.content.take(&mut piece, packet, block).map_err(in_packet)?;
                true
            }
            Unpack::Lz4(lz4) => {
                if lz4.decoded().is_empty() {
                    lz4.take(&mut piece).map_err(in_packet)?;
                }
                let mut decoded = lz4.decoded();
                let is_empty = decoded.is_empty();
                let there = decoded.len();
                self.content.take(&mut decoded, packet, block).map_err(in_packet)?;
                let taken = there - decoded.len();
                lz4.took(taken);
                is_empty
            }
            Unpack::Zstandard(zstandard) => {
                if zstandard.decoded().is_empty()
                    && let Needs::More(more) = zstandard.take(&mut piece, allowed).map_err(in_packet)?
                {
                    needed = Some(more);
                }
                let mut decoded = zstandard.decoded();
                let is_empty = decoded.is_empty();
                let there = decoded.len();
                self.content.take(&mut decoded, packet, block).map_err(in_packet)?;
                let taken = there - decoded.len();
                zstandard.took(taken);
                is_empty
            }
        };
        let taken = before - piece.len();
        *bytes = &bytes[taken..];
        let left = left - u32::try_from(taken).unwrap_or(left);
        self.state = State::Events(left);
        if left > 0 || !is_empty || needed.is_some() {
            return Ok((taken > 0 || !is_empty, needed));
        }
        match &mut self.unpack {
            Unpack::None => {}
            Unpack::Lz4(lz4) => lz4.end().map_err(in_packet)?,
            Unpack::Zstandard(zstandard) => zstandard.end().map_err(in_packet)?,
        }
        self.content.end().map_err(in_packet)?;
        self.state = State::Packet;
        Ok((true, None))
    }
}
