//! Times that go backwards: refused, sorted, or left out.

use crate::{Block, ReadOptions, TimeOrder};
use decolle_error::{Code, Fault, Result};

/// Applies the policy for times to events as they are decoded.
pub(crate) struct Order {
    policy: TimeOrder,
    /// Events that may be held for sorting.
    within: usize,
    /// Events held, those before `sorted` in order of time, and those before `given` given already.
    held: Vec<Held>,
    given: usize,
    sorted: usize,
    /// Latest time that was given, or that was let through.
    latest: i64,
    /// Events that were decoded, and of them those left out.
    decoded: u64,
    pub(crate) dropped: u64,
    /// The first of these.
    pub(crate) first_dropped: Option<Backwards>,
}

/// An event whose time lies before that of an event before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backwards {
    /// Its index among all events of the recording, from 0.
    pub event: u64,
    /// Offset in the file of its first byte, or of the compressed packet that it is in.
    pub byte: u64,
    /// Its time in microseconds.
    pub time: i64,
    /// The latest time before it.
    pub latest: i64,
}

/// An event that is held for sorting.
#[derive(Clone, Copy)]
struct Held {
    time: i64,
    x: u16,
    y: u16,
    polarity: u8,
}

impl Order {
    pub(crate) fn new(options: &ReadOptions) -> Self {
        Self {
            policy: options.time_order,
            within: usize::try_from(options.sort_within).unwrap_or(usize::MAX),
            held: Vec::new(),
            given: 0,
            sorted: 0,
            latest: i64::MIN,
            decoded: 0,
            dropped: 0,
            first_dropped: None,
        }
    }

    /// Takes the events of the block from `first` on, which were decoded after all others: leaves those in the block that may
    /// be given at once.
    ///
    /// # Errors
    /// `time-order` with the byte of the event; those before it are in the block, or held.
    pub(crate) fn put(&mut self, block: &mut Block, first: usize) -> Result<()> {
        match self.policy {
            TimeOrder::Refuse => self.refuse(block, first),
            TimeOrder::Drop => {
                self.drop(block, first);
                Ok(())
            }
            TimeOrder::Sort => self.hold(block, first),
        }
    }

    fn refuse(&mut self, block: &mut Block, first: usize) -> Result<()> {
        let mut before = self.latest;
        let times = &block.time()[first..];
        // A sum over all, which vectorises; where it is not 0 is looked for afterwards.
        let backwards = times.iter().fold(false, |backwards, &time| {
            let is_back = time < before;
            before = time;
            backwards | is_back
        });
        if !backwards {
            self.latest = before;
            self.decoded += times.len() as u64;
            return Ok(());
        }
        let mut before = self.latest;
        for (place, &time) in times.iter().enumerate() {
            if time < before {
                let expected = format_args!("a time of at least {before} µs");
                let fault = self.fault(block, first, first + place, &expected);
                block.truncate(first + place);
                return Err(fault);
            }
            before = time;
        }
        Ok(())
    }

    fn drop(&mut self, block: &mut Block, first: usize) {
        let decoded = block.len() - first;
        if self.first_dropped.is_none() {
            self.first_dropped = self.first_backwards(block, first);
        }
        let latest = &mut self.latest;
        block.retain_from(first, |time| {
            let keep = time >= *latest;
            *latest = time.max(*latest);
            keep
        });
        self.decoded += decoded as u64;
        self.dropped += (decoded - (block.len() - first)) as u64;
    }

    fn first_backwards(&self, block: &Block, first: usize) -> Option<Backwards> {
        let mut latest = self.latest;
        let event = |place: usize| self.decoded + (place - first) as u64;
        (first..block.len()).find_map(|place| {
            let (time, byte) = (block.time()[place], block.byte()[place]);
            let found = (time < latest).then_some(Backwards { event: event(place), byte, time, latest });
            latest = time.max(latest);
            found
        })
    }

    fn hold(&mut self, block: &mut Block, first: usize) -> Result<()> {
        self.make_room(block.len() - first)?;
        for place in first..block.len() {
            let time = block.time()[place];
            if time < self.latest {
                let (latest, within) = (self.latest, self.within);
                let expected =
                    format_args!("a time of at least {latest} µs, up to which events are sorted, {within} being held");
                let fault = self.fault(block, first, place, &expected);
                block.truncate(first);
                return Err(fault);
            }
            self.held.push(Held { time, x: block.x()[place], y: block.y()[place], polarity: block.polarity()[place] });
        }
        self.decoded += (block.len() - first) as u64;
        block.truncate(first);
        if self.held.len() >= self.within {
            self.sort(self.within / 2);
        }
        Ok(())
    }

    /// Makes room for `more` events: grows twofold, but no further than what is ever held.
    fn make_room(&mut self, more: usize) -> Result<()> {
        let held = &mut self.held;
        let needed = held.len() + more;
        if needed <= held.capacity() {
            return Ok(());
        }
        let most = self.within + Block::ROOM + Block::SLACK;
        let room = (held.capacity() * 2).min(most).max(needed);
        decolle_error::reserve(held, room - held.len(), "sortWithin")
    }

    /// Sorts what is held, after which all but the latest `keep` events may be given.
    fn sort(&mut self, keep: usize) {
        // Stable: events of equal time stay as they came.
        self.held.sort_by_key(|event| event.time);
        self.sorted = self.held.len().saturating_sub(keep);
        if let Some(last) = self.sorted.checked_sub(1) {
            self.latest = self.held[last].time;
        }
    }

    /// Lets every event be given.
    pub(crate) fn finish(&mut self) {
        if self.policy == TimeOrder::Sort {
            self.held.drain(..self.given);
            self.given = 0;
            self.sort(0);
        }
    }

    /// Gives sorted events until the block is full or there are no more; says whether it is full.
    pub(crate) fn give(&mut self, block: &mut Block) -> bool {
        let last = self.sorted.min(self.given + block.room());
        for event in &self.held[self.given..last] {
            block.push(event.x, event.y, event.polarity, event.time, 0);
        }
        self.given = last;
        if self.given == self.sorted && self.given > 0 {
            self.held.drain(..self.given);
            (self.given, self.sorted) = (0, 0);
        }
        block.is_full()
    }

    /// Whether nothing waits to be given.
    pub(crate) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// The fault of the event at `place` of a block whose events are new from `first` on.
    fn fault(&self, block: &Block, first: usize, place: usize, expected: &dyn std::fmt::Display) -> Fault {
        let (time, byte) = (block.time()[place], block.byte()[place]);
        let index = self.decoded + (place - first) as u64;
        let found = format_args!("{time} in event {index}");
        Fault::unfit(Code::TimeOrder, &format_args!("byte {byte}"), expected, &found)
    }
}
