//! AEDAT 2.0, as jAER writes it: lines that begin with `#`, then records of eight bytes, big-endian: an address of 32 bits and a
//! time of 32 bits in microseconds (<https://docs.inivation.com/software/software-advanced-usage/file-formats/aedat-2.0.html>).
//!
//! What an address means, the camera says, whose name stands in the line `# AEChip:`:
//!
//! | camera | address |
//! |---|---|
//! | DVS128 | bit 0: 1 for OFF, 0 for ON; bits 1–7: x; bits 8–14: y; bit 15: an external signal, which is skipped |
//! | DAVIS | bit 31: 0 for an event of a pixel, 1 for images and motion, which are skipped; bits 22–30: y; bits 12–21: x; bit 11: polarity; bit 10: an external signal, which is skipped |
//!
//! Where no line says it, as in old files, a DVS128 is assumed. The names `aedat2-dvs128` and `aedat2-davis` take the camera
//! from the caller, whatever the header says; the size of a DAVIS is then known only where the header says it. Coordinates stay
//! as stored: jAER itself mirrors x on the screen, and counts y from the bottom.
//!
//! The end of the header is marked in newer files only (`#End Of ASCII Header`). In others it is the first line that does not
//! begin with `#`, and records may begin with that byte, too (a DAVIS at y = 140): a line counts as one where the eight bytes from
//! its beginning are text or hold its end.
//!
//! Time counts up to 2³¹ and goes on at −2³¹ (71 minutes); what is read goes on counting. Steps back of less than half of that
//! are steps back, which the reader's policy decides about.

use super::pieces::{Gather, Line, fault};
use super::{Decoder, Format, cameras};
use crate::Block;
use decolle_error::{Code, Result};

/// AEDAT 2.0 of the camera that the header names.
pub(super) const FORMAT: Format = Format {
    name: "aedat2",
    extensions: &[".aedat", ".dat"],
    recognise: Some(|first| first.starts_with(b"#!AER-DAT2")),
    decoder: || Aedat2::boxed(None),
    encoder: None,
};

/// AEDAT 2.0 of a DVS128, whatever the header says.
pub(super) const DVS128: Format =
    Format { name: "aedat2-dvs128", recognise: None, decoder: || Aedat2::boxed(Some(Camera::Dvs128)), ..FORMAT };

/// AEDAT 2.0 of a DAVIS, whatever the header says.
pub(super) const DAVIS: Format =
    Format { name: "aedat2-davis", recognise: None, decoder: || Aedat2::boxed(Some(Camera::Davis)), ..FORMAT };

/// Bytes of a record.
const RECORD: usize = 8;

/// Layouts of addresses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Camera {
    Dvs128,
    Davis,
}

/// A file that is being read.
struct Aedat2 {
    /// Asked for by the caller, or found in the header.
    camera: Option<Camera>,
    is_asked_for: bool,
    /// Size that the header's camera has.
    sensor: Option<[u32; 2]>,
    in_header: bool,
    /// Whether the bytes that come belong to a header line, and its beginning; its number.
    in_line: bool,
    line: Line,
    lines: u64,
    /// The first bytes of a line or of a record whose others have not come yet.
    start: Gather<RECORD>,
    /// Bytes taken.
    offset: u64,
    /// Time as counted on, and the last one as stored.
    time: i64,
    stored: Option<i32>,
}

impl Decoder for Aedat2 {
    fn take(&mut self, bytes: &[u8], block: &mut Block) -> Result<usize> {
        let mut rest = bytes;
        while self.in_header {
            let before = rest.len();
            let goes_on = self.header(&mut rest)?;
            self.offset += (before - rest.len()) as u64;
            if !goes_on {
                return Ok(bytes.len() - rest.len());
            }
        }
        block.sensor = self.sensor;
        let begun = self.start.held().len();
        if begun > 0 && !block.is_full() {
            let before = rest.len();
            let record = self.start.fill(&mut rest, RECORD);
            let first = self.offset - begun as u64;
            self.offset += (before - rest.len()) as u64;
            if let Some(record) = record {
                self.record(record, first, block)?;
            }
        }
        while !block.is_full() {
            let (whole, _) = rest.as_chunks::<RECORD>();
            let whole = &whole[..whole.len().min(block.room())];
            if whole.is_empty() {
                self.offset += rest.len() as u64;
                self.start.fill(&mut rest, RECORD);
                break;
            }
            for record in whole {
                self.record(*record, self.offset, block)?;
                self.offset += RECORD as u64;
            }
            rest = &rest[whole.len() * RECORD..];
        }
        Ok(bytes.len() - rest.len())
    }

    fn end(&mut self, block: &mut Block) -> Result<()> {
        block.sensor = self.sensor;
        let held = self.start.held().len();
        let first = self.offset - held as u64;
        if self.in_line || (self.in_header && (held > 0 || self.lines == 0 && !self.is_asked_for)) {
            return Err(fault(Code::Format, self.offset, &"the end of a header line", &"the end of the file"));
        }
        if held == 0 {
            return Ok(());
        }
        let found = format_args!("{held} bytes at the end of the file");
        Err(fault(Code::Format, first, &format_args!("whole records of {RECORD} bytes"), &found))
    }
}

impl Aedat2 {
    fn boxed(camera: Option<Camera>) -> Box<dyn Decoder> {
        Box::new(Self {
            camera,
            is_asked_for: camera.is_some(),
            sensor: (camera == Some(Camera::Dvs128)).then_some([128, 128]),
            in_header: true,
            in_line: false,
            line: Line::new(),
            lines: 0,
            start: Gather::new(),
            offset: 0,
            time: 0,
            stored: None,
        })
    }

    /// Takes bytes of the header: the rest of a line, or what tells whether there is one. Gives whether to go on.
    fn header(&mut self, bytes: &mut &[u8]) -> Result<bool> {
        if self.in_line {
            if !self.line.fill(bytes) {
                return Ok(false);
            }
            self.in_line = false;
            self.whole_line()?;
            return Ok(true);
        }
        let Some((&byte, rest)) = bytes.split_first() else { return Ok(false) };
        *bytes = rest;
        self.start.push(byte);
        let held = self.start.held();
        let is_text = byte >= b' ' && byte != 0x7f || matches!(byte, b'\t' | b'\r' | b'\n');
        if held[0] != b'#' || !is_text {
            return self.records().map(|()| true);
        }
        if byte == b'\n' || held.len() == RECORD {
            self.line.clear();
            self.line.keep(held);
            self.start.clear();
            self.in_line = byte != b'\n';
            if !self.in_line {
                self.whole_line()?;
            }
        }
        Ok(true)
    }

    /// A header line has ended.
    fn whole_line(&mut self) -> Result<()> {
        self.lines += 1;
        let line = self.line.text();
        if self.lines == 1 && line.starts_with("#!AER-DAT") && !line.starts_with("#!AER-DAT2") {
            return Err(fault(Code::Unsupported, 0, &"the version #!AER-DAT2.0", &line));
        }
        if let Some((_, chip)) = line.split_once("AEChip:") {
            let sensor = cameras::sensor(chip);
            let camera = match sensor {
                Some(_) if chip.to_ascii_uppercase().contains("DAVIS") => Some(Camera::Davis),
                Some([128, 128]) => Some(Camera::Dvs128),
                _ => None,
            };
            if !self.is_asked_for {
                let expected = "a DVS128 or a DAVIS, or the format aedat2-dvs128 or aedat2-davis by name";
                let Some(camera) = camera else {
                    return Err(fault(Code::Unsupported, 0, &expected, &format_args!("AEChip:{chip}")));
                };
                (self.camera, self.sensor) = (Some(camera), sensor);
            } else if camera == self.camera {
                self.sensor = sensor;
            }
        }
        if self.line.text() == "#End Of ASCII Header" {
            self.records()?;
        }
        Ok(())
    }

    /// The header has ended.
    fn records(&mut self) -> Result<()> {
        self.in_header = false;
        if self.lines == 0 && !self.is_asked_for {
            return Err(fault(Code::Format, 0, &"the line #!AER-DAT2.0", &"another beginning"));
        }
        if self.camera.is_none() {
            (self.camera, self.sensor) = (Some(Camera::Dvs128), Some([128, 128]));
        }
        Ok(())
    }

    /// Reads a record whose first byte is the one given.
    #[inline]
    fn record(&mut self, record: [u8; RECORD], byte: u64, block: &mut Block) -> Result<()> {
        let [a, b, c, d, time @ ..] = record;
        let address = u32::from_be_bytes([a, b, c, d]);
        let stored = i32::from_be_bytes(time);
        match self.stored.replace(stored) {
            None => self.time = stored.into(),
            Some(before) => self.time += i64::from(stored.wrapping_sub(before)),
        }
        let (x, y, polarity) = if self.camera == Some(Camera::Davis) {
            if address >> 31 != 0 || address >> 10 & 1 != 0 {
                return Ok(());
            }
            (address >> 12 & 0x3ff, address >> 22, address >> 11 & 1)
        } else {
            if address >> 16 != 0 {
                let expected = "an address of a DVS128 (aedat2-davis takes those of a DAVIS)";
                return Err(fault(Code::Format, byte, &expected, &format_args!("{address:#010x}")));
            }
            if address >> 15 != 0 {
                return Ok(());
            }
            (address >> 1 & 0x7f, address >> 8, 1 - (address & 1))
        };
        let [x, y] = [x, y].map(|place| decolle_number::low_16(place.into()));
        block.push(x, y, u8::from(polarity != 0), self.time, byte);
        Ok(())
    }
}
