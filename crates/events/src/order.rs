//! What is checked of events of every format: that they lie within the sensor and within the times that can be told exactly;
//! and times that go backwards: refused, sorted, or left out.

use crate::columns::LARGEST_WHOLE;
use crate::{Block, ReadOptions, TimeOrder};
use decolle_error::{Code, Fault, Result};

/// Applies the policy for times to events as they are decoded.
pub(crate) struct Order {
    policy: TimeOrder,
    /// Events that may be held for sorting.
    within: usize,
    /// Events held for sorting, and those that were sorted, of which `given` are given already.
    held: Vec<Held>,
    ready: Vec<Held>,
    given: usize,
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
            ready: Vec::new(),
            given: 0,
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
    /// `range` or `time-order` with the byte of the event; those before it are in the block, or held.
    pub(crate) fn put(&mut self, block: &mut Block, first: usize) -> Result<()> {
        let unfit = self.check(block, first);
        let ordered = match self.policy {
            TimeOrder::Refuse => self.refuse(block, first),
            TimeOrder::Drop => {
                self.drop(block, first);
                Ok(())
            }
            TimeOrder::Sort => self.hold(block, first),
        };
        // What goes back lies before what does not fit, behind which the block was cut off.
        ordered.and(unfit)
    }

    /// Checks places and times; cuts the block off before an event that does not fit.
    fn check(&self, block: &mut Block, first: usize) -> Result<()> {
        let [width, height] = block.sensor.unwrap_or([1 << 16; 2]);
        // Sums over all, which vectorise; where something does not fit is looked for afterwards.
        let largest = |places: &[u16]| places.iter().fold(0, |largest, &place| place.max(largest));
        let (x, y) = (largest(&block.x()[first..]), largest(&block.y()[first..]));
        let beyond = block.time()[first..]
            .iter()
            .fold(false, |beyond, &time| beyond | (time.unsigned_abs() > LARGEST_WHOLE.unsigned_abs()));
        if u32::from(x) < width && u32::from(y) < height && !beyond {
            return Ok(());
        }
        for place in first..block.len() {
            let (x, y, time) = (block.x()[place], block.y()[place], block.time()[place]);
            let fault = if u32::from(x) >= width {
                self.fault(Code::Range, block, [first, place], &format_args!("x below {width}"), &x)
            } else if u32::from(y) >= height {
                self.fault(Code::Range, block, [first, place], &format_args!("y below {height}"), &y)
            } else if time.unsigned_abs() > LARGEST_WHOLE.unsigned_abs() {
                let expected = "a time within ±(2^53 - 1) µs";
                self.fault(Code::Range, block, [first, place], &expected, &time)
            } else {
                continue;
            };
            block.truncate(place);
            return Err(fault);
        }
        Ok(())
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
                let fault = self.fault(Code::TimeOrder, block, [first, first + place], &expected, &time);
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
        for place in first..block.len() {
            let time = block.time()[place];
            if time < self.latest {
                let (latest, within) = (self.latest, self.within);
                let expected =
                    format_args!("a time of at least {latest} µs, up to which events are sorted, {within} being held");
                let fault = self.fault(Code::TimeOrder, block, [first, place], &expected, &time);
                block.truncate(first);
                return Err(fault);
            }
            make_room(&mut self.held, 1, self.within)?;
            self.held.push(Held { time, x: block.x()[place], y: block.y()[place], polarity: block.polarity()[place] });
            if self.held.len() == self.within {
                self.sort(self.within / 2)?;
            }
        }
        self.decoded += (block.len() - first) as u64;
        block.truncate(first);
        Ok(())
    }

    /// Sorts what is held, after which all but the latest `keep` events are ready.
    fn sort(&mut self, keep: usize) -> Result<()> {
        // Stable: events of equal time stay as they came.
        self.held.sort_by_key(|event| event.time);
        let sorted = self.held.len().saturating_sub(keep);
        self.ready.drain(..self.given);
        self.given = 0;
        make_room(&mut self.ready, sorted, usize::MAX)?;
        self.ready.extend(self.held.drain(..sorted));
        self.latest = self.ready.last().map_or(self.latest, |event| event.time);
        Ok(())
    }

    /// Lets every event be given.
    ///
    /// # Errors
    /// `memory`.
    pub(crate) fn finish(&mut self) -> Result<()> {
        if self.policy == TimeOrder::Sort { self.sort(0) } else { Ok(()) }
    }

    /// Gives sorted events until the block is full or there are no more; says whether it is full.
    #[inline]
    pub(crate) fn give(&mut self, block: &mut Block) -> bool {
        let last = self.ready.len().min(self.given + block.room());
        for event in &self.ready[self.given..last] {
            block.push(event.x, event.y, event.polarity, event.time, 0);
        }
        self.given = last;
        block.is_full()
    }

    /// Whether nothing waits to be given.
    pub(crate) fn is_empty(&self) -> bool {
        self.given == self.ready.len()
    }

    /// The fault of the event at `place` of a block whose events are new from `first` on.
    fn fault(
        &self,
        code: Code,
        block: &Block,
        [first, place]: [usize; 2],
        expected: &dyn std::fmt::Display,
        found: &dyn std::fmt::Display,
    ) -> Fault {
        let index = self.decoded + (place - first) as u64;
        let found = format_args!("{found} in event {index}");
        Fault::unfit(code, &format_args!("byte {}", block.byte()[place]), expected, &found)
    }
}

/// Makes room for `more` events: grows twofold, but not beyond `most` where there is room for them.
fn make_room(events: &mut Vec<Held>, more: usize, most: usize) -> Result<()> {
    let needed = events.len() + more;
    if needed <= events.capacity() {
        return Ok(());
    }
    let room = (events.capacity() * 2).min(most).max(needed);
    decolle_error::reserve(events, room - events.len(), "sortWithin")
}
