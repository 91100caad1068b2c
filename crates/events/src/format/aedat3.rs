//! AEDAT 3.1, as cAER writes it: header lines that begin with `#` up to `#!END-HEADER`, then packets of events of one type from one
//! source, little-endian (<https://docs.inivation.com/software/software-advanced-usage/file-formats/aedat-3.1.html>).
//!
//! | byte of a packet | holds |
//! |---|---|
//! | 0, 2 | type (1 is polarity) and source, 16 bits each |
//! | 4, 8 | bytes of an event, and where in it the time stands |
//! | 12 | overflow: bits 31 and up of the times |
//! | 16, 20, 24 | events for which there is room, events, valid events |
//!
//! A polarity event is 32 bits of data (bit 0: valid, bit 1: polarity, bits 2–16: y, bits 17–31: x) and 31 bits of time in
//! microseconds. Events that are not valid are left out, packets of other types are skipped. Of several cameras in a file the
//! first that has polarity events is read, and the others are skipped: their pixels are not of one sensor.
//!
//! The size of the sensor is that of the camera which the header names (`#Source 1: DVS128`). What is written names a camera
//! where one has the size, and says the size in a line of its own (`#Sensor: 34x34`) that others pass over as a comment.

use super::pieces::{Gather, Line, fault, i16_at, i32_at, split, u32_at};
use super::write::{Limits, low_32, make_room};
use super::{Decoder, Encoder, Format, cameras};
use crate::{Block, Pixels};
use decolle_error::{Code, Result};

/// AEDAT 3.1.
pub(super) const FORMAT: Format = Format {
    name: "aedat3",
    extensions: &[".aedat"],
    recognise: Some(|first| first.starts_with(b"#!AER-DAT3")),
    decoder: || {
        Box::new(Aedat3 {
            state: State::Line,
            line: Line::new(),
            lines: 0,
            field: Gather::new(),
            sources: [(0, [0; 2]); SOURCES],
            named: 0,
            sensor: None,
            source: None,
            first: 0,
            offset: 0,
        })
    },
    encoder: Some(|about| {
        let limits = Limits::new([1 << 15; 2], about.sensor)?;
        Ok(Box::new(Writer { sensor: about.sensor, begun: false, limits, packet: Vec::new(), upper: 0 }))
    }),
};

/// Bytes of a packet's header, and of a polarity event.
const HEADER: usize = 28;
const EVENT: usize = 8;

/// Sources of the header whose sizes are kept.
const SOURCES: usize = 16;

/// What comes next.
#[derive(Clone, Copy)]
enum State {
    /// Header lines.
    Line,
    /// The header of a packet.
    Packet,
    /// So many polarity events, with the upper bits of their times.
    Events { left: u32, upper: i64 },
    /// So many bytes of no interest.
    Skip { left: u64 },
}

/// A file that is being read.
struct Aedat3 {
    state: State,
    line: Line,
    lines: u64,
    /// The first bytes of a packet's header or of an event whose others have not come yet.
    field: Gather<HEADER>,
    /// Sources whose size the header tells, the first `named` of these.
    sources: [(i16, [u32; 2]); SOURCES],
    named: usize,
    /// Size that the header says in so many words, then that of the source which is read.
    sensor: Option<[u32; 2]>,
    source: Option<i16>,
    /// Where the header line begins.
    first: u64,
    /// Bytes taken.
    offset: u64,
}

impl Decoder for Aedat3 {
    fn take(&mut self, bytes: &[u8], block: &mut Block) -> Result<usize> {
        let mut rest = bytes;
        while !block.is_full() {
            block.sensor = self.sensor;
            let before = rest.len();
            let goes_on = match self.state {
                State::Line => self.header(&mut rest)?,
                State::Packet => self.packet(&mut rest)?,
                State::Events { left, upper } => self.events(&mut rest, [left.into(), upper], block)?,
                State::Skip { left } => {
                    let skipped = split(&mut rest, decolle_number::saturated(left)).len() as u64;
                    self.state = State::Skip { left: left - skipped };
                    if skipped == left {
                        self.state = State::Packet;
                    }
                    skipped == left
                }
            };
            self.offset += (before - rest.len()) as u64;
            if !goes_on {
                break;
            }
        }
        block.sensor = self.sensor;
        Ok(bytes.len() - rest.len())
    }

    fn end(&mut self, block: &mut Block) -> Result<()> {
        block.sensor = self.sensor;
        let expected = match self.state {
            State::Packet if self.field.held().is_empty() => return Ok(()),
            State::Line => "the line #!END-HEADER".to_string(),
            State::Packet => format!("the {HEADER} bytes of a packet's header"),
            State::Events { left, .. } => format!("{left} more events of the packet"),
            State::Skip { left } => format!("{left} more bytes of the packet"),
        };
        Err(fault(Code::Format, self.offset, &expected, &"the end of the file"))
    }
}

impl Aedat3 {
    /// Takes a header line. Gives whether to go on, as the others below.
    fn header(&mut self, bytes: &mut &[u8]) -> Result<bool> {
        if self.lines > 0
            && self.field.held().is_empty()
            && let Some(&first) = bytes.first()
        {
            if first != b'#' {
                let expected = "a line that begins with #, or #!END-HEADER before the packets";
                return Err(fault(Code::Format, self.offset, &expected, &format_args!("{first:#04x}")));
            }
            // Marks that the line's beginning has been looked at.
            self.field.push(first);
            self.first = self.offset;
        }
        if !self.line.fill(bytes) {
            return Ok(false);
        }
        self.field.clear();
        self.lines += 1;
        let line = self.line.text();
        if self.lines == 1 && line != "#!AER-DAT3.1" {
            return Err(fault(Code::Unsupported, 0, &"the version #!AER-DAT3.1", &format_args!("{line:?}")));
        }
        if line == "#!END-HEADER" {
            self.state = State::Packet;
        } else if let Some(format) = line.strip_prefix("#Format:")
            && format.trim() != "RAW"
        {
            return Err(fault(Code::Unsupported, self.first, &"packets as they are (#Format: RAW)", &format.trim()));
        } else if let Some((number, name)) = line.strip_prefix("#Source ").and_then(|source| source.split_once(':'))
            && let (Ok(number), Some(size)) = (number.trim().parse(), cameras::sensor(name))
            && self.named < SOURCES
        {
            self.sources[self.named] = (number, size);
            self.named += 1;
        } else if let Some((width, height)) = line.strip_prefix("#Sensor:").and_then(|size| size.split_once('x')) {
            self.sensor =
                width.trim().parse().ok().zip(height.trim().parse().ok()).map(|(width, height)| [width, height]);
        }
        self.line.clear();
        Ok(true)
    }

    /// Takes the header of a packet.
    fn packet(&mut self, bytes: &mut &[u8]) -> Result<bool> {
        let first = self.offset - self.field.held().len() as u64;
        let Some(header) = self.field.fill(bytes, HEADER) else { return Ok(false) };
        let [kind, source] = [0, 2].map(|place| i16_at(&header, place));
        let [size, place, overflow, room, events] = [4, 8, 12, 16, 20].map(|place| i32_at(&header, place));
        let unfit = |byte, code, expected: &str, found: i32| Err(fault(code, first + byte, &expected, &found));
        if kind < 0 {
            return unfit(0, Code::Unsupported, "a packet that is not compressed (type at least 0)", kind.into());
        }
        let Ok(bytes_each) = u32::try_from(size) else {
            return unfit(4, Code::Format, "an event size of at least 0", size);
        };
        let Ok(left) = u32::try_from(events) else {
            return unfit(20, Code::Format, "a number of events of at least 0", events);
        };
        if room < events {
            return unfit(16, Code::Format, "room for the events of the packet", room);
        }
        let is_read = kind == 1 && events > 0 && *self.source.get_or_insert(source) == source;
        if !is_read {
            let left = u64::from(left) * u64::from(bytes_each);
            self.state = if left > 0 { State::Skip { left } } else { State::Packet };
            return Ok(true);
        }
        if size != 8 {
            return unfit(4, Code::Format, "polarity events of 8 bytes", size);
        }
        if place != 4 {
            return unfit(8, Code::Format, "the time at byte 4 of a polarity event", place);
        }
        if overflow < 0 {
            return unfit(12, Code::Format, "an overflow of at least 0", overflow);
        }
        let known = self.sources[..self.named].iter().find(|(number, _)| *number == source);
        self.sensor = self.sensor.or(known.map(|&(_, size)| size));
        self.state = State::Events { left, upper: i64::from(overflow) << 31 };
        Ok(true)
    }

    /// Takes events: so many are left, and these are the upper bits of their times.
    fn events(&mut self, bytes: &mut &[u8], [left, upper]: [i64; 2], block: &mut Block) -> Result<bool> {
        let begun = self.field.held().len();
        let mut taken: u32 = 0;
        let goes_on = if begun > 0 || bytes.len() < EVENT {
            let event = self.field.fill(bytes, EVENT);
            if let Some(event) = event {
                Self::event(&event, upper, self.offset - begun as u64, block)?;
                taken = 1;
            }
            event.is_some()
        } else {
            let (whole, _) = bytes.as_chunks::<EVENT>();
            let whole = &whole[..whole.len().min(block.room())];
            let whole = &whole[..whole.len().min(usize::try_from(left).unwrap_or(usize::MAX))];
            for event in whole {
                Self::event(event, upper, self.offset + u64::from(taken) * EVENT as u64, block)?;
                taken += 1;
            }
            *bytes = &bytes[whole.len() * EVENT..];
            true
        };
        let left = u32::try_from(left).unwrap_or(u32::MAX) - taken;
        self.state = if left > 0 { State::Events { left, upper } } else { State::Packet };
        Ok(goes_on)
    }

    #[inline]
    fn event(event: &[u8], upper: i64, byte: u64, block: &mut Block) -> Result<()> {
        let (data, time) = (u32_at(event, 0), i32_at(event, 4));
        if data & 1 == 0 {
            return Ok(());
        }
        if time < 0 {
            return Err(fault(Code::Range, byte + 4, &"a time of at least 0", &time));
        }
        let (x, y) = (data >> 17, data >> 2 & 0x7fff);
        let [x, y] = [x, y].map(|place| decolle_number::low_16(place.into()));
        block.push(x, y, u8::from(data & 2 != 0), upper | i64::from(time), byte);
        Ok(())
    }
}

/// Events in a packet that is written.
const PACKET: usize = 4096;

/// A file that is being written.
struct Writer {
    sensor: Option<[u32; 2]>,
    begun: bool,
    limits: Limits,
    /// Events of the packet that is being filled, and the upper bits of their times.
    packet: Vec<[u8; EVENT]>,
    upper: i64,
}

impl Encoder for Writer {
    fn put(&mut self, pixels: Pixels<'_>, time: &[i64], bytes: &mut Vec<u8>) -> Result<()> {
        // Packets end where they are full, and where the upper bits of the time change.
        let changes = time.windows(2).filter(|pair| pair[0] >> 31 != pair[1] >> 31).count();
        let events = self.packet.len() + time.len();
        make_room(bytes, events * EVENT + (events / PACKET + changes + 2) * HEADER + 256)?;
        let room = PACKET - self.packet.len();
        decolle_error::reserve(&mut self.packet, room, "bytes")?;
        self.limits.check(pixels, time)?;
        self.begin(bytes);
        for (event, &time) in time.iter().enumerate() {
            if self.packet.len() == PACKET || time >> 31 != self.upper {
                self.end_packet(bytes);
                self.upper = time >> 31;
            }
            let data = u32::from(pixels.x[event]) << 17 | u32::from(pixels.y[event]) << 2;
            let [a, b, c, d] = (data | u32::from(pixels.p[event]) << 1 | 1).to_le_bytes();
            let [e, f, g, h] = (low_32(time) & 0x7fff_ffff).to_le_bytes();
            self.packet.push([a, b, c, d, e, f, g, h]);
        }
        Ok(())
    }

    fn end(&mut self, bytes: &mut Vec<u8>) -> Result<()> {
        make_room(bytes, self.packet.len() * EVENT + HEADER + 256)?;
        self.begin(bytes);
        self.end_packet(bytes);
        Ok(())
    }
}

impl Writer {
    /// Appends the packet, where it has events.
    fn end_packet(&mut self, bytes: &mut Vec<u8>) {
        let Ok(events @ 1..) = u32::try_from(self.packet.len()) else { return };
        bytes.extend([1, 0, 1, 0, 8, 0, 0, 0, 4, 0, 0, 0]);
        for field in [low_32(self.upper), events, events, events] {
            bytes.extend(field.to_le_bytes());
        }
        bytes.extend_from_slice(self.packet.as_flattened());
        self.packet.clear();
    }

    /// Appends the header, once.
    fn begin(&mut self, bytes: &mut Vec<u8>) {
        if std::mem::replace(&mut self.begun, true) {
            return;
        }
        let name = self.sensor.and_then(cameras::name).unwrap_or("unknown");
        let mut header = format!("#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: {name}\r\n");
        if let Some([width, height]) = self.sensor {
            header += &format!("#Sensor: {width}x{height}\r\n");
        }
        header += "#Start-Time: 1970-01-01 00:00:00 (TZ+0000)\r\n#!END-HEADER\r\n";
        bytes.extend(header.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use crate::{Events, decode, encode};

    const HEADER: &str =
        "#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n#Source 2: DAVIS240C\r\n#!END-HEADER\r\n";

    /// A packet of this type and source, with these upper bits of time, of events of data and time.
    fn packet(kind: i16, source: i16, overflow: i32, events: &[(u32, i32)]) -> Vec<u8> {
        let count = events.len() as i32;
        let mut bytes = [kind.to_le_bytes(), source.to_le_bytes()].concat();
        for field in [8, 4, overflow, count, count, count] {
            bytes.extend(field.to_le_bytes());
        }
        bytes.extend(events.iter().flat_map(|(data, time)| [data.to_le_bytes(), time.to_le_bytes()].concat()));
        bytes
    }

    fn event(x: u32, y: u32, polarity: u32) -> u32 {
        x << 17 | y << 2 | polarity << 1 | 1
    }

    #[test]
    fn one_camera_is_read_and_its_valid_events_with_all_bits_of_their_time() {
        let packets = [
            packet(0, 2, 0, &[(1, 1)]),
            packet(1, 2, 0, &[(event(239, 179, 1), 5), (event(1, 1, 1) & !1, 6)]),
            packet(1, 1, 0, &[(event(1, 1, 1), 7)]),
            packet(3, 2, 0, &[(0, 0); 9]),
            packet(1, 2, 0, &[]),
            packet(1, 2, 3, &[(event(0, 9, 0), 8)]),
        ];
        let decoded = decode("auto", &[HEADER.as_bytes(), &packets.concat()].concat()).unwrap();
        assert_eq!(decoded.sensor, Some([240, 180]));
        let Events { x, y, polarity, time } = decoded.events;
        assert_eq!((x, y, polarity, time), (vec![239, 0], vec![179, 9], vec![1, 0], vec![5, 3 << 31 | 8]));
    }

    #[test]
    fn what_is_written_keeps_the_size_of_sensors_that_no_camera_has() {
        let events = Events::new(vec![30, 0], vec![0, 33], vec![1, 0], vec![(1 << 31) - 1, 1 << 31]).unwrap();
        for sensor in [Some([34, 34]), Some([128, 128]), Some([346, 260]), None] {
            let bytes = encode("aedat3", &events, sensor).unwrap();
            let decoded = decode("auto", &bytes).unwrap();
            assert_eq!((decoded.sensor, &decoded.events), (sensor, &events));
            // Two packets, since the upper bits of the time differ.
            assert_eq!(bytes.iter().rposition(|&byte| byte == b'\n').map(|end| bytes.len() - end - 1), Some(72));
        }
        assert!(encode("aedat3", &events, Some([1 << 16, 5])).is_err());
    }

    #[test]
    fn damage_is_told_with_its_byte() {
        let start = HEADER.len();
        let changed = |place: usize, field: i32| {
            let mut bytes = [HEADER.as_bytes(), &packet(1, 1, 0, &[(event(3, 4, 1), 5)])].concat();
            bytes[start + place..start + place + 4].copy_from_slice(&field.to_le_bytes());
            bytes
        };
        let cut = |length: usize| changed(8, 4)[..length].to_vec();
        for (bytes, expected) in [
            (changed(0, 0x1_8001), format!("[unsupported] byte {start}: expected a packet that is not compressed")),
            (changed(4, 9), format!("[format] byte {}: expected polarity events of 8 bytes, found 9", start + 4)),
            (changed(8, 0), format!("[format] byte {}: expected the time at byte 4", start + 8)),
            (changed(12, -1), format!("[format] byte {}: expected an overflow of at least 0", start + 12)),
            (changed(16, 0), format!("[format] byte {}: expected room for the events", start + 16)),
            (changed(20, -1), format!("[format] byte {}: expected a number of events of at least 0", start + 20)),
            (changed(32, -7), format!("[range] byte {}: expected a time of at least 0, found -7", start + 32)),
            (changed(28, -1), format!("[range] byte {}", start + 28)),
            (cut(start + 35), format!("[format] byte {}: expected 1 more events", start + 35)),
            (cut(start + 27), format!("[format] byte {}: expected the 28 bytes of a packet's header", start + 27)),
            (cut(start - 1), format!("[format] byte {}: expected the line #!END-HEADER", start - 1)),
            (b"#!AER-DAT3.0\r\n".to_vec(), "[unsupported] byte 0: expected the version #!AER-DAT3.1".to_string()),
            (b"#!AER-DAT3.1\nx".to_vec(), "[format] byte 13: expected a line that begins with #".to_string()),
            (
                b"#!AER-DAT3.1\n#Format: Serial-TS\n".to_vec(),
                "[unsupported] byte 13: expected packets as they".to_string(),
            ),
        ] {
            let fault = decode("aedat3", &bytes).unwrap_err().to_string();
            assert!(fault.starts_with(&expected), "{fault}");
        }
    }
}
