//! Text, one event a line, as the University of Zurich's data sets have it (Mueggler et al., "The Event-Camera Dataset and
//! Simulator", International Journal of Robotics Research 36(2), 2017), and as tables (CSV) of the same columns.
//!
//! - Fields are separated by spaces, tabs, a comma or a semicolon. Without a line with names they are time, x, y, polarity.
//! - A first line with names may order the columns anyhow, and have others, which are passed over: `t`, `ts`, `time`,
//!   `timestamp`, `timestamps`; `x`; `y`; `p`, `pol`, `polarity`; in upper or lower case. It may begin with `#`.
//! - The unit of time is what its name says at the end: `_us`, `[us]`, `(us)`, likewise with `µs`, `ns`, `ms`, `s`. Where it does
//!   not: **seconds where the first event's time has a decimal point or an exponent, microseconds where it has neither**. Times are
//!   rounded to whole microseconds, halves away from 0.
//! - Numbers may have an exponent, as numpy writes them; x, y and polarity must be whole. Polarity is 1 for `1`, `+1` and
//!   `true`, 0 for `0`, `-1` and `false`.
//! - Empty lines, and those that begin with `#`, `%` or `//`, are passed over. Two whole numbers in the first line that counts
//!   are the sensor's width and height.
//! - A line has 512 bytes, without its end, and 16 fields at most.
//!
//! A file is recognised where the first 4096 bytes are text of which the whole lines can be read, one event or line with names at
//! least. Written are lines of `seconds x y polarity` with six decimals, without names or sensor, as in the data sets.

mod line;
mod number;
mod write;

use self::line::{Columns, Line, Usual, usual};
use super::{Decoder, FIRST, Format};
use crate::Block;
use decolle_error::{Code, Fault, Result};

/// Text, one event a line.
pub(super) const FORMAT: Format = Format {
    name: "text",
    extensions: &[".txt", ".csv"],
    recognise: Some(is_text),
    decoder: || Box::new(Text::new()),
    encoder: Some(|about| Ok(Box::new(write::Writer::new(about)?))),
};

/// Bytes that a line may have, without its end.
const LONGEST: usize = 512;

/// A file that is being read.
struct Text {
    /// The beginning of a line whose end has not come yet.
    line: Vec<u8>,
    columns: Columns,
    /// Offset of the next line.
    byte: u64,
}

impl Text {
    fn new() -> Self {
        Self { line: Vec::new(), columns: Columns::default(), byte: 0 }
    }

    /// Reads a line without its end, which with it has so many bytes.
    #[inline]
    fn read(&mut self, line: &[u8], bytes: usize, block: &mut Block) -> Result<()> {
        match self.columns.read(line).map_err(|fault| self.at_line(fault))? {
            Line::Event { x, y, polarity, time } => block.push(x, y, polarity, time, self.byte),
            Line::Sensor(sensor) => block.sensor = Some(sensor),
            Line::Nothing => {}
        }
        self.byte += bytes as u64;
        Ok(())
    }

    #[cold]
    fn at_line(&self, fault: line::Misfit) -> Fault {
        let path = format_args!("byte {}", self.byte + fault.place);
        Fault::unfit(fault.code, &path, &fault.expected, &format_args!("{:?}", fault.found))
    }

    fn check_length(&self, length: usize) -> Result<()> {
        if length <= LONGEST {
            return Ok(());
        }
        let path = format_args!("byte {}", self.byte + LONGEST as u64);
        Err(Fault::unfit(Code::Format, &path, &format_args!("the end of a line within {LONGEST} bytes"), &"more"))
    }

    /// Reads whole lines until the block is full; gives how many bytes.
    fn take_lines(&mut self, bytes: &[u8], block: &mut Block) -> Result<usize> {
        let mut taken = 0;
        if !self.line.is_empty() && !block.is_full() {
            let end = bytes.iter().position(|&byte| byte == b'\n');
            let more = end.map_or(bytes.len(), |end| end + 1);
            // The end is no part of the line, as below.
            self.check_length(self.line.len() + end.unwrap_or(more))?;
            self.line.extend_from_slice(&bytes[..more]);
            taken = more;
            if end.is_some() {
                let line = std::mem::take(&mut self.line);
                self.read(&line[..line.len() - 1], line.len(), block)?;
            }
        }
        while !block.is_full() {
            let rest = &bytes[taken..];
            if let Some(scale) = self.columns.usual_scale()
                && let Some(Usual { x, y, polarity, time, bytes }) = usual(&rest[..rest.len().min(LONGEST + 1)], scale)
            {
                block.push(x, y, polarity, time, self.byte);
                self.byte += bytes as u64;
                taken += bytes;
                continue;
            }
            let within = &rest[..rest.len().min(LONGEST + 1)];
            let Some(end) = within.iter().position(|&byte| byte == b'\n') else { break };
            self.read(&rest[..end], end + 1, block)?;
            taken += end + 1;
        }
        Ok(taken)
    }
}

impl Decoder for Text {
    fn take(&mut self, bytes: &[u8], block: &mut Block) -> Result<usize> {
        let mut taken = self.take_lines(bytes, block)?;
        if !block.is_full() && self.line.is_empty() {
            let rest = &bytes[taken..];
            self.check_length(rest.len())?;
            self.line.extend_from_slice(rest);
            taken = bytes.len();
        }
        Ok(taken)
    }

    fn end(&mut self, block: &mut Block) -> Result<()> {
        let line = std::mem::take(&mut self.line);
        self.read(&line, line.len(), block)
    }
}

/// Whether a file that begins so is text.
fn is_text(first: &[u8]) -> bool {
    let is_text = |&byte: &u8| matches!(byte, b'\t' | b'\n' | b'\r' | b' '..=b'~') || byte >= 0x80;
    if !first.iter().all(is_text) {
        return false;
    }
    let whole =
        if first.len() < FIRST { first.len() } else { first.iter().rposition(|&byte| byte == b'\n').unwrap_or(0) };
    let mut columns = Columns::default();
    let mut counted = 0;
    for line in first[..whole].split(|&byte| byte == b'\n') {
        match columns.read(line) {
            Ok(Line::Event { .. }) => counted += 1,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
    counted > 0 || columns.are_named()
}

#[cfg(test)]
mod tests;
