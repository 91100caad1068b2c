//! Every decoder on files that were cut, changed and mixed: none panics, none allocates more than twice its input and 1 MiB, and
//! pieces of any size give the same.
//!
//! `DECOLLE_FUZZ_INPUTS` says how many inputs a format (2,000); `DECOLLE_FUZZ_FORMAT` which alone, `DECOLLE_FUZZ_SEED` from which
//! seed on. Inputs that once failed are in `corpus/`, one file each, named by format.

mod common;

use decolle_events::format::{FORMATS, Format};
use decolle_events::{Block, Events, ReadOptions, Reader, TimeOrder, encode};
use std::alloc::{GlobalAlloc, Layout, System};
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts what is allocated, and the most of it at once.
struct Counting;

static ALLOCATED: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

fn grew(bytes: usize) {
    let now = ALLOCATED.fetch_add(bytes, Ordering::Relaxed) + bytes;
    MOST.fetch_max(now, Ordering::Relaxed);
}

// SAFETY: each call is passed on unchanged to the system's allocator, whose promises are those asked for here; counting
// allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grew(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        grew(layout.size());
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        ALLOCATED.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // As if both were there at once.
        grew(size);
        ALLOCATED.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.realloc(pointer, layout, size) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

/// A fast generator (xorshift64*, Vigna 2016): what decides the tests is not its quality.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `end`, which is at least 1.
    fn below(&mut self, end: usize) -> usize {
        ((self.next() >> 33) as usize) % end
    }
}

/// Small files that are as they should be: of every format that is written, and of others by hand.
fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let mut seeds = Vec::new();
    for length in [0usize, 1, 9, 20] {
        let column = |factor: usize| (0..length).map(|place| (place * factor % 34) as u16).collect::<Vec<_>>();
        let polarity = (0..length).map(|place| (place % 2) as u8).collect();
        let time = (0..length).map(|place| (place * place * 37) as i64).collect();
        let events = Events::new(column(7), column(11), polarity, time).unwrap();
        for format in FORMATS.iter().filter(|format| format.encoder.is_some()) {
            seeds.push((format.name, encode(format.name, &events, Some([34, 34])).unwrap()));
        }
    }
    let words = |header: &str, words: &[&[u8]]| [header.as_bytes(), &words.concat()].concat();
    seeds.push((
        "evt21",
        words(
            "% evt 2.1\n% format EVT21;endianness=little;height=720;width=1280\n% end\n",
            &[
                &(8u64 << 60 | 5 << 32).to_le_bytes(),
                &(1u64 << 60 | 3 << 54 | 64 << 43 | 9 << 32 | 0xf00f).to_le_bytes(),
                &(2u64 << 54 | 96 << 43 | 9 << 32 | 1).to_le_bytes(),
                &(0xa_u64 << 60).to_le_bytes(),
            ],
        ),
    ));
    let evt3 =
        [0x8001u16, 0x6002, 0x0003, 0x2804, 0x3005, 0x4fff, 0x4801, 0x50ff, 0x6003, 0x0004, 0x2005, 0x8002, 0x2007];
    let evt3: Vec<[u8; 2]> = evt3.iter().map(|word| word.to_le_bytes()).collect();
    seeds.push(("evt3", words("% evt 3.0\n% geometry 1280x720\n", &[evt3.as_flattened()])));
    seeds.push(("dat", words("% Version 1\n% Height 240\n% Width 304\n\0\u{8}", &[&[7, 0, 0, 0, 1, 2, 2, 0]])));
    seeds.push(("text", b"# x y\nx,y,p,t_us\n1,2,-1,3.5\n4,5,1,60e1\n".to_vec()));
    seeds.push(("text", b"240 180\n0.001 2 3 0\n1e1 4 5 1".to_vec()));
    // Files by hand of formats that are only read, and inputs that failed once.
    if let Ok(folder) = std::fs::read_dir(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")) {
        for file in folder {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let format = FORMATS.iter().find(|format| name.starts_with(&format!("{}-", format.name)));
            let format = format.unwrap_or_else(|| panic!("{name} is not named FORMAT-…"));
            seeds.push((format.name, std::fs::read(&path).unwrap()));
        }
    }
    seeds
}

/// Numbers where readers go wrong.
const EDGES: [u64; 10] = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, u64::MAX];

/// Changes a file in place, a few times.
fn mutate(bytes: &mut Vec<u8>, others: &[&Vec<u8>], random: &mut Random) {
    for _ in 0..=random.below(6) {
        let place = random.below(bytes.len() + 1);
        match random.below(9) {
            0 | 1 if place < bytes.len() => bytes[place] ^= 1 << random.below(8),
            2 if place < bytes.len() => bytes[place] = random.next() as u8,
            3 => bytes.truncate(place),
            4 => {
                let number = EDGES[random.below(EDGES.len())].to_le_bytes();
                for (byte, edge) in bytes[place..].iter_mut().zip(&number[..1 << random.below(4)]) {
                    *byte = *edge;
                }
            }
            5 => {
                let end = place + random.below(bytes.len() - place + 1);
                let part = bytes[place..end].to_vec();
                let to = random.below(bytes.len() + 1);
                bytes.splice(to..to, part);
            }
            6 => {
                bytes.drain(place..place + random.below(bytes.len() - place + 1).min(9));
            }
            7 => {
                let other = others[random.below(others.len())];
                bytes.truncate(place);
                bytes.extend_from_slice(&other[random.below(other.len() + 1)..]);
            }
            _ => {
                let byte = random.next() as u8;
                let times = random.below(40);
                bytes.splice(place..place, std::iter::repeat_n(byte, times));
            }
        }
        bytes.truncate(2000);
    }
}

/// What came of reading: a sum of the events, their number, the sensor, how many were dropped and had no time, and the fault.
#[derive(PartialEq, Eq, Debug)]
struct Outcome {
    sum: u64,
    sensor: Option<[u32; 2]>,
    left_out: [u64; 2],
    events: usize,
    fault: Option<String>,
}

/// Reads a file in pieces that `random` says, or whole.
fn read(
    format: &str,
    bytes: &[u8],
    options: ReadOptions,
    block: &mut Block,
    mut random: Option<&mut Random>,
) -> Outcome {
    let mut outcome = Outcome { sum: 0, sensor: None, left_out: [0; 2], events: 0, fault: None };
    let mut count = |block: &mut Block| {
        outcome.events += block.len();
        for (place, &time) in block.time().iter().enumerate() {
            let event = u64::from(block.x()[place]) << 32
                | u64::from(block.y()[place]) << 16
                | u64::from(block.polarity()[place]);
            outcome.sum = outcome.sum.rotate_left(5).wrapping_add(event) ^ time as u64;
        }
        assert!(block.polarity().iter().all(|&polarity| polarity <= 1));
        block.clear();
    };
    let mut reader = Reader::new(format, options).unwrap();
    let mut rest = bytes;
    let read = (|| {
        while !rest.is_empty() {
            let size = random.as_mut().map_or(rest.len(), |random| random.below(40)).min(rest.len());
            let taken = reader.take(&rest[..size], block)?;
            assert!(taken == size || block.is_full(), "bytes are left though there is room");
            rest = &rest[taken..];
            if block.is_full() || random.is_none() {
                count(block);
            }
        }
        while !reader.is_ended() {
            reader.end(block)?;
            count(block);
        }
        Ok::<(), decolle_error::Fault>(())
    })();
    // What was given before is not the same for every size of pieces, unless the part up to the fault was asked for.
    outcome.fault = match read {
        Ok(()) => reader.fault().map(ToString::to_string),
        Err(fault) => {
            (outcome.sum, outcome.events) = (0, 0);
            block.clear();
            return Outcome { fault: Some(fault.to_string()), ..outcome };
        }
    };
    (outcome.sensor, outcome.left_out) = (reader.sensor(), [reader.dropped(), reader.untimed()]);
    outcome
}

/// Reads one input in every way and checks what comes.
fn check(format: &str, bytes: &[u8], block: &mut Block, random: &mut Random) {
    let time_order = [TimeOrder::Refuse, TimeOrder::Sort, TimeOrder::Drop][random.below(3)];
    let options = ReadOptions { time_order, partial: random.below(2) == 0, ..ReadOptions::default() };
    let before = ALLOCATED.load(Ordering::Relaxed);
    MOST.store(before, Ordering::Relaxed);
    let whole = read(format, bytes, options, block, None);
    let most = MOST.load(Ordering::Relaxed) - before;
    // The block is there already.
    let allowed = 2 * bytes.len() + (1 << 20) - 200_000;
    assert!(most <= allowed, "{most} bytes are allocated for {}", bytes.len());
    let pieces = read(format, bytes, options, block, Some(random));
    assert_eq!(whole, pieces, "whole and in pieces");
    if let Some(fault) = &whole.fault {
        assert!(fault.contains("byte ") || fault.contains("format: "), "{fault}");
    }
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name}: {text}")))
}

/// Feeds inputs to a format, which `auto` also has to find at times.
fn fuzz(format: &Format, seeds: &[(&str, Vec<u8>)], inputs: u64, seed: u64) {
    // A format for files that do not say all, such as `npy-txyp`, reads the files of the one that it is named after.
    let file = format.name.split('-').next();
    let own: Vec<&Vec<u8>> = seeds.iter().filter(|(name, _)| Some(*name) == file).map(|(_, bytes)| bytes).collect();
    assert!(!own.is_empty(), "{} has no file to start from", format.name);
    let others: Vec<&Vec<u8>> = seeds.iter().map(|(_, bytes)| bytes).collect();
    let mut block = Block::new();
    for input in seed..seed + inputs {
        let mut random = Random::new(input);
        let mut bytes = own[random.below(own.len())].clone();
        mutate(&mut bytes, if random.below(8) == 0 { &others } else { &own }, &mut random);
        let name = if random.below(8) == 0 { "auto" } else { format.name };
        let caught =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| check(name, &bytes, &mut block, &mut random)));
        if let Err(panic) = caught {
            let mut text = String::new();
            bytes.iter().for_each(|byte| write!(text, "{byte:02x}").unwrap());
            println!("{} as {name}, input {input}, as hexadecimal digits: {text}", format.name);
            std::panic::resume_unwind(panic);
        }
    }
}

#[test]
fn no_input_panics_allocates_much_or_depends_on_pieces() {
    let inputs = number("DECOLLE_FUZZ_INPUTS", 2000);
    let seed = number("DECOLLE_FUZZ_SEED", 0);
    let alone = std::env::var("DECOLLE_FUZZ_FORMAT").unwrap_or_default();
    let seeds = seeds();
    for format in FORMATS.iter().filter(|format| alone.is_empty() || format.name == alone) {
        let start = std::time::Instant::now();
        fuzz(format, &seeds, inputs, seed);
        println!("{}: {inputs} inputs in {:.1} s", format.name, start.elapsed().as_secs_f64());
    }
}
