//! Speed of every decoder on one thread, from bytes in memory to blocks of events, of which nothing is done but that they are
//! counted: `cargo bench -p decolle-events --bench decoding [FORMAT]…`.
//!
//! In 10⁶ events a second: the best of all rounds, which on a machine that has other work to do is the one to compare, then the
//! median with the range. The recording is made up: 640×480 pixels, in every 20 µs some events on neighbouring pixels of a few
//! rows, as moving edges have them; N-MNIST has it on 34×34. Order of time is checked, as it is in every reading.

use decolle_events::format::{FORMATS, Format};
use decolle_events::{Block, Events, ReadOptions, Reader, encode};
use decolle_random::Generator;
use std::hint::black_box;
use std::time::Instant;

/// Events of the recording, and how often it is read.
const EVENTS: usize = 1 << 20;
const ROUNDS: usize = 41;

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    println!("{:<12} {:>10} {:>14} {:>26}", "format", "bytes/event", "best, 10⁶/s", "median (range), 10⁶/s");
    for format in FORMATS.iter().filter(|format| asked.is_empty() || asked.iter().any(|name| name == format.name)) {
        let Some(bytes) = file(format) else { continue };
        let mut rates: Vec<f64> = (0..ROUNDS).map(|_| measure(format, &bytes)).collect();
        rates.sort_by(f64::total_cmp);
        let (least, median, best) = (rates[0], rates[ROUNDS / 2], rates[ROUNDS - 1]);
        let range = format!("{median:.0} ({least:.0} to {best:.0})");
        let size = bytes.len() as f64 / EVENTS as f64;
        println!("{:<12} {size:>10.1} {best:>14.0} {range:>26}", format.name);
    }
}

/// Reads a recording; gives how many million events a second.
fn measure(format: &Format, bytes: &[u8]) -> f64 {
    let mut reader = Reader::new(format.name, ReadOptions::default()).expect("a format");
    let (mut block, mut rest, mut events) = (Block::new(), black_box(bytes), 0);
    let start = Instant::now();
    while !rest.is_empty() {
        rest = &rest[reader.take(rest, &mut block).expect("a recording")..];
        events += black_box(&block).len();
        block.clear();
    }
    while !reader.is_ended() {
        reader.end(&mut block).expect("a recording");
        events += black_box(&block).len();
        block.clear();
    }
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(events, EVENTS, "{}", format.name);
    EVENTS as f64 / seconds / 1e6
}

/// The recording in a format, or nothing where that is neither written nor made up here.
fn file(format: &Format) -> Option<Vec<u8>> {
    let [width, height, step] = if format.name == "nmnist" { [34, 34, 1] } else { [640, 240, 20] };
    let events = recording(width, height, step);
    match format.name {
        "evt21" => Some(evt21(&events)),
        "evt3" => Some(evt3(&events)),
        // Formats that are read alone and nowhere made up are left out.
        _ => format.encoder.and_then(|_| encode(format.name, &events, Some([width.into(), height.into()])).ok()),
    }
}

/// Events along rows: runs of neighbours at a time, then another row and a later time.
fn recording(width: u16, height: u16, step: i64) -> Events {
    let mut random = Generator::new(1, "decoding");
    let mut draw = |end: u16| (random.uniform() * f64::from(end)) as u16;
    let (mut events, mut time) = (Events::default(), 0);
    while events.len() < EVENTS {
        time += i64::from(draw(step as u16 + 1));
        let (first, y, polarity) = (draw(width), draw(height), draw(2) as u8);
        for x in (first..(first + 1 + draw(5)).min(width)).take(EVENTS - events.len()) {
            events.x.push(x);
            events.y.push(y);
            events.polarity.push(polarity);
            events.time.push(time);
        }
    }
    events
}

/// Places from which on events are on neighbouring pixels at a time, and how many.
fn runs(events: &Events) -> impl Iterator<Item = (usize, usize)> {
    let is_next = |place: usize| {
        let same = events.y[place] == events.y[place - 1] && events.time[place] == events.time[place - 1];
        same && events.polarity[place] == events.polarity[place - 1] && events.x[place] == events.x[place - 1] + 1
    };
    let mut first = 0;
    std::iter::from_fn(move || {
        let run = first;
        if run == events.len() {
            return None;
        }
        first += 1;
        while first < events.len() && first - run < 8 && is_next(first) {
            first += 1;
        }
        Some((run, first - run))
    })
}

fn evt21(events: &Events) -> Vec<u8> {
    let (mut bytes, mut high) = (b"% evt 2.1\n% format EVT21;endianness=little\n% end\n".to_vec(), -1);
    for (first, length) in runs(events) {
        let time = events.time[first];
        if time >> 6 != high {
            high = time >> 6;
            bytes.extend_from_slice(&(8 << 60 | (high as u64) << 32).to_le_bytes());
        }
        let place = u64::from(events.x[first]) << 43 | u64::from(events.y[first]) << 32;
        let word = u64::from(events.polarity[first]) << 60 | (time as u64 & 63) << 54 | place | ((1 << length) - 1);
        bytes.extend_from_slice(&word.to_le_bytes());
    }
    bytes
}

fn evt3(events: &Events) -> Vec<u8> {
    let mut bytes = b"% evt 3.0\n% end\n".to_vec();
    let (mut y, mut time) = (u16::MAX, -1);
    for (first, length) in runs(events) {
        let mut put = |word: u16| bytes.extend_from_slice(&word.to_le_bytes());
        let now = events.time[first];
        if now >> 12 != time >> 12 {
            put(0x8000 | (now >> 12) as u16 & 0xfff);
        }
        if now != time {
            put(0x6000 | now as u16 & 0xfff);
        }
        if events.y[first] != y {
            y = events.y[first];
            put(y);
        }
        time = now;
        let place = u16::from(events.polarity[first]) << 11 | events.x[first];
        if length == 1 {
            put(0x2000 | place);
        } else {
            put(0x3000 | place);
            put(0x5000 | ((1 << length) - 1));
        }
    }
    bytes
}
