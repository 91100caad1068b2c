//! Decoding and binning of real N-MNIST recordings, from the folder that `DECOLLE_DATA` names.

use decolle_error::Result;
use decolle_events::{Binning, Events, bin, decode};
use std::fs;
use std::path::PathBuf;

fn decode_nmnist(bytes: &[u8]) -> Result<Events> {
    decode("nmnist", bytes).map(|decoded| decoded.events)
}

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

#[test]
fn a_real_recording_decodes_to_what_an_independent_reader_found() {
    let Some(folder) = data("a_real_recording_decodes_to_what_an_independent_reader_found") else { return };
    let events = decode_nmnist(&fs::read(folder.join("formats/nmnist.bin")).unwrap()).unwrap();
    let text = fs::read_to_string(folder.join("formats/expected.json")).unwrap();
    let all: serde_json::Value = serde_json::from_str(&text).unwrap();
    let expected = &all["nmnist.bin"];
    let sum = |column: &[u16]| column.iter().map(|&value| u64::from(value)).sum::<u64>();
    assert_eq!(expected["count"], events.len());
    assert_eq!(expected["sumX"], sum(&events.x));
    assert_eq!(expected["sumY"], sum(&events.y));
    assert_eq!(expected["sumT"], events.time.iter().sum::<i64>());
    assert_eq!(expected["on"], events.polarity.iter().filter(|&&polarity| polarity == 1).count());
    assert_eq!(expected["t"][0], events.time[0]);
    assert_eq!(expected["t"][1], *events.time.last().unwrap());
    for (i, first) in expected["first3"].as_array().unwrap().iter().enumerate() {
        assert_eq!(first[0], events.time[i]);
        assert_eq!(first[1], events.x[i]);
        assert_eq!(first[2], events.y[i]);
        assert_eq!(first[3], events.polarity[i]);
    }
}

#[test]
fn every_recording_of_the_folder_decodes_and_bins_without_loss() {
    let Some(folder) = data("every_recording_of_the_folder_decodes_and_bins_without_loss") else { return };
    let binning = Binning::from_json(r#"{"width": 34, "height": 34, "timeStep": 1000, "steps": 320}"#).unwrap();
    let mut recordings = 0;
    for part in ["Train", "Test"] {
        for digit in 0..10 {
            for file in fs::read_dir(folder.join(format!("nmnist/{part}/{digit}"))).unwrap() {
                let path = file.unwrap().path();
                let bytes = fs::read(&path).unwrap();
                let events = decode_nmnist(&bytes).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
                assert_eq!(events.len() * 5, bytes.len());
                let spikes = bin(&events, &binning).unwrap();
                // Recordings last 314 ms at most, so 320 steps hold every event.
                assert_eq!(spikes.dropped, 0, "{}", path.display());
                assert_eq!(spikes.counts.iter().map(|&count| count as usize).sum::<usize>(), events.len());
                recordings += 1;
            }
        }
    }
    assert!(recordings >= 10, "{recordings}");
}
