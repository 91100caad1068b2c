//! File formats of recordings: one file each, and one line each in [`FORMATS`].
//!
//! A format is read by a [`Decoder`], which is fed the bytes of a file in pieces of any size and writes the events that it
//! finds into blocks of bounded size; it is written by an [`Encoder`]. [`Reader`] finds the format and drives
//! the decoder; [`decode`] reads a whole file.

mod aedat2;
mod aedat3;
mod aedat4;
mod cameras;
mod dat;
mod es;
mod evt2;
mod evt21;
mod evt3;
mod kept;
mod nmnist;
mod npy;
mod pieces;
mod prophesee;
mod records;
mod text;
mod write;

use crate::{Block, Events, Pixels, ReadOptions, Reader};
use decolle_error::{Code, Fault, Result};

/// A file format.
#[derive(Clone, Copy)]
pub struct Format {
    /// Name by which a caller asks for it, in lower case.
    pub name: &'static str,
    /// How names of such files end.
    pub extensions: &'static [&'static str],
    /// Tells from the first bytes of a file, [`FIRST`] of them or all where there are fewer, whether it is one; none where
    /// files do not say what they are.
    pub recognise: Option<fn(&[u8]) -> bool>,
    /// Begins to read a file.
    pub decoder: fn() -> Box<dyn Decoder>,
    /// Begins to write a file, or refuses what it is told of the recording; none where files are only read.
    pub encoder: Option<BeginWriting>,
}

/// Begins to write a recording of which this is known, or refuses it.
pub type BeginWriting = fn(&About) -> Result<Box<dyn Encoder>>;

/// Bytes by which a file is recognised. A reader that was not told the format waits for them.
pub const FIRST: usize = 4096;

/// How HDF5 files begin, which are not read here.
const HDF5: &[u8] = b"\x89HDF\r\n\x1a\n";

/// Reads one file, from its first byte to its last.
///
/// It keeps no more than a few kB besides what it writes into blocks, and allocates nothing by a length that a file claims. It
/// unwraps the format's own clock, but does not check that times never decrease: that is the reader's.
pub trait Decoder: Send {
    /// Takes bytes from the start of `bytes` until they are used up or `block` is full, and appends the events to the block;
    /// gives how many bytes it took. Called again with the rest, perhaps with nothing, while the block came back full.
    ///
    /// # Errors
    /// `format`, `range` or `unsupported` with the offset of the byte, counted from the start of the file; `memory`. The
    /// events before the damage are in the block. After an error nothing more can be read.
    fn take(&mut self, bytes: &[u8], block: &mut Block) -> Result<usize>;

    /// Says that there are no more bytes. Called once, with a block that is not full: what is left makes at most
    /// [`Block::SLACK`] events.
    ///
    /// # Errors
    /// `format` where the file ends within something.
    fn end(&mut self, block: &mut Block) -> Result<()>;
}

/// What is known of a recording before it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Width and height of the sensor in pixels; formats that need it refuse to be written without.
    pub sensor: Option<[u32; 2]>,
    /// Number of events; formats whose header holds it refuse to be written without, and to be ended after another number.
    pub events: Option<u64>,
}

/// Writes one file, from its first byte to its last.
pub trait Encoder: Send {
    /// Appends the bytes of these events to `bytes`, after the header where they are the first. Times never decrease, neither
    /// here nor from call to call; time is in microseconds.
    ///
    /// # Errors
    /// `shape` for columns of different length, `range` for an event that the format cannot hold, `time-order`, each with the
    /// index, counted from the start of these columns. After an error nothing has been appended.
    fn put(&mut self, pixels: Pixels<'_>, time: &[i64], bytes: &mut Vec<u8>) -> Result<()>;

    /// Appends what follows the last event, after the header where there was none.
    ///
    /// # Errors
    /// Those of the format.
    fn end(&mut self, bytes: &mut Vec<u8>) -> Result<()>;
}

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decoded {
    /// The events.
    pub events: Events,
    /// Width and height of the sensor in pixels, where the format says them.
    pub sensor: Option<[u32; 2]>,
}

/// Every format, in the order in which files are tried for them: what is recognised by less comes later.
pub const FORMATS: &[Format] = &[
    es::FORMAT,
    dat::FORMAT,
    evt2::FORMAT,
    evt21::FORMAT,
    evt3::FORMAT,
    aedat2::FORMAT,
    aedat2::DVS128,
    aedat2::DAVIS,
    aedat3::FORMAT,
    aedat4::FORMAT,
    npy::FORMAT,
    npy::TXYP_FORMAT,
    npy::XYPT_MS_FORMAT,
    npy::ARCHIVE,
    npy::TXYP_ARCHIVE,
    text::FORMAT,
    nmnist::NMNIST,
    nmnist::NCALTECH101,
];

/// Reads a whole file in the format called `format`, or, for `auto`, in that which its first bytes are recognised by. Times
/// that go backwards are refused.
///
/// ```
/// let decoded = decolle_events::decode("nmnist", &[3, 4, 0x80, 0, 7])?;
/// let events = decoded.events;
/// assert_eq!((events.x[0], events.y[0], events.polarity[0], events.time[0]), (3, 4, 1, 7));
/// assert_eq!(decoded.sensor, Some([34, 34]));
/// # Ok::<(), decolle_error::Fault>(())
/// ```
///
/// # Errors
/// Those of [`Reader`].
pub fn decode(format: &str, bytes: &[u8]) -> Result<Decoded> {
    let mut reader = Reader::new(format, ReadOptions::default())?;
    let mut block = Block::new();
    let mut events = Events::default();
    let mut rest = bytes;
    while !rest.is_empty() {
        rest = &rest[reader.take(rest, &mut block)?..];
        block.append_to(&mut events)?;
        block.clear();
    }
    while !reader.is_ended() {
        reader.end(&mut block)?;
        block.append_to(&mut events)?;
        block.clear();
    }
    Ok(Decoded { events, sensor: reader.sensor() })
}

/// Writes a whole recording in the format called `format`.
///
/// ```
/// use decolle_events::{Events, encode};
/// let events = Events::new(vec![3], vec![4], vec![1], vec![7])?;
/// assert_eq!(encode("nmnist", &events, Some([34, 34]))?, [3, 4, 0x80, 0, 7]);
/// # Ok::<(), decolle_error::Fault>(())
/// ```
///
/// # Errors
/// `unsupported` for another name or a format that is not written; those of the format's encoder.
pub fn encode(format: &str, events: &Events, sensor: Option<[u32; 2]>) -> Result<Vec<u8>> {
    let mut encoder = encoder(format, &About { sensor, events: Some(events.len() as u64) })?;
    let mut bytes = Vec::new();
    encoder.put(events.pixels(), &events.time, &mut bytes)?;
    encoder.end(&mut bytes)?;
    Ok(bytes)
}

/// Begins to write a file in the format called `format`.
///
/// # Errors
/// `unsupported` for another name or a format that is not written; those of the format, for what is known of the recording.
pub fn encoder(format: &str, about: &About) -> Result<Box<dyn Encoder>> {
    match named(format)?.encoder {
        Some(encoder) => encoder(about),
        None => {
            let known = names(|format| format.encoder.is_some());
            let expected = format_args!("a format that is written, one of {known}");
            Err(Fault::unfit(Code::Unsupported, &"format", &expected, &format_args!("{format:?}")))
        }
    }
}

/// Names of the formats that are meant, for messages.
fn names(is_meant: impl Fn(&Format) -> bool) -> String {
    let names: Vec<&str> = FORMATS.iter().filter(|&format| is_meant(format)).map(|format| format.name).collect();
    names.join(", ")
}

/// The format called `name`.
///
/// # Errors
/// `unsupported` for a name that is not in [`FORMATS`].
pub fn named(name: &str) -> Result<&'static Format> {
    FORMATS.iter().find(|format| format.name == name).ok_or_else(|| {
        let known = names(|_| true);
        Fault::unfit(Code::Unsupported, &"format", &format_args!("one of {known}"), &format_args!("{name:?}"))
    })
}

/// The format that the first bytes of a file are recognised by: [`FIRST`] of them, or all where there are fewer.
///
/// # Errors
/// `format` where none is.
pub fn recognised(first: &[u8]) -> Result<&'static Format> {
    let first = &first[..first.len().min(FIRST)];
    FORMATS.iter().find(|format| format.recognise.is_some_and(|recognise| recognise(first))).ok_or_else(|| {
        let known = names(|_| true);
        let expected = format_args!("a file that says what it is, or its format by name, one of {known}");
        let found = if first.starts_with(HDF5) { "HDF5, which readHdf5 reads" } else { "neither" };
        Fault::unfit(Code::Format, &"format", &expected, &found)
    })
}

#[cfg(test)]
mod tests;
