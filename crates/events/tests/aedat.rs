//! Real recordings in AEDAT 2.0 and 3.1, from the folder that `DECOLLE_DATA` names.

mod common;

use common::{data, read, whole};
use decolle_events::{ReadOptions, encode};
use std::fs;

/// Sizes of pieces that no format has records of.
const SIZES: [&[usize]; 3] = [&[1, 7, 13, 4099, 2, 65_537], &[997], &[1 << 20]];

#[test]
fn every_recording_of_poker_dvs_decodes() {
    let Some(folder) = data("every_recording_of_poker_dvs_decodes") else { return };
    let mut recordings = 0;
    for file in fs::read_dir(folder.join("poker-dvs/pips")).unwrap() {
        let path = file.unwrap().path();
        let bytes = fs::read(&path).unwrap();
        let found = whole("auto", &bytes).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
        let events = &found.events;
        assert_eq!((found.format, found.sensor), ("aedat2", Some([128, 128])));
        // Five lines of 216 bytes, then nothing but events. A few lie just outside the 32 pixels.
        assert_eq!(events.len() * 8, bytes.len() - 216, "{}", path.display());
        assert!(events.x.iter().chain(&events.y).all(|&place| place < 35), "{}", path.display());
        assert!(events.time.last().unwrap() - events.time[0] < 32_000, "{}", path.display());
        let pieces = read("auto", &bytes, SIZES[0], ReadOptions::default()).unwrap();
        assert!(pieces == found, "{}", path.display());
        recordings += 1;
    }
    assert_eq!(recordings, 100);
}

#[test]
fn the_recording_of_ten_gestures_decodes_and_is_written_again() {
    let Some(folder) = data("the_recording_of_ten_gestures_decodes_and_is_written_again") else { return };
    let bytes = fs::read(folder.join("dvsgesture/user01_led.aedat")).unwrap();
    let found = whole("auto", &bytes).unwrap();
    assert_eq!((found.format, found.sensor), ("aedat3", Some([128, 128])));
    // Counted by another reader.
    let counts = [63_471, 84_260, 113_063, 151_879, 181_179, 124_244, 159_617, 101_288, 141_773, 85_936];
    let labels = fs::read_to_string(folder.join("dvsgesture/user01_led_labels.csv")).unwrap();
    let mut classes = 0;
    for (label, count) in labels.lines().skip(1).zip(counts) {
        let fields: Vec<i64> = label.split(',').map(|field| field.trim().parse().unwrap()).collect();
        let events = found.events.time.iter().filter(|&&time| time >= fields[1] && time <= fields[2]).count();
        classes += 1;
        assert_eq!((fields[0], events), (classes, count));
    }
    assert_eq!((classes, found.events.len()), (10, counts.iter().sum()));
    for sizes in SIZES {
        assert!(read("auto", &bytes, sizes, ReadOptions::default()).unwrap() == found, "in pieces of {sizes:?}");
    }
    let written = encode("aedat3", &found.events, found.sensor).unwrap();
    assert!(whole("auto", &written).unwrap() == found);
}
