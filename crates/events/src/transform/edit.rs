//! What transforms do to events.

use crate::Events;
use crate::columns::LARGEST_WHOLE;
use decolle_error::{Result, reserve};

/// One event.
#[derive(Clone, Copy)]
pub(super) struct Event {
    pub(super) x: u16,
    pub(super) y: u16,
    pub(super) polarity: u8,
    pub(super) time: i64,
}

/// Replaces each event by what `change` makes of it, in order; drops those that it makes nothing of.
pub(super) fn change_each(events: &mut Events, mut change: impl FnMut(Event) -> Option<Event>) {
    let mut kept = 0;
    for index in 0..events.len() {
        let event = Event {
            x: events.x[index],
            y: events.y[index],
            polarity: events.polarity[index],
            time: events.time[index],
        };
        if let Some(event) = change(event) {
            events.x[kept] = event.x;
            events.y[kept] = event.y;
            events.polarity[kept] = event.polarity;
            events.time[kept] = event.time;
            kept += 1;
        }
    }
    events.x.truncate(kept);
    events.y.truncate(kept);
    events.polarity.truncate(kept);
    events.time.truncate(kept);
}

/// Keeps the events for which `keep` says so.
pub(super) fn keep_those(events: &mut Events, mut keep: impl FnMut(Event) -> bool) {
    change_each(events, |event| keep(event).then_some(event));
}

/// Keeps the events of a rectangle, whose first pixel becomes (0, 0).
pub(super) fn crop(events: &mut Events, [left, top]: [u32; 2], [width, height]: [u32; 2]) {
    let inside = |place: u16, first: u32, size: u32| {
        let place = u32::from(place).checked_sub(first).filter(|&place| place < size)?;
        u16::try_from(place).ok()
    };
    change_each(events, |event| {
        let (x, y) = (inside(event.x, left, width)?, inside(event.y, top, height)?);
        Some(Event { x, y, ..event })
    });
}

/// Brings events into the order of their times; those of the same time stay in the order in which they are.
///
/// # Errors
/// `memory`.
pub(super) fn sort_by_time(events: &mut Events) -> Result<()> {
    if events.time.is_sorted() {
        return Ok(());
    }
    let mut order: Vec<usize> = Vec::new();
    reserve(&mut order, events.len(), "events")?;
    order.extend(0..events.len());
    order.sort_unstable_by_key(|&index| (events.time[index], index));
    events.x = gathered(&events.x, &order)?;
    events.y = gathered(&events.y, &order)?;
    events.polarity = gathered(&events.polarity, &order)?;
    events.time = gathered(&events.time, &order)?;
    Ok(())
}

fn gathered<T: Copy>(column: &[T], order: &[usize]) -> Result<Vec<T>> {
    let mut gathered = Vec::new();
    reserve(&mut gathered, order.len(), "events")?;
    gathered.extend(order.iter().map(|&index| column[index]));
    Ok(gathered)
}

/// The nearest whole number of microseconds, halves upwards, at most ±(2⁵³ − 1).
pub(super) fn whole_time(time: f64) -> i64 {
    held(decolle_number::truncated(libm::floor(time + 0.5)))
}

/// A time, at most ±(2⁵³ − 1).
pub(super) fn held(time: i64) -> i64 {
    time.clamp(-LARGEST_WHOLE, LARGEST_WHOLE)
}

/// The place as far from the end of a side as this one is from its begin.
pub(super) fn mirrored(place: u16, side: u32) -> u16 {
    u16::try_from(side - 1 - u32::from(place)).expect("a place on the sensor")
}
