//! What was written in a format is read again, for every format that is written.

mod common;

use common::{read, whole};
use decolle_error::Code;
use decolle_events::format::{FORMATS, Format};
use decolle_events::{About, Events, ReadOptions, encode, encoder};
use proptest::prelude::*;

fn written() -> impl Iterator<Item = &'static Format> {
    FORMATS.iter().filter(|format| format.encoder.is_some())
}

/// A sensor that every format can hold, and events on it whose times do not decrease: mostly by little, sometimes by much.
fn recordings() -> impl Strategy<Value = Events> {
    let step = prop_oneof![6 => 0i64..200, 3 => 0i64..20_000, 1 => 0i64..300_000];
    proptest::collection::vec((0u16..34, 0u16..34, 0u8..2, step), 0..60).prop_map(|events| {
        let (mut columns, mut time) = (Events::default(), 0);
        for (x, y, polarity, step) in events {
            time = (time + step).min((1 << 23) - 1);
            columns.x.push(x);
            columns.y.push(y);
            columns.polarity.push(polarity);
            columns.time.push(time);
        }
        columns
    })
}

proptest! {
    #[test]
    fn what_was_written_is_read_again(events in recordings(), sizes in proptest::collection::vec(1usize..40, 1..9)) {
        for format in written() {
            let bytes = encode(format.name, &events, Some([34, 34])).unwrap();
            let again = whole(format.name, &bytes).unwrap_or_else(|fault| panic!("{}: {fault}", format.name));
            prop_assert_eq!(&again.events, &events, "{}", format.name);
            let pieces = read(format.name, &bytes, &sizes, ReadOptions::default());
            prop_assert_eq!(pieces, Ok(again), "{}", format.name);
        }
    }

    #[test]
    fn what_was_written_is_recognised(events in recordings()) {
        prop_assume!(events.len() >= 8);
        for format in written().filter(|format| format.recognise.is_some() && format.name != "ncaltech101") {
            let bytes = encode(format.name, &events, Some([34, 34])).unwrap();
            prop_assert_eq!(whole("auto", &bytes).unwrap().format, format.name);
        }
    }

    #[test]
    fn a_recording_written_in_parts_is_the_same_file(events in recordings(), cut in 0usize..60) {
        let cut = cut.min(events.len());
        let about = About { sensor: Some([34, 34]), events: Some(events.len() as u64) };
        for format in written() {
            let (mut encoder, mut bytes) = (encoder(format.name, &about).unwrap(), Vec::new());
            for range in [0..cut, cut..events.len()] {
                let part = Events::new(
                    events.x[range.clone()].to_vec(),
                    events.y[range.clone()].to_vec(),
                    events.polarity[range.clone()].to_vec(),
                    events.time[range].to_vec(),
                ).unwrap();
                encoder.put(part.pixels(), &part.time, &mut bytes).unwrap();
            }
            encoder.end(&mut bytes).unwrap();
            prop_assert_eq!(bytes, encode(format.name, &events, Some([34, 34])).unwrap(), "{}", format.name);
        }
    }
}

#[test]
fn late_times_are_read_again_or_refused() {
    for late in [(1 << 23) - 1, 1 << 24, (1 << 32) - 1, 1 << 33, (1 << 40) + 7, 1_000_000_000_000_000] {
        let events = Events::new(vec![1, 2, 3], vec![4; 3], vec![1; 3], vec![late, late + 1, late + 90_000]).unwrap();
        for format in written() {
            // 10¹⁵ µs are 8 TB of silence in some.
            if late > 1 << 33 && matches!(format.name, "es" | "ncaltech101") {
                continue;
            }
            match encode(format.name, &events, Some([34, 34])) {
                Ok(bytes) => assert_eq!(whole(format.name, &bytes).unwrap().events, events, "{} {late}", format.name),
                Err(fault) => {
                    assert_eq!(fault.code, Code::Range, "{} {late}: {fault}", format.name);
                    assert!(matches!(format.name, "nmnist" | "dat"), "{} {late}: {fault}", format.name);
                }
            }
        }
    }
}

#[test]
fn long_pauses_are_read_again() {
    // Two hours, after which the clock of EVT2 wraps around.
    let time = (0..6).map(|hours| hours * 7_200_000_000).collect();
    let events = Events::new(vec![1; 6], vec![2; 6], vec![0; 6], time).unwrap();
    for format in ["evt2", "es", "text", "ncaltech101"] {
        let bytes = encode(format, &events, Some([34, 34])).unwrap();
        assert_eq!(whole(format, &bytes).unwrap().events, events, "{format}");
    }
    let fault = encode("dat", &events, None).unwrap_err();
    assert_eq!((fault.code, fault.path()), (Code::Range, Some("t[1]")));
}

#[test]
fn events_that_do_not_fit_are_refused_by_index_and_nothing_is_written() {
    for format in written() {
        let about = About { sensor: Some([34, 30]), events: Some(1) };
        for (x, y, time, path) in [(34, 0, 5, "x[0]"), (0, 30, 5, "y[0]")] {
            let mut bytes = vec![7];
            let mut encoder = encoder(format.name, &about).unwrap();
            let events = Events::new(vec![x], vec![y], vec![0], vec![time]).unwrap();
            let fault = encoder.put(events.pixels(), &events.time, &mut bytes).unwrap_err();
            assert_eq!((fault.code, fault.path()), (Code::Range, Some(path)), "{}", format.name);
            assert_eq!(bytes, [7], "{}", format.name);
        }
    }
}
