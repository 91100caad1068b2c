//! What tests of formats share.
#![allow(dead_code, reason = "each test uses a part of it")]

use decolle_error::{Fault, Result};
use decolle_events::{Block, Events, ReadOptions, Reader};
use std::path::PathBuf;

/// The folder with data, or none, in which case `test` is said to be skipped. A relative `DECOLLE_DATA` is looked for from
/// the root of the repository, whatever folder the test runs in.
pub(crate) fn data(test: &str) -> Option<PathBuf> {
    let named = std::env::var_os("DECOLLE_DATA").filter(|named| !named.is_empty());
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = root.join(named.unwrap_or_else(|| "../shared/data".into()));
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {test} (no DECOLLE_DATA)");
    None
}

/// What came of reading a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) events: Events,
    pub(crate) sensor: Option<[u32; 2]>,
    pub(crate) format: &'static str,
    pub(crate) dropped: u64,
    pub(crate) untimed: u64,
    pub(crate) fault: Option<Fault>,
}

/// Reads a file in pieces of these sizes, over and over.
pub(crate) fn read(format: &str, bytes: &[u8], sizes: &[usize], options: ReadOptions) -> Result<Outcome> {
    let mut reader = Reader::new(format, options)?;
    let (mut block, mut events, mut rest) = (Block::new(), Events::default(), bytes);
    let mut sizes = sizes.iter().copied().chain([1]).cycle();
    while !rest.is_empty() {
        let size = sizes.next().unwrap().min(rest.len());
        let mut piece = &rest[..size];
        rest = &rest[size..];
        while !piece.is_empty() {
            let taken = reader.take(piece, &mut block)?;
            assert!(taken == piece.len() || block.is_full(), "bytes are left though there is room");
            piece = &piece[taken..];
            if block.is_full() {
                block.append_to(&mut events)?;
                block.clear();
            }
        }
    }
    while !reader.is_ended() {
        reader.end(&mut block)?;
        block.append_to(&mut events)?;
        block.clear();
    }
    Ok(Outcome {
        events,
        sensor: block.sensor,
        format: reader.format().map_or("", |format| format.name),
        dropped: reader.dropped(),
        untimed: block.untimed,
        fault: reader.fault().cloned(),
    })
}

/// Reads a file whole, refusing times that go backwards.
pub(crate) fn whole(format: &str, bytes: &[u8]) -> Result<Outcome> {
    read(format, bytes, &[bytes.len().max(1)], ReadOptions::default())
}
