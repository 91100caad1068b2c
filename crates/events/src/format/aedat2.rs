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

#[cfg(test)]
mod tests {
    use crate::{Events, ReadOptions, Reader, decode};
    use decolle_error::Code;

    const VERSION: &str = "#!AER-DAT2.0\r\n";

    fn file(header: &str, records: &[(u32, i32)]) -> Vec<u8> {
        let records: Vec<u8> =
            records.iter().flat_map(|(address, time)| [address.to_be_bytes(), time.to_be_bytes()].concat()).collect();
        [header.as_bytes(), &records].concat()
    }

    fn dvs(x: u32, y: u32, polarity: u32) -> u32 {
        y << 8 | x << 1 | (1 - polarity)
    }

    fn davis(x: u32, y: u32, polarity: u32) -> u32 {
        y << 22 | x << 12 | polarity << 11
    }

    #[test]
    fn the_camera_is_that_of_the_header_and_a_dvs128_where_it_names_none() {
        let of_dvs = [(dvs(127, 5, 1), 10), (0x8000, 11), (dvs(3, 127, 0), 12)];
        for header in ["", "# AEChip: ch.unizh.ini.jaer.chip.retina.DVS128\r\n"] {
            let decoded = decode("auto", &file(&format!("{VERSION}{header}"), &of_dvs)).unwrap();
            assert_eq!(decoded.sensor, Some([128, 128]));
            let Events { x, y, polarity, time } = decoded.events;
            assert_eq!((x, y, polarity, time), (vec![127, 3], vec![5, 127], vec![1, 0], vec![10, 12]));
        }
        let of_davis = [(davis(345, 259, 1), 10), (1 << 31 | 77, 11), (1 << 10, 11), (davis(0, 1, 0), 12)];
        let header =
            format!("{VERSION}# AEChip: eu.seebetter.ini.chips.davis.Davis346blue\r\n#End Of ASCII Header\r\n");
        let decoded = decode("auto", &file(&header, &of_davis)).unwrap();
        assert_eq!((decoded.sensor, &decoded.events.x[..]), (Some([346, 260]), &[345, 0][..]));
        // The caller may know better.
        let decoded = decode("aedat2-davis", &file("", &of_davis)).unwrap();
        assert_eq!((decoded.sensor, &decoded.events.y[..]), (None, &[259, 1][..]));
        assert_eq!(decode("aedat2-dvs128", &file(&header, &of_dvs)).unwrap().sensor, Some([128, 128]));
    }

    #[test]
    fn records_that_begin_like_a_header_line_are_records() {
        // y = 141: the first byte is that of the sign; with a time whose bytes are text, too, the end of the header has to be said.
        let address = davis(2, 141, 0) | 0x20;
        assert_eq!(address.to_be_bytes()[0], b'#');
        let chip = format!("{VERSION}# AEChip: DAVIS240C\r\n#\r\n");
        let decoded = decode("auto", &file(&chip, &[(address, 0x0020_2020), (address, 0x0020_2021)])).unwrap();
        assert_eq!((decoded.events.len(), decoded.events.y[0]), (2, 141));
        let ended = format!("{chip}#End Of ASCII Header\r\n");
        assert_eq!(decode("auto", &file(&ended, &[(address, 0x2020_2020)])).unwrap().events.time, [0x2020_2020]);
    }

    #[test]
    fn the_clock_goes_on_where_it_wraps_around_and_steps_back_stay() {
        let at = |time: i32| (dvs(1, 1, 1), time);
        let bytes = file(VERSION, &[at(i32::MAX - 1), at(i32::MIN), (0x8000, -5), at(-1), at(3)]);
        let start = i64::from(i32::MAX) - 1;
        let expected = [start, start + 2, start + (1 << 31) + 1, start + (1 << 31) + 5];
        assert_eq!(decode("auto", &bytes).unwrap().events.time, expected);
        let fault = decode("auto", &file(VERSION, &[at(1000), at(999)])).unwrap_err();
        assert_eq!((fault.code, fault.path()), (Code::TimeOrder, Some("byte 22")));
    }

    #[test]
    fn what_is_no_such_file_is_refused_with_its_byte() {
        for (bytes, start) in [
            (file(VERSION, &[(0x0001_0000, 5)]), "[format] byte 14: expected an address of a DVS128"),
            (
                file(&format!("{VERSION}# AEChip: CochleaAMS1c\n"), &[]),
                "[unsupported] byte 0: expected a DVS128 or a DAVIS",
            ),
            (
                file("#!AER-DAT1.0\r\n", &[]),
                "[unsupported] byte 0: expected the version #!AER-DAT2.0, found #!AER-DAT1.0",
            ),
            (file("", &[(0, 5)]), "[format] byte 0: expected the line #!AER-DAT2.0"),
            (
                file(VERSION, &[(0, 5)])[..19].to_vec(),
                "[format] byte 14: expected whole records of 8 bytes, found 5 bytes",
            ),
            (b"#!AER-DAT2.0\r\n# and so".to_vec(), "[format] byte 22: expected the end of a header line"),
            (vec![], "[format] byte 0: expected the end of a header line"),
        ] {
            let fault = decode("aedat2", &bytes).unwrap_err().to_string();
            assert!(fault.starts_with(start), "{fault}");
        }
    }

    #[test]
    fn pieces_of_a_byte_give_the_same() {
        let bytes = file(&format!("{VERSION}#\n# Some line that is longer\n"), &[(dvs(9, 8, 1), 7), (dvs(7, 6, 0), 8)]);
        let (mut reader, mut block) = (Reader::new("aedat2", ReadOptions::default()).unwrap(), crate::Block::new());
        for piece in bytes.chunks(1) {
            assert_eq!(reader.take(piece, &mut block).unwrap(), 1);
        }
        reader.end(&mut block).unwrap();
        assert_eq!((block.x(), block.y(), block.time()), (&[9, 7][..], &[8, 6][..], &[7, 8][..]));
        let first = bytes.len() as u64 - 16;
        assert_eq!(block.byte(), [first, first + 8]);
    }
}
