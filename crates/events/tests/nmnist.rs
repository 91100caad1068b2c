//! Decoding and binning of real N-MNIST recordings, from the folder that `DECOLLE_DATA` names.

mod common;

use common::data;
use decolle_error::Result;
use decolle_events::{Binning, Events, bin, decode};
use std::fs;

fn decode_nmnist(bytes: &[u8]) -> Result<Events> {
    decode("nmnist", bytes).map(|decoded| decoded.events)
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
