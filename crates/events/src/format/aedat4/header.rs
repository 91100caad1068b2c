//! The header of an AEDAT 4 file: a FlatBuffers table `IOHE` of compression, place of the data table, and a description in XML.

use super::flat::{Flat, Need};
use crate::format::pieces::fault;
use decolle_error::{Code, Result};
use std::fmt::Display;

/// How packets are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compression {
    None,
    Lz4,
    Zstandard,
}

/// What is read of a header.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) compression: Compression,
    /// Where packets end; none while the file is being written, or where its writer did not come to the end.
    pub(super) table: Option<u64>,
    /// Number of the first stream of events, and the size of its sensor.
    pub(super) stream: i32,
    pub(super) sensor: Option<[u32; 2]>,
}

/// A stream that the description names.
#[derive(Default)]
struct Stream<'a> {
    name: &'a str,
    kind: &'a str,
    size: [Option<u32>; 2],
}

/// Reads the header from its bytes, which begin at this offset of the file.
pub(super) fn read(bytes: &[u8], offset: u64) -> Result<Header> {
    let wrong = |expected: &dyn Display, found: &dyn Display| Err(fault(Code::Format, offset, expected, found));
    if bytes.get(4..8) != Some(b"IOHE") {
        return wrong(&"a header (IOHE)", &"another table");
    }
    let Ok((compression, position, text)) = fields(&Flat(bytes)) else {
        return wrong(&"fields within the header", &"a field beyond its end");
    };
    let compression = match compression {
        0 => Compression::None,
        1 | 2 => Compression::Lz4,
        3 | 4 => Compression::Zstandard,
        _ => {
            let expected = "compression 0 to 4 (none, LZ4, LZ4_HIGH, ZSTD, ZSTD_HIGH)";
            return Err(fault(Code::Unsupported, offset, &expected, &compression));
        }
    };
    let after = offset + bytes.len() as u64;
    let table = u64::try_from(position).ok();
    if table.is_some_and(|table| table < after) {
        return wrong(&format_args!("a data table at byte {after} or later, or -1"), &position);
    }
    let text = text.and_then(|[first, end]| bytes.get(first..end)).unwrap_or_default();
    let Ok(text) = std::str::from_utf8(text) else { return wrong(&"a description in UTF-8", &"other bytes") };
    let streams = streams(text);
    let Some(stream) = streams.iter().find(|stream| stream.kind == "EVTS") else {
        let named: Vec<String> = streams.iter().map(|stream| format!("{} ({})", stream.name, stream.kind)).collect();
        let found = if named.is_empty() { "none".to_string() } else { named.join(", ") };
        return Err(fault(Code::Unsupported, offset, &"a stream of events (EVTS) among the streams", &found));
    };
    let Ok(number) = stream.name.parse() else { return wrong(&"streams with numbers", &format_args!("{:?}", stream.name)) };
    let sensor = stream.size[0].zip(stream.size[1]).map(|(width, height)| [width, height]);
    Ok(Header { compression, table, stream: number, sensor })
}

/// Compression, place of the data table, and first and last byte of the description.
fn fields(flat: &Flat<'_>) -> std::result::Result<(i32, i64, Option<[usize; 2]>), Need> {
    let table = flat.referred(0)?;
    let compression = match flat.field(table, 0)? {
        Some(place) => i32::from_le_bytes(flat.at(place)?),
        None => 0,
    };
    let position = match flat.field(table, 1)? {
        Some(place) => i64::from_le_bytes(flat.at(place)?),
        None => -1,
    };
    let text = match flat.field(table, 2)? {
        Some(place) => {
            let text = flat.referred(place)?;
            let end = text + 4 + flat.number(text)?;
            usize::try_from(text + 4).ok().zip(usize::try_from(end).ok()).map(|(first, end)| [first, end])
        }
        None => None,
    };
    Ok((compression, position, text))
}

/// Nodes within one another that are followed, and streams that are listed.
const DEEPEST: usize = 16;
const STREAMS: usize = 64;

/// The streams of a description: the nodes within `outInfo`. DV writes elements `node` and `attr`, without comments or entities
/// in what is looked for; of anything else the tags are passed over.
fn streams(text: &str) -> Vec<Stream<'_>> {
    let mut streams: Vec<Stream<'_>> = Vec::new();
    let mut nodes: Vec<&str> = Vec::new();
    let mut parts = text.split('<');
    parts.next();
    for part in parts {
        let (tag, content) = part.split_once('>').unwrap_or((part, ""));
        if tag.starts_with("/node") {
            nodes.pop();
        } else if tag.starts_with("node") && !tag.ends_with('/') {
            if nodes.len() == DEEPEST || streams.len() == STREAMS {
                break;
            }
            let name = attribute(tag, "name").unwrap_or_default();
            if nodes.last() == Some(&"outInfo") {
                streams.push(Stream { name, ..Stream::default() });
            }
            nodes.push(name);
        } else if tag.starts_with("attr")
            && let Some(stream) = streams.last_mut()
        {
            let within = nodes.iter().rev().position(|&node| node == "outInfo");
            let size = || content.trim().parse().ok();
            match (within, attribute(tag, "key")) {
                (Some(1), Some("typeIdentifier")) => stream.kind = content.trim(),
                (Some(2), Some("sizeX")) => stream.size[0] = size(),
                (Some(2), Some("sizeY")) => stream.size[1] = size(),
                _ => {}
            }
        }
    }
    streams
}

/// The value of an attribute within a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let mut parts = tag.split('"');
    while let (Some(before), Some(value)) = (parts.next(), parts.next()) {
        if before.trim().strip_suffix('=').is_some_and(|before| before.trim_end().ends_with(name)) {
            return Some(value);
        }
    }
    None
}
