//! What a reader makes of times that go backwards, of damage, and of pieces.

mod common;

use common::read;
use decolle_error::Code;
use decolle_events::{Block, Events, ReadOptions, Reader, TimeOrder};
use proptest::prelude::*;

/// Text with an event at each of these times, its x the index.
fn text(times: &[i64]) -> Vec<u8> {
    times.iter().enumerate().map(|(index, time)| format!("{time} {index} 0 1\n")).collect::<String>().into_bytes()
}

fn with(time_order: TimeOrder, sort_within: u32) -> ReadOptions {
    ReadOptions { time_order, sort_within, partial: false }
}

/// The events of times in the order of a stable sort.
fn sorted(times: &[i64]) -> (Vec<i64>, Vec<u16>) {
    let mut events: Vec<(i64, u16)> = times.iter().copied().zip(0..).collect();
    events.sort_by_key(|event| event.0);
    events.into_iter().unzip()
}

/// Times that go up, each put forward or back by less than 100 places.
fn shuffled() -> impl Strategy<Value = Vec<i64>> {
    proptest::collection::vec(0i64..100, 0..3000)
        .prop_map(|shifts| shifts.into_iter().enumerate().map(|(place, shift)| place as i64 + shift).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn sorting_is_that_of_the_whole_recording(times in shuffled(), sizes in proptest::collection::vec(1usize..9000, 1..9)) {
        // Half of what is held reaches back further than the times do.
        let outcome = read("text", &text(&times), &sizes, with(TimeOrder::Sort, 400)).unwrap();
        prop_assert_eq!((outcome.events.time, outcome.events.x), sorted(&times));
    }

    #[test]
    fn dropping_leaves_the_running_maxima(times in shuffled(), sizes in proptest::collection::vec(1usize..9000, 1..9)) {
        let outcome = read("text", &text(&times), &sizes, with(TimeOrder::Drop, 2)).unwrap();
        let (mut latest, mut kept) = (i64::MIN, vec![]);
        for &time in &times {
            if time >= latest {
                latest = time;
                kept.push(time);
            }
        }
        prop_assert_eq!(outcome.dropped as usize, times.len() - kept.len());
        prop_assert_eq!(outcome.events.time, kept);
    }

    #[test]
    fn refusing_tells_the_first_that_goes_back(times in shuffled(), sizes in proptest::collection::vec(1usize..9000, 1..9)) {
        let back = times.windows(2).position(|pair| pair[1] < pair[0]);
        let bytes = text(&times);
        match (read("text", &bytes, &sizes, ReadOptions::default()), back) {
            (Ok(outcome), None) => prop_assert_eq!(outcome.events.time, times),
            (Err(fault), Some(before)) => {
                let byte = bytes.split_inclusive(|&byte| byte == b'\n').take(before + 1).map(<[u8]>::len).sum::<usize>();
                prop_assert_eq!(fault.code, Code::TimeOrder);
                let found = format!("{} in event {}", times[before + 1], before + 1);
                prop_assert_eq!(fault.path(), Some(&*format!("byte {byte}")));
                prop_assert_eq!(fault.found(), Some(&*found));
            }
            (outcome, back) => prop_assert!(false, "{:?} {:?}", outcome, back),
        }
    }

    #[test]
    fn a_part_is_what_lies_before_the_fault(times in shuffled(), sizes in proptest::collection::vec(1usize..9000, 1..9)) {
        let options = ReadOptions { partial: true, ..ReadOptions::default() };
        let outcome = read("text", &text(&times), &sizes, options).unwrap();
        let kept = times.windows(2).position(|pair| pair[1] < pair[0]).map_or(times.len(), |before| before + 1);
        prop_assert_eq!(&outcome.events.time, &times[..kept]);
        prop_assert_eq!(outcome.fault.is_some(), kept < times.len());
    }
}

#[test]
fn an_event_later_than_what_is_held_reaches_back_is_refused_with_its_byte() {
    let mut times: Vec<i64> = (100..200).collect();
    times.push(3);
    let fault = read("text", &text(&times), &[4000], with(TimeOrder::Sort, 50)).unwrap_err();
    assert_eq!((fault.code, fault.path()), (Code::TimeOrder, Some("byte 1090")));
    assert!(fault.message.contains("found 3 in event 100"), "{fault}");
    let all = read("text", &text(&times), &[4000], with(TimeOrder::Sort, 202)).unwrap();
    assert_eq!(all.events.time[0], 3);
}

#[test]
fn after_an_error_the_block_is_as_it_was_and_nothing_more_is_read() {
    let mut reader = Reader::new("text", ReadOptions::default()).unwrap();
    let mut block = Block::new();
    assert_eq!(reader.take(b"1 1 1 1\n", &mut block).unwrap(), 8);
    let fault = reader.take(b"2 2 2 1\nwrong\n3 3 3 1\n", &mut block).unwrap_err();
    assert_eq!((block.time(), fault.path()), (&[1][..], Some("byte 16")));
    assert_eq!(reader.take(b"4 4 4 1\n", &mut block).unwrap_err(), fault);
    assert_eq!(reader.end(&mut block).unwrap_err(), fault);
}

#[test]
fn a_part_is_given_to_its_last_event_with_what_was_held_for_sorting() {
    for (order, expected) in [(TimeOrder::Sort, [1, 2, 3]), (TimeOrder::Refuse, [1, 2, 3])] {
        let bytes: &[u8] =
            if order == TimeOrder::Sort { b"1 0 0 0\n3 0 0 0\n2 0 0 0\nx" } else { b"1 0 0 0\n2 0 0 0\n3 0 0 0\nx" };
        let options = ReadOptions { partial: true, ..with(order, 100) };
        let outcome = read("text", bytes, &[5], options).unwrap();
        assert_eq!(outcome.events.time, expected);
        assert_eq!(outcome.fault.unwrap().path(), Some("byte 24"));
    }
}

#[test]
fn a_file_that_is_not_recognised_has_no_part_that_can_be_read() {
    let options = ReadOptions { partial: true, ..ReadOptions::default() };
    assert_eq!(read("auto", &[0; 5000], &[100], options).unwrap_err().code, Code::Format);
}

#[test]
fn options_and_names_that_do_not_exist_are_refused() {
    let code = |format: &str, sort_within| {
        Reader::new(format, with(TimeOrder::Sort, sort_within)).err().map(|fault| fault.code)
    };
    assert_eq!(code("text", 1), Some(Code::Range));
    assert_eq!(code("text", 1 << 25), Some(Code::Range));
    assert_eq!(code("txt", 2), Some(Code::Unsupported));
    assert_eq!(code("text", 2), None);
    assert_eq!(TimeOrder::named("sort"), Ok(TimeOrder::Sort));
    assert_eq!(TimeOrder::named("sorted").unwrap_err().path(), Some("timeOrder"));
}

#[test]
fn a_recording_longer_than_a_block_comes_in_full_blocks() {
    let times: Vec<i64> = (0..20_000).collect();
    let bytes: Vec<u8> = times.iter().map(|time| format!("{time} 1 2 0\n")).collect::<String>().into_bytes();
    let mut reader = Reader::new("auto", ReadOptions::default()).unwrap();
    let (mut block, mut events, mut taken, mut lengths) = (Block::new(), Events::default(), 0, vec![]);
    while taken < bytes.len() {
        taken += reader.take(&bytes[taken..], &mut block).unwrap();
        lengths.push(block.len());
        block.append_to(&mut events).unwrap();
        block.clear();
    }
    reader.end(&mut block).unwrap();
    assert!(reader.is_ended() && block.is_empty());
    assert_eq!((events.time, lengths), (times, vec![Block::ROOM, Block::ROOM, 20_000 - 2 * Block::ROOM]));
}
