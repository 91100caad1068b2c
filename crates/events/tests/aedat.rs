//! Real recordings in AEDAT 2.0, 3.1 and 4, from the folder that `DECOLLE_DATA` names.

use decolle_events::{Block, Decoded, Events, ReadOptions, Reader, decode, encode};
use std::fs;
use std::path::PathBuf;

/// The folder with data, or none, in which case `test` is said to be skipped. A relative `DECOLLE_DATA` is looked for from
/// the root of the repository, whatever folder the test runs in.
fn data(test: &str) -> Option<PathBuf> {
    let named = std::env::var_os("DECOLLE_DATA").filter(|named| !named.is_empty());
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = root.join(named.unwrap_or_else(|| "../shared/data".into()));
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: {test} (no DECOLLE_DATA)");
    None
}

/// Reads a recording in pieces of these sizes, over and over.
fn in_pieces(format: &str, bytes: &[u8], sizes: &[usize]) -> Decoded {
    let mut reader = Reader::new(format, ReadOptions::default()).unwrap();
    let (mut block, mut events, mut rest) = (Block::new(), Events::default(), bytes);
    let mut sizes = sizes.iter().copied().cycle();
    let mut piece = &rest[..0];
    loop {
        if piece.is_empty() {
            let size = sizes.next().unwrap().min(rest.len());
            (piece, rest) = rest.split_at(size);
        }
        if piece.is_empty() {
            break;
        }
        piece = &piece[reader.take(piece, &mut block).unwrap()..];
        block.append_to(&mut events).unwrap();
        block.clear();
    }
    while !reader.is_ended() {
        reader.end(&mut block).unwrap();
        block.append_to(&mut events).unwrap();
        block.clear();
    }
    Decoded { events, sensor: block.sensor }
}

/// Sizes of pieces that no format has records of.
const SIZES: [&[usize]; 3] = [&[1, 7, 13, 4099, 2, 65_537], &[997], &[1 << 20]];

#[test]
fn real_recordings_decode_to_what_an_independent_reader_found_whole_and_in_pieces() {
    let test = "real_recordings_decode_to_what_an_independent_reader_found_whole_and_in_pieces";
    let Some(folder) = data(test) else { return };
    let text = fs::read_to_string(folder.join("formats/expected.json")).unwrap();
    let all: serde_json::Value = serde_json::from_str(&text).unwrap();
    for (file, format, sensor) in [
        ("dvs128-aedat2.aedat", "aedat2", [128, 128]),
        ("davis240c-aedat2.aedat", "aedat2", [240, 180]),
        ("dvxplorer.aedat4", "aedat4", [320, 240]),
    ] {
        let bytes = fs::read(folder.join("formats").join(file)).unwrap();
        let decoded = decode("auto", &bytes).unwrap_or_else(|fault| panic!("{file}: {fault}"));
        let (events, expected) = (&decoded.events, &all[file]);
        let sum = |column: &[u16]| column.iter().map(|&value| u64::from(value)).sum::<u64>();
        assert_eq!(expected["count"], events.len(), "{file}");
        assert_eq!(expected["sumX"], sum(&events.x), "{file}");
        assert_eq!(expected["sumY"], sum(&events.y), "{file}");
        // The sum of those that count from 1970 was taken in 64 bits, and wraps.
        assert_eq!(expected["sumT"], events.time.iter().fold(0i64, |sum, &time| sum.wrapping_add(time)), "{file}");
        assert_eq!(expected["on"], events.polarity.iter().filter(|&&polarity| polarity == 1).count(), "{file}");
        assert_eq!(expected["t"][0], events.time[0], "{file}");
        assert_eq!(expected["t"][1], *events.time.last().unwrap(), "{file}");
        for (i, first) in expected["first3"].as_array().unwrap().iter().enumerate() {
            let event = [events.time[i], events.x[i].into(), events.y[i].into(), events.polarity[i].into()];
            assert_eq!(*first, serde_json::json!(event), "{file}");
        }
        assert_eq!(decoded.sensor, Some(sensor), "{file}");
        for sizes in SIZES {
            assert!(in_pieces(format, &bytes, sizes) == decoded, "{file} in pieces of {sizes:?}");
        }
    }
}

#[test]
fn every_recording_of_poker_dvs_decodes_within_its_32_pixels() {
    let Some(folder) = data("every_recording_of_poker_dvs_decodes_within_its_32_pixels") else { return };
    let mut recordings = 0;
    for file in fs::read_dir(folder.join("poker-dvs/pips")).unwrap() {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let decoded = decode("auto", &bytes).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
        let events = &decoded.events;
        // Five lines of 216 bytes, then nothing but events.
        assert_eq!(events.len() * 8, bytes.len() - 216, "{}", path.display());
        assert!(events.x.iter().chain(&events.y).all(|&place| place < 32), "{}", path.display());
        assert!(events.time.last().unwrap() - events.time[0] < 50_000, "{}", path.display());
        assert!(in_pieces("aedat2", &bytes, SIZES[0]) == decoded, "{}", path.display());
        recordings += 1;
    }
    assert_eq!(recordings, 100);
}

#[test]
fn the_recording_of_ten_gestures_decodes_and_is_written_again() {
    let Some(folder) = data("the_recording_of_ten_gestures_decodes_and_is_written_again") else { return };
    let bytes = fs::read(folder.join("dvsgesture/user01_led.aedat")).unwrap();
    let decoded = decode("auto", &bytes).unwrap();
    assert_eq!(decoded.sensor, Some([128, 128]));
    let labels = fs::read_to_string(folder.join("dvsgesture/user01_led_labels.csv")).unwrap();
    let mut classes = 0;
    for label in labels.lines().skip(1) {
        let fields: Vec<i64> = label.split(',').map(|field| field.trim().parse().unwrap()).collect();
        classes += 1;
        assert_eq!(fields[0], classes);
        let events = decoded.events.time.iter().filter(|&&time| time >= fields[1] && time <= fields[2]).count();
        assert!((63_000..=182_000).contains(&events), "class {classes}: {events}");
    }
    assert_eq!(classes, 10);
    for sizes in SIZES {
        assert!(in_pieces("aedat3", &bytes, sizes) == decoded, "in pieces of {sizes:?}");
    }
    let written = encode("aedat3", &decoded.events, decoded.sensor).unwrap();
    assert!(decode("aedat3", &written).unwrap() == decoded);
}
