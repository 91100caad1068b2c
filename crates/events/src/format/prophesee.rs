//! Headers of Prophesee's files: lines that begin with `% `, then binary data, after the line `% end` or where a line does not
//! begin so (<https://docs.prophesee.ai/stable/data/file_formats/raw.html>, `dat.html`).
//!
//! | line | says |
//! |---|---|
//! | `% format EVT3;height=720;width=1280` | format and sensor; of EVT2.1 also `endianness=little` |
//! | `% evt 3.0` | format, where no `format` does |
//! | `% geometry 1280x720` | sensor |
//! | `% Width 304`, `% Height 240` | sensor (DAT) |
//! | `% Version 2` | version of DAT |
//!
//! A RAW file that says neither `format` nor `evt` but who made the camera is EVT2, the first of them. A file that says none of
//! this is a DAT where two bytes follow that its events begin with.

use decolle_error::{Code, Fault, Result};

/// What the binary data of a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Dat,
    Evt2,
    Evt21,
    Evt3,
    /// Another, which is not read.
    Other,
}

/// A header, as far as it has been read.
#[derive(Default)]
pub(super) struct Header {
    /// The line that is being read.
    line: Vec<u8>,
    /// Bytes of the header so far.
    pub(super) bytes: u64,
    pub(super) done: bool,
    /// Whether the last byte, a per cent sign, belongs to the data.
    pub(super) gave_back: bool,
    format: Option<Kind>,
    evt: Option<Kind>,
    is_raw: bool,
    is_dat: bool,
    width: Option<u32>,
    height: Option<u32>,
    pub(super) version: u32,
    pub(super) is_little: Option<bool>,
}

impl Header {
    /// Bytes that a line may have.
    const LONGEST: usize = 1024;

    /// Takes the bytes of the header and gives how many they are; `done` says whether data follows.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Result<usize> {
        for (taken, &byte) in bytes.iter().enumerate() {
            let is_header = match self.line.len() {
                0 => byte == b'%',
                1 => matches!(byte, b' ' | b'\n' | b'\r'),
                _ => true,
            };
            if !is_header {
                self.gave_back = self.line.len() == 1;
                self.bytes -= u64::from(self.gave_back);
                self.finish();
                return Ok(taken);
            }
            self.bytes += 1;
            if byte != b'\n' {
                self.put(byte)?;
                continue;
            }
            let line = std::mem::take(&mut self.line);
            if self.read(&line)? {
                self.finish();
                return Ok(taken + 1);
            }
        }
        Ok(bytes.len())
    }

    /// Refuses the end of the file within a line.
    pub(super) fn end(&self) -> Result<()> {
        if self.line.is_empty() {
            return Ok(());
        }
        let path = format_args!("byte {}", self.bytes);
        Err(Fault::unfit(Code::Format, &path, &"the end of a header's line", &"the end of the file"))
    }

    fn finish(&mut self) {
        self.done = true;
        self.line = Vec::new();
    }

    fn put(&mut self, byte: u8) -> Result<()> {
        if self.line.len() == Self::LONGEST {
            let path = format_args!("byte {}", self.bytes - 1);
            let expected = format_args!("the end of a header's line within {} bytes", Self::LONGEST);
            return Err(Fault::unfit(Code::Format, &path, &expected, &"more"));
        }
        self.line.push(byte);
        Ok(())
    }

    /// Reads a line; says whether it is the last.
    fn read(&mut self, line: &[u8]) -> Result<bool> {
        let text = String::from_utf8_lossy(&line[1..]);
        let text = text.trim();
        let (name, value) = text.split_once(' ').unwrap_or((text, ""));
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "end" if value.is_empty() => return Ok(true),
            "format" => self.read_format(value)?,
            "evt" => self.evt = Some(kind(value)),
            "geometry" => {
                let (width, height) = value.split_once('x').unwrap_or((value, ""));
                (self.width, self.height) = (Some(self.side(width)?), Some(self.side(height)?));
            }
            "width" => self.width = Some(self.side(value)?),
            "height" => self.height = Some(self.side(value)?),
            "endianness" => self.is_little = Some(self.order(value)?),
            "version" => {
                self.version = value.parse().unwrap_or(u32::MAX);
                self.is_dat = true;
            }
            "data" => self.is_dat = true,
            "integrator_name" | "camera_integrator_name" | "plugin_name" | "system_id" | "firmware_version" => {
                self.is_raw = true;
            }
            _ => {}
        }
        Ok(false)
    }

    fn read_format(&mut self, value: &str) -> Result<()> {
        let mut parts = value.split(';').map(str::trim);
        self.format = Some(kind(parts.next().unwrap_or("")));
        for part in parts {
            match part.split_once('=') {
                Some(("width", value)) => self.width = Some(self.side(value)?),
                Some(("height", value)) => self.height = Some(self.side(value)?),
                Some(("endianness", value)) => self.is_little = Some(self.order(value)?),
                _ => {}
            }
        }
        Ok(())
    }

    fn side(&self, text: &str) -> Result<u32> {
        let side = text.trim().parse().ok().filter(|side| (1..=1 << 16).contains(side));
        side.ok_or_else(|| self.unfit(&"a side of the sensor, 1 to 65536", text))
    }

    fn order(&self, text: &str) -> Result<bool> {
        match text {
            "little" => Ok(true),
            "legacy" => Ok(false),
            _ => Err(self.unfit(&"little or legacy", text)),
        }
    }

    /// A fault of the line that was read last.
    fn unfit(&self, expected: &dyn std::fmt::Display, found: &str) -> Fault {
        let found: String = found.chars().take(40).collect();
        let path = format_args!("byte {}", self.bytes - 1);
        Fault::unfit(Code::Format, &path, &format_args!("a line with {expected}"), &format_args!("{found:?}"))
    }

    /// The sensor, where it is said.
    pub(super) fn sensor(&self) -> Option<[u32; 2]> {
        Some([self.width?, self.height?])
    }

    /// What the file is, where the header says it.
    pub(super) fn kind(&self) -> Option<Kind> {
        let raw = self.is_raw.then_some(Kind::Evt2);
        let dat = self.is_dat.then_some(Kind::Dat);
        self.format.or(self.evt).or(dat).or(raw)
    }

    /// Refuses a file whose header says that it is something else.
    pub(super) fn check(&self, expected: Kind) -> Result<()> {
        match self.kind() {
            Some(kind) if kind != expected => {
                let path = format_args!("byte {}", self.bytes);
                let (expected, found) =
                    (format_args!("{expected:?} data"), format_args!("a header that says {kind:?}"));
                Err(Fault::unfit(Code::Format, &path, &expected, &found))
            }
            _ => Ok(()),
        }
    }
}

/// The format called so.
fn kind(name: &str) -> Kind {
    match name.to_ascii_uppercase().as_str() {
        "EVT2" | "EVT2.0" | "2.0" | "2" => Kind::Evt2,
        "EVT21" | "EVT2.1" | "2.1" => Kind::Evt21,
        "EVT3" | "EVT3.0" | "3.0" | "3" => Kind::Evt3,
        _ => Kind::Other,
    }
}

/// What a file is by its first bytes.
pub(super) fn recognised(first: &[u8]) -> Option<Kind> {
    let mut header = Header::default();
    let taken = header.take(first).ok()?;
    if header.bytes == 0 {
        return None;
    }
    let is_dat = header.done && matches!(first.get(taken..taken + 2), Some([0 | 12 | 40, 8]));
    header.kind().or(is_dat.then_some(Kind::Dat))
}

/// The header of a RAW file that is written.
pub(super) fn raw_header(evt: &str, name: &str, sensor: Option<[u32; 2]>) -> String {
    match sensor {
        Some([width, height]) => {
            format!("% evt {evt}\n% format {name};height={height};width={width}\n% geometry {width}x{height}\n% end\n")
        }
        None => format!("% evt {evt}\n% format {name}\n% end\n"),
    }
}
