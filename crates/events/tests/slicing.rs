//! Slicing by its plain definition.

use decolle_error::Code;
use decolle_events::{Slice, Slicing};
use proptest::prelude::*;

/// Recordings' times: dense and sparse, early and late.
fn times() -> impl Strategy<Value = Vec<i64>> {
    let begins = prop_oneof![Just(0i64), Just((1 << 53) - 1000), -1000i64..1000];
    (begins, prop::collection::vec(0i64..30, 0..40)).prop_map(|(begin, gaps)| {
        let mut time = begin;
        gaps.into_iter()
            .map(|gap| {
                time += gap;
                time
            })
            .collect()
    })
}

fn sliced(json: &str, times: &[i64]) -> Vec<Slice> {
    Slicing::from_json(json).unwrap().slice(times).unwrap()
}

/// Every place where a window could begin, one after the other, while it is whole; then perhaps one more.
fn windows(total: i64, length: i64, overlap: i64, incomplete: bool) -> Vec<(i64, i64)> {
    let mut found = Vec::new();
    let mut start = 0;
    while start + length <= total {
        found.push((start, start + length));
        start += length - overlap;
    }
    let covered = found.last().map_or(0, |window| window.1);
    if incomplete && covered < total {
        found.push((start, start + length));
    }
    found
}

proptest! {
    #[test]
    fn windows_of_time_hold_the_events_from_their_start_to_before_their_end(
        times in times(), length in 1i64..80, part in 0.0..1.0f64, incomplete: bool,
    ) {
        let overlap = ((length - 1) as f64 * part) as i64;
        let json = format!(r#"{{"type": "byTime", "window": {length}, "overlap": {overlap}, "includeIncomplete": {incomplete}}}"#);
        let total = times.last().map_or(0, |last| last - times[0] + 1);
        let expected = windows(total, length, overlap, incomplete);
        let found = sliced(&json, &times);
        prop_assert_eq!(found.len(), expected.len());
        for (slice, (start, end)) in found.iter().zip(expected) {
            let (start, end) = (times[0] + start, times[0] + end);
            prop_assert_eq!((slice.start, slice.end), (start, end));
            let inside = times.iter().filter(|time| (start..end).contains(time)).count();
            prop_assert_eq!(slice.last - slice.first, inside);
            prop_assert!(times[slice.first..slice.last].iter().all(|time| (start..end).contains(time)));
        }
    }

    #[test]
    fn windows_of_events_hold_so_many(times in times(), length in 1i64..20, part in 0.0..1.0f64, incomplete: bool) {
        let overlap = ((length - 1) as f64 * part) as i64;
        let json = format!(r#"{{"type": "byCount", "count": {length}, "overlap": {overlap}, "includeIncomplete": {incomplete}}}"#);
        let total = times.len() as i64;
        let expected: Vec<(usize, usize)> = windows(total, length, overlap, incomplete)
            .into_iter()
            .map(|(first, last)| (first as usize, last.min(total) as usize))
            .collect();
        let found = sliced(&json, &times);
        prop_assert_eq!(found.iter().map(|slice| (slice.first, slice.last)).collect::<Vec<_>>(), expected);
        for slice in found {
            prop_assert_eq!((slice.start, slice.end), (times[slice.first], times[slice.last - 1] + 1));
        }
    }

    #[test]
    fn labels_take_the_events_of_their_own_times(times in times(), spans in prop::collection::vec((-100i64..1000, 0i64..300), 0..6)) {
        let labels: Vec<String> = spans.iter().map(|(start, length)| format!(r#"{{"start": {start}, "end": {}}}"#, start + length)).collect();
        let found = sliced(&format!(r#"{{"type": "byLabel", "labels": [{}]}}"#, labels.join(",")), &times);
        prop_assert_eq!(found.len(), spans.len());
        for (slice, (start, length)) in found.iter().zip(spans) {
            let end = start + length;
            let inside: Vec<i64> = times.iter().copied().filter(|time| (start..end).contains(time)).collect();
            prop_assert_eq!(&times[slice.first..slice.last], &inside[..]);
            prop_assert_eq!((slice.start, slice.end), (start, end));
        }
    }
}

#[test]
fn times_of_the_whole_64_bits_are_sliced() {
    let ends = [i64::MIN, i64::MAX];
    let found = sliced(r#"{"type": "byTime", "window": 9007199254740991, "includeIncomplete": true}"#, &ends);
    assert_eq!(found.len(), 2049);
    assert_eq!((found[0].last, found[2048].first, found[2048].last), (1, 1, 1));
}

#[test]
fn slicings_are_refused_field_by_field() {
    for (text, code, message) in [
        (r#"{"type": "byTime"}"#, Code::Config, "slicing.window: expected it"),
        (r#"{"type": "byTime", "window": 0}"#, Code::Range, "slicing.window: "),
        (
            r#"{"type": "byTime", "window": 5, "overlap": 5}"#,
            Code::Range,
            "slicing.overlap: expected a whole number from 0 to 4",
        ),
        (r#"{"type": "byCount", "count": 1.5}"#, Code::Range, "slicing.count: "),
        (r#"{"type": "byCount", "count": 5, "includeIncomplete": 1}"#, Code::Config, "slicing.includeIncomplete: "),
        (
            r#"{"type": "byLabel", "labels": [{"start": 5, "end": 4}]}"#,
            Code::Range,
            "slicing.labels[0].end: expected at least start = 5",
        ),
        (r#"{"type": "byLabel", "labels": [{"start": 5}]}"#, Code::Config, "slicing.labels[0].end: "),
        (r#"{"type": "byMood"}"#, Code::Config, "slicing.type: "),
    ] {
        let fault = Slicing::from_json(text).unwrap_err();
        assert_eq!(fault.code, code, "{text}: {fault}");
        assert!(fault.message.starts_with(message), "{text}: {fault}");
    }
}

#[test]
fn too_many_slices_and_times_that_go_back_are_refused() {
    let every = Slicing::from_json(r#"{"type": "byTime", "window": 1}"#).unwrap();
    let fault = every.slice(&[0, 1 << 20]).unwrap_err();
    assert_eq!((fault.code, fault.path()), (Code::Range, Some("slicing.window")));
    assert_eq!(every.slice(&[0, (1 << 20) - 1]).unwrap().len(), 1 << 20);
    assert_eq!(every.slice(&[1, 0]).unwrap_err().code, Code::TimeOrder);
}
