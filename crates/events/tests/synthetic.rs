//! The synthetic camera from outside: determinism, splits, the endless stream.

use decolle_error::Code;
use decolle_events::{
    CLASSES, Events, Sensor, Split, SyntheticCamera, SyntheticOptions, SyntheticRecording, synthesize,
};
use std::collections::HashMap;

/// Class, number of events and hash of three recordings.
const GOLDEN_SMALL: (u32, usize, u64) = (11, 2342, 606_172_465_172_947_479);
const GOLDEN_WIDE: (u32, usize, u64) = (1, 3239, 12_320_711_991_539_835_694);
const GOLDEN_STREAM: (u32, usize, u64) = (6, 2781, 10_863_964_802_412_336_327);

fn options(index: u32) -> SyntheticOptions {
    SyntheticOptions { seed: 1, index, ..SyntheticOptions::default() }
}

fn recording(index: u32) -> SyntheticRecording {
    synthesize(&options(index)).unwrap()
}

/// The 64-bit FNV-1a hash of all columns, little endian, event by event.
fn hash(events: &Events) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325u64;
    for i in 0..events.len() {
        let bytes = [
            &events.x[i].to_le_bytes()[..],
            &events.y[i].to_le_bytes(),
            &[events.polarity[i]],
            &events.time[i].to_le_bytes(),
        ];
        for byte in bytes.concat() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    hash
}

fn joined(pieces: impl IntoIterator<Item = Events>) -> Events {
    let mut all = Events::default();
    for mut piece in pieces {
        all.x.append(&mut piece.x);
        all.y.append(&mut piece.y);
        all.polarity.append(&mut piece.polarity);
        all.time.append(&mut piece.time);
    }
    all
}

#[test]
fn recordings_never_change_between_versions_and_targets() {
    // The WASM build has to give the same hashes: they hold for every target.
    let small = recording(0);
    assert_eq!((small.class, small.events.len(), hash(&small.events)), GOLDEN_SMALL);
    let wide = synthesize(&SyntheticOptions {
        seed: 42,
        split: Split::Test,
        index: 1_000,
        width: 100,
        height: 61,
        duration: 77_777,
        sensor: Sensor { threshold: 0.3, threshold_mismatch: 0.05, refractory: 137, noise_rate: 3.0, leak_rate: 0.0 },
    })
    .unwrap();
    assert_eq!((wide.class, wide.events.len(), hash(&wide.events)), GOLDEN_WIDE);
    let mut camera = SyntheticCamera::new(&SyntheticOptions { duration: 50_000, ..options(0) }).unwrap();
    let piece = camera.next(250_000).unwrap();
    assert_eq!((piece.class, piece.events.len(), hash(&piece.events)), GOLDEN_STREAM);
}

#[test]
fn every_recording_has_checked_columns_within_sensor_and_time() {
    for (index, (width, height, duration)) in
        [(8, 8, 1_000), (8, 512, 20_000), (33, 17, 300_000), (128, 128, 100_000)].into_iter().enumerate()
    {
        for class in 0..12 {
            let options = SyntheticOptions {
                width,
                height,
                duration,
                index: index as u32 * 12 + class,
                ..SyntheticOptions::default()
            };
            let Events { x, y, polarity, time } = synthesize(&options).unwrap().events;
            assert!(x.iter().all(|&x| x < width) && y.iter().all(|&y| y < height));
            assert!(time.iter().all(|time| (0..duration).contains(time)));
            assert!(Events::new(x, y, polarity, time).is_ok());
        }
    }
}

#[test]
fn recordings_differ_by_seed_split_and_index_and_by_nothing_else() {
    let drawn = recording(5);
    assert_eq!(recording(5), drawn);
    assert_ne!(recording(6).events, drawn.events);
    assert_ne!(synthesize(&SyntheticOptions { seed: 2, ..options(5) }).unwrap().events, drawn.events);
    assert_ne!(synthesize(&SyntheticOptions { split: Split::Test, ..options(5) }).unwrap().events, drawn.events);
}

#[test]
fn every_dozen_holds_each_class_once_in_an_order_of_its_own() {
    let short =
        |index| synthesize(&SyntheticOptions { duration: 1_000, width: 8, height: 8, ..options(index) }).unwrap().class;
    let dozens: Vec<Vec<u32>> = (0..20).map(|dozen| (0..12).map(|place| short(dozen * 12 + place)).collect()).collect();
    for dozen in &dozens {
        let mut sorted = dozen.clone();
        sorted.sort_unstable();
        assert!(sorted.iter().copied().eq(0..CLASSES.len() as u32), "{dozen:?}");
    }
    assert!(dozens.windows(2).all(|pair| pair[0] != pair[1]));
}

#[test]
fn a_recording_holds_about_as_many_events_as_a_real_one() {
    let counts: Vec<usize> = (0..120).map(|index| recording(index).events.len()).collect();
    let mean = counts.iter().sum::<usize>() / counts.len();
    assert!((1_000..6_000).contains(&mean), "{mean}");
    assert!(counts.iter().all(|count| (300..20_000).contains(count)), "{counts:?}");
}

#[test]
fn pixels_are_silent_for_their_refractory_time() {
    let mut sensor = SyntheticOptions::default().sensor;
    sensor.noise_rate = 50.0;
    for refractory in [0, 500, 20_000] {
        sensor.refractory = refractory;
        let events = synthesize(&SyntheticOptions { sensor: sensor.clone(), ..options(3) }).unwrap().events;
        let mut fired: HashMap<(u16, u16), i64> = HashMap::new();
        for i in 0..events.len() {
            if let Some(before) = fired.insert((events.x[i], events.y[i]), events.time[i]) {
                assert!(events.time[i] - before >= refractory);
            }
        }
        assert!(fired.len() > 500);
    }
}

#[test]
fn the_stream_is_the_same_however_it_is_cut() {
    let options = SyntheticOptions { duration: 30_000, ..options(2) };
    let whole = SyntheticCamera::new(&options).unwrap().next(200_000).unwrap().events;
    let mut camera = SyntheticCamera::new(&options).unwrap();
    let mut pieces = Vec::new();
    for duration in [1, 999, 17_003, 81_997, 1, 1, 60_000, 39_998] {
        let start = camera.time();
        let piece = camera.next(duration).unwrap();
        assert_eq!((piece.start, piece.end), (start, start + duration));
        assert!(piece.events.time.iter().all(|time| (piece.start..piece.end).contains(time)));
        pieces.push(piece.events);
    }
    assert_eq!(camera.time(), 200_000);
    assert_eq!(joined(pieces), whole);
    assert!(Events::new(whole.x, whole.y, whole.polarity, whole.time).is_ok());
}

#[test]
fn the_stream_shows_each_class_in_its_turn() {
    let options = SyntheticOptions { duration: 10_000, ..options(0) };
    let mut camera = SyntheticCamera::new(&options).unwrap();
    let mut seen: Vec<u32> = (0..12).map(|_| camera.next(10_000).unwrap().class).collect();
    let mut halves = SyntheticCamera::new(&options).unwrap();
    for &class in &seen {
        assert_eq!((halves.next(5_000).unwrap().class, halves.next(5_000).unwrap().class), (class, class));
    }
    // Pieces across a change: the gesture shown longer names the piece, the earlier one when both are shown as long.
    let mut across = SyntheticCamera::new(&options).unwrap();
    assert_eq!(across.next(4_000).unwrap().class, seen[0]);
    assert_eq!(across.next(10_000).unwrap().class, seen[0]);
    assert_eq!(across.next(11_000).unwrap().class, seen[1]);
    assert_eq!(across.next(10_000).unwrap().class, seen[2]);
    seen.sort_unstable();
    assert!(seen.iter().copied().eq(0..12));
}

#[test]
fn streams_differ_by_index_and_split() {
    let first = |options: &SyntheticOptions| SyntheticCamera::new(options).unwrap().next(50_000).unwrap().events;
    let drawn = first(&options(0));
    assert_ne!(first(&options(1)), drawn);
    assert_ne!(first(&SyntheticOptions { split: Split::Test, ..options(0) }), drawn);
}

#[test]
fn a_refused_piece_leaves_the_stream_where_it_was() {
    let mut camera = SyntheticCamera::new(&options(0)).unwrap();
    camera.next(1_000).unwrap();
    let mut untouched = camera.clone();
    for duration in [0, -1, i64::MIN, 60_000_001, i64::MAX] {
        let fault = camera.next(duration).unwrap_err();
        assert_eq!(fault.code, Code::Range);
        assert!(fault.message.starts_with("duration: "), "{fault}");
    }
    assert_eq!(camera.time(), 1_000);
    assert_eq!(camera.next(5_000).unwrap(), untouched.next(5_000).unwrap());
}
