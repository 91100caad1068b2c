//! Real recordings in every format, from the folder that `DECOLLE_DATA` names, against what independent readers found.

mod common;

use common::{data, read, whole};
use decolle_events::ReadOptions;
use decolle_events::format::FORMATS;
use decolle_random::Generator;
use std::fs;

/// Which file of `formats/` is in which format.
const FILES: [(&str, &str); 9] = [
    ("nmnist.bin", "nmnist"),
    ("ncars.dat", "dat"),
    ("evt2.raw", "evt2"),
    ("evt3.raw", "evt3"),
    ("slider-depth.txt", "text"),
    ("nmnist-00002.es", "es"),
    ("dvs128-aedat2.aedat", "aedat2"),
    ("davis240c-aedat2.aedat", "aedat2"),
    ("dvxplorer.aedat4", "aedat4"),
];

/// Sizes of pieces from 1 byte up, the most of them small.
fn random_sizes(seed: u64) -> Vec<usize> {
    let mut random = Generator::new(seed, "pieces");
    (0..997).map(|_| 1 + (random.uniform().powi(4) * 20_000.0) as usize).collect()
}

#[test]
fn real_recordings_decode_to_what_independent_readers_found() {
    let Some(folder) = data("real_recordings_decode_to_what_independent_readers_found") else { return };
    let text = fs::read_to_string(folder.join("formats/expected.json")).unwrap();
    let all: serde_json::Value = serde_json::from_str(&text).unwrap();
    for (file, format) in FILES {
        let bytes = fs::read(folder.join("formats").join(file)).unwrap();
        let expected = &all[file];
        let found = whole("auto", &bytes).unwrap_or_else(|fault| panic!("{file}: {fault}"));
        let events = &found.events;
        assert_eq!(found.format, format, "{file}");
        assert_eq!(found.untimed, 0, "{file}");
        if expected["sensor"].is_array() && format != "text" {
            let sensor = found.sensor.unwrap();
            assert_eq!(expected["sensor"], serde_json::json!(sensor), "{file}");
        }
        let sum = |column: &[u16]| column.iter().map(|&value| u64::from(value)).sum::<u64>();
        let range = |column: &[u16]| serde_json::json!([column.iter().min().unwrap(), column.iter().max().unwrap()]);
        assert_eq!(expected["count"], events.len(), "{file}");
        assert_eq!((&expected["x"], &expected["y"]), (&range(&events.x), &range(&events.y)), "{file}");
        assert_eq!((&expected["sumX"], &expected["sumY"]), (&sum(&events.x).into(), &sum(&events.y).into()), "{file}");
        // The sum of times since 1970 was taken in 64 bits, and wraps.
        let sum = events.time.iter().fold(0i64, |sum, &time| sum.wrapping_add(time));
        assert_eq!(expected["sumT"], sum, "{file}");
        assert_eq!(expected["on"], events.polarity.iter().map(|&polarity| u64::from(polarity)).sum::<u64>(), "{file}");
        assert_eq!(expected["t"], serde_json::json!([events.time[0], events.time.last().unwrap()]), "{file}");
        for (i, first) in expected["first3"].as_array().unwrap().iter().enumerate() {
            let event = serde_json::json!([events.time[i], events.x[i], events.y[i], events.polarity[i]]);
            assert_eq!(*first, event, "{file}");
        }
    }
}

#[test]
fn real_recordings_in_pieces_of_random_size_decode_to_the_same() {
    let Some(folder) = data("real_recordings_in_pieces_of_random_size_decode_to_the_same") else { return };
    for (seed, (file, format)) in FILES.into_iter().enumerate() {
        let bytes = fs::read(folder.join("formats").join(file)).unwrap();
        for name in ["auto", format] {
            let pieces = read(name, &bytes, &random_sizes(seed as u64), ReadOptions::default()).unwrap();
            assert_eq!(pieces, whole(format, &bytes).unwrap(), "{file}");
        }
        let few = &bytes[..bytes.len().min(60_000)];
        let options = ReadOptions { partial: true, ..ReadOptions::default() };
        assert_eq!(read("auto", few, &[1], options), read("auto", few, &[few.len()], options), "{file}");
    }
}

#[test]
fn a_real_recording_cut_off_anywhere_is_read_up_to_there_or_refused_with_the_byte() {
    let Some(folder) = data("a_real_recording_cut_off_anywhere_is_read_up_to_there_or_refused_with_the_byte") else {
        return;
    };
    let partial = ReadOptions { partial: true, ..ReadOptions::default() };
    for (file, format) in FILES {
        let bytes = fs::read(folder.join("formats").join(file)).unwrap();
        let events = whole(format, &bytes).unwrap().events;
        for cut in (0..1200).chain([bytes.len() - 1]) {
            let part = read(format, &bytes[..cut], &[cut.max(1)], partial).unwrap();
            let length = part.events.len();
            // Of text, the last line may be cut within its last number.
            let sure = if format == "text" { length.saturating_sub(1) } else { length };
            assert_eq!(part.events.time[..sure], events.time[..sure], "{file} {cut}");
            assert_eq!(part.events.x[..sure], events.x[..sure], "{file} {cut}");
            match whole(format, &bytes[..cut]) {
                Ok(all) => assert_eq!((all.events, part.fault), (part.events, None), "{file} {cut}"),
                Err(fault) => {
                    assert!(fault.message.starts_with("byte "), "{file} {cut}: {fault}");
                    assert_eq!(part.fault, Some(fault), "{file} {cut}");
                }
            }
        }
    }
}

#[test]
fn the_same_recording_in_two_formats_is_the_same_events() {
    let Some(folder) = data("the_same_recording_in_two_formats_is_the_same_events") else { return };
    let es = whole("es", &fs::read(folder.join("formats/nmnist-00002.es")).unwrap()).unwrap();
    let bin = whole("nmnist", &fs::read(folder.join("nmnist/Train/0/00002.bin")).unwrap()).unwrap();
    assert_eq!(es.events, bin.events);
}

#[test]
fn every_format_has_a_name_of_its_own() {
    for (place, format) in FORMATS.iter().enumerate() {
        assert!(FORMATS[..place].iter().all(|other| other.name != format.name), "{}", format.name);
        assert!(!format.extensions.is_empty(), "{}", format.name);
    }
}
