//! Behaviours of AEDAT 4, on files made by hand.

use super::lz4::Lz4;
use super::zstd::{Needs, Zstandard};
use crate::{Events, ReadOptions, Reader, decode};
use decolle_error::{Code, Result};
use proptest::prelude::*;
use std::hash::Hasher;
use twox_hash::XxHash32;

/// Streams as DV describes them: number, kind.
fn description(streams: &[(i32, &str)]) -> String {
    let nodes: Vec<String> = streams
        .iter()
        .map(|(number, kind)| {
            format!(
                "<node name=\"{number}\" path=\"/outInfo/{number}/\"><attr key=\"typeIdentifier\" type=\"string\">{kind}</attr>\
                 <node name=\"info\" path=\"/\"><attr key=\"sizeX\" type=\"int\">{}</attr>\
                 <attr key=\"sizeY\" type=\"int\">40</attr></node></node>",
                31 + number
            )
        })
        .collect();
    format!("<dv version=\"2.0\"><node name=\"outInfo\" path=\"/outInfo/\">{}</node></dv>", nodes.concat())
}

/// A file of these packets, whose data table stands where they end, or nowhere.
fn file(compression: i32, streams: &[(i32, &str)], packets: &[(i32, Vec<u8>)], is_closed: bool) -> Vec<u8> {
    let text = description(streams);
    let mut header = vec![24, 0, 0, 0];
    header.extend(b"IOHE\0\0\0\0\0\0");
    // The list of fields: its size, that of the table, and places of compression, data table, description.
    header.extend([10, 0, 20, 0, 4, 0, 12, 0, 8, 0]);
    header.extend(10i32.to_le_bytes());
    header.extend(compression.to_le_bytes());
    header.extend(12u32.to_le_bytes());
    let place = header.len();
    header.extend((-1i64).to_le_bytes());
    header.extend((text.len() as u32).to_le_bytes());
    header.extend(text.as_bytes());
    let mut bytes = super::MAGIC.to_vec();
    bytes.extend((header.len() as u32).to_le_bytes());
    let place = bytes.len() + place;
    bytes.extend(header);
    for (stream, packet) in packets {
        bytes.extend(stream.to_le_bytes());
        bytes.extend((packet.len() as u32).to_le_bytes());
        bytes.extend(packet);
    }
    if is_closed {
        let table = bytes.len() as i64;
        bytes[place..place + 8].copy_from_slice(&table.to_le_bytes());
        bytes.extend(b"a table that is not read");
    }
    bytes
}

/// What a packet of these events (t, x, y, polarity) decompresses to.
fn content(events: &[(i64, i16, i16, u8)]) -> Vec<u8> {
    let mut bytes = ((28 + 16 * events.len()) as u32).to_le_bytes().to_vec();
    bytes.extend(16u32.to_le_bytes());
    bytes.extend(b"EVTS\0\0");
    bytes.extend([6, 0, 8, 0, 4, 0]);
    bytes.extend(6i32.to_le_bytes());
    bytes.extend(4u32.to_le_bytes());
    bytes.extend((events.len() as u32).to_le_bytes());
    for (time, x, y, polarity) in events {
        bytes.extend(time.to_le_bytes());
        bytes.extend(x.to_le_bytes());
        bytes.extend(y.to_le_bytes());
        bytes.extend([*polarity, 0, 0, 0]);
    }
    bytes
}

/// An LZ4 frame of one stored block.
fn stored(content: &[u8]) -> Vec<u8> {
    let mut sum = XxHash32::with_seed(0);
    sum.write(&[0x40, 0x70]);
    let mut frame = vec![4, 0x22, 0x4d, 0x18, 0x40, 0x70, sum.finish_32().to_le_bytes()[1]];
    frame.extend((content.len() as u32 | 1 << 31).to_le_bytes());
    frame.extend(content);
    frame.extend([0; 4]);
    frame
}

fn fault(bytes: &[u8]) -> String {
    decode("aedat4", bytes).unwrap_err().to_string()
}

const EVENTS: [(i64, i16, i16, u8); 3] =
    [(1_600_000_000_000_000, 1, 2, 1), (1_600_000_000_000_001, 30, 39, 0), (1_600_000_000_000_009, 0, 0, 1)];

#[test]
fn the_first_stream_of_events_is_read_and_others_are_skipped() {
    let streams = [(2, "FRME"), (1, "EVTS"), (0, "EVTS")];
    let packets = [
        (2, b"an image".to_vec()),
        (1, content(&EVENTS[..2])),
        (0, content(&EVENTS)),
        (7, vec![]),
        (1, content(&EVENTS[2..])),
    ];
    for (compression, packets) in
        [(0, packets.clone()), (1, packets.clone().map(|(stream, packet)| (stream, stored(&packet))))]
    {
        for is_closed in [true, false] {
            let decoded = decode("auto", &file(compression, &streams, &packets, is_closed)).unwrap();
            assert_eq!(decoded.sensor, Some([32, 40]));
            let Events { x, y, polarity, time } = decoded.events;
            assert_eq!((x, y, polarity), (vec![1, 30, 0], vec![2, 39, 0], vec![1, 0, 1]));
            assert_eq!(time, EVENTS.map(|event| event.0));
        }
    }
}

#[test]
fn a_file_without_a_stream_of_events_is_refused_with_the_streams_it_has() {
    let fault = fault(&file(0, &[(0, "FRME"), (1, "IMUS")], &[], true));
    assert!(
        fault.starts_with("[unsupported] byte 18: expected a stream of events (EVTS) among the streams"),
        "{fault}"
    );
    assert!(fault.ends_with("found 0 (FRME), 1 (IMUS)"), "{fault}");
}

#[test]
fn a_recording_that_was_not_closed_is_read_to_its_end_and_a_closed_one_that_is_cut_is_refused() {
    let packets = [(0, content(&EVENTS[..2])), (0, content(&EVENTS[2..]))];
    let whole = file(0, &[(0, "EVTS")], &packets, false);
    for cut in [0, 1, 20, 40] {
        let decoded = decode("auto", &whole[..whole.len() - cut]).unwrap();
        assert_eq!(decoded.events.len(), if cut == 0 { 3 } else { 2 }, "{cut}");
    }
    let closed = file(0, &[(0, "EVTS")], &packets, true);
    let end = closed.len() - 24;
    assert_eq!(decode("auto", &closed[..end]).unwrap().events.len(), 3);
    let cut = fault(&closed[..end - 1]);
    assert_eq!(
        cut,
        format!(
            "[format] byte {}: expected packets up to the data table at byte {end}, found the end of the file",
            end - 1
        )
    );
    let mut reader = Reader::new("auto", ReadOptions { partial: true, ..ReadOptions::default() }).unwrap();
    let mut block = crate::Block::new();
    reader.take(&closed[..end - 1], &mut block).unwrap();
    reader.end(&mut block).unwrap();
    assert_eq!((block.len(), reader.fault().map(|fault| fault.code)), (2, Some(Code::Format)));
}

#[test]
fn damage_is_told_with_its_byte() {
    let streams = [(0, "EVTS")];
    let packet = file(0, &streams, &[], false).len();
    let of = |compression: i32, packet: Vec<u8>| fault(&file(compression, &streams, &[(0, packet)], true));
    let starts = |fault: String, start: &str| assert!(fault.starts_with(start), "{fault}");
    let mut more = content(&EVENTS);
    more[28] = 4;
    starts(of(0, more), &format!("[format] byte {packet}: expected events within the 76 bytes of the table"));
    starts(
        of(0, content(&EVENTS)[..40].to_vec()),
        &format!("[format] byte {packet}: expected 3 more events in the packet"),
    );
    starts(of(0, content(&[(0, -1, 0, 0)])), &format!("[range] byte {packet}: expected x and y of at least 0"));
    let mut other = content(&EVENTS);
    other[8..12].copy_from_slice(b"IMUS");
    starts(of(0, other), &format!("[format] byte {packet}: expected a table of events (EVTS), found \"IMUS\""));
    let mut far = content(&EVENTS);
    far[4..8].copy_from_slice(&0x7fff_0000u32.to_le_bytes());
    starts(of(0, far), &format!("[unsupported] byte {packet}: expected events that begin within 512 bytes"));
    starts(of(1, content(&EVENTS)), "[format] byte");
    starts(of(3, content(&EVENTS)), "[format] byte");
    starts(of(9, vec![]), "[unsupported] byte 18: expected compression 0 to 4");
    starts(
        fault(b"#!AER-DAT4.0\r\n\0\0\0\x10"),
        "[format] byte 14: expected a header of 1 to 262144 bytes, found 268435456",
    );
}

/// Decodes frames from pieces of these sizes.
fn unpack(frames: &[u8], sizes: &[usize], is_lz4: bool) -> Result<Vec<u8>> {
    let (mut lz4, mut zstandard) = (Lz4::new(), Zstandard::new());
    let (mut content, mut rest) = (Vec::new(), frames);
    let mut sizes = sizes.iter().copied().chain([1]).cycle();
    let mut piece = &rest[..0];
    loop {
        if piece.is_empty() {
            (piece, rest) = rest.split_at(sizes.next().unwrap_or(1).min(rest.len()));
        }
        let is_last = piece.is_empty();
        let decoded = if is_lz4 {
            lz4.take(&mut piece)?;
            lz4.decoded()
        } else {
            assert!(matches!(zstandard.take(&mut piece, u64::MAX)?, Needs::Nothing));
            zstandard.decoded()
        };
        let length = decoded.len();
        content.extend_from_slice(decoded);
        lz4.took(if is_lz4 { length } else { 0 });
        zstandard.took(if is_lz4 { 0 } else { length });
        if is_last && length == 0 {
            break;
        }
    }
    if is_lz4 { lz4.end() } else { zstandard.end() }.map(|()| content)
}

proptest! {
    #[test]
    fn what_lz4_flex_compresses_is_decoded_in_pieces_of_any_size(
        seed in 1usize..2000, length in 0usize..200_000, sizes in proptest::collection::vec(1usize..5000, 1..9),
        form in 0usize..8,
    ) {
        use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
        use std::io::Write;
        let bytes: Vec<u8> = (0..length).map(|place| (place * place / seed % 251) as u8).collect();
        let mode = if form & 1 == 0 { BlockMode::Independent } else { BlockMode::Linked };
        let size = if form & 2 == 0 { BlockSize::Max64KB } else { BlockSize::Max1MB };
        let info = FrameInfo::new().block_mode(mode).block_size(size).content_checksum(form & 4 == 0).block_checksums(form & 4 != 0)
            .content_size((form & 4 != 0).then_some(length as u64));
        let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
        encoder.write_all(&bytes).unwrap();
        let frame = encoder.finish().unwrap();
        prop_assert_eq!(&unpack(&frame, &sizes, true).unwrap(), &bytes);
        let two = [&frame[..], &frame[..]].concat();
        prop_assert_eq!(unpack(&two, &sizes, true).unwrap().len(), 2 * length);
        prop_assert!(unpack(&frame[..frame.len() - 1], &sizes, true).is_err());
    }

    #[test]
    fn what_ruzstd_compresses_is_decoded_in_pieces_of_any_size(
        seed in 1usize..2000, length in 0usize..400_000, sizes in proptest::collection::vec(1usize..5000, 1..9),
    ) {
        use ruzstd::encoding::{CompressionLevel, compress_to_vec};
        let bytes: Vec<u8> = (0..length).map(|place| (place * place / seed % 251) as u8).collect();
        let frame = compress_to_vec(&bytes[..], CompressionLevel::Fastest);
        prop_assert!(unpack(&frame, &sizes, false).unwrap() == bytes);
        prop_assert!(unpack(&frame[..frame.len() - 1], &sizes, false).is_err());
    }

    #[test]
    fn a_changed_bit_of_an_lz4_frame_with_checksums_is_noticed(place in 0usize..900, bit in 0u8..8) {
        use lz4_flex::frame::{FrameEncoder, FrameInfo};
        use std::io::Write;
        let bytes: Vec<u8> = (0..3000).map(|place| (place * place / 77 % 251) as u8).collect();
        let mut encoder = FrameEncoder::with_frame_info(FrameInfo::new().content_checksum(true), Vec::new());
        encoder.write_all(&bytes).unwrap();
        let mut frame = encoder.finish().unwrap();
        // The magic number may become that of a frame to skip.
        let place = 4 + place % (frame.len() - 4);
        frame[place] ^= 1 << bit;
        prop_assert!(unpack(&frame, &[100], true).is_err());
    }
}

#[test]
fn windows_of_zstandard_above_8_mib_are_refused_and_needs_are_told_before_they_are_met() {
    // A frame of a window of 16 MiB.
    let large = unpack(&[0x28, 0xb5, 0x2f, 0xfd, 0, 14 << 3, 1, 0, 0], &[100], false).unwrap_err();
    assert_eq!((large.code, large.expected()), (Code::Unsupported, Some("a Zstandard window of at most 8 MiB")));
    // One of 8 MiB, of four blocks of 128 KiB of the same byte.
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 13 << 3];
    for last in [0, 0, 0, 1u32] {
        frame.extend(&(last | 1 << 1 | (128 << 10) << 3).to_le_bytes()[..3]);
        frame.push(5);
    }
    assert!(unpack(&frame, &[3], false).unwrap() == vec![5; 512 << 10]);
    let mut zstandard = Zstandard::new();
    let mut rest = &frame[..];
    let Needs::More(needed) = zstandard.take(&mut rest, 1 << 20).unwrap() else { panic!("met") };
    assert!(needed > 1 << 20 && zstandard.decoded().is_empty());
    assert!(matches!(zstandard.take(&mut rest, needed).unwrap(), Needs::Nothing));
    // A block that claims 40,000 sequences of three bytes, and one that claims more than make a block.
    for (sequences, message) in [(60_000u32, "expected a Zstandard block of at most 128 KiB"), (100, "expected")] {
        let claim = (sequences - 0x7f00.min(sequences)).to_le_bytes();
        let block = [0, 255, claim[0], claim[1], 0];
        let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 7 << 3];
        frame.extend(&(1 | 2 << 1 | (block.len() as u32) << 3).to_le_bytes()[..3]);
        frame.extend(block);
        let fault = unpack(&frame, &[100], false).unwrap_err();
        assert!(fault.message.starts_with(message), "{fault}");
    }
}

#[test]
fn packets_that_need_more_memory_than_the_file_vouches_for_wait_and_give_the_same() {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};
    let mut events = Vec::new();
    for index in 0..200_000i64 {
        events.push((index, (index * 7 % 30) as i16, (index * index % 40) as i16, (index % 2) as u8));
    }
    let packets: Vec<(i32, Vec<u8>)> = events
        .chunks(50_000)
        .map(|events| (0, compress_to_vec(&content(events)[..], CompressionLevel::Fastest)))
        .collect();
    let bytes = file(3, &[(0, "EVTS")], &packets, true);
    let decoded = decode("auto", &bytes).unwrap();
    assert_eq!(decoded.events.len(), events.len());
    assert!((0..events.len()).all(|index| decoded.events.time[index] == index as i64));
    // A frame of 4 MiB of zeros, in 32 blocks of four bytes.
    let mut frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0xa0];
    frame.extend((4u32 << 20).to_le_bytes());
    for block in 0..32u32 {
        frame.extend(&(block / 31 + (1 << 1) + ((128 << 10) << 3)).to_le_bytes()[..3]);
        frame.push(0);
    }
    assert!(unpack(&frame, &[3], false).unwrap() == vec![0; 4 << 20]);
    let fault = fault(&file(3, &[(0, "EVTS")], &[(0, frame)], true));
    assert!(fault.contains("bytes of memory in so short a file"), "{fault}");
}
