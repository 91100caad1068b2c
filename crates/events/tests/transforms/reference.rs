//! Plain definitions of transforms: each event is judged by looking at all others.

use decolle_events::Events;

/// An event as (x, y, polarity, time).
pub(crate) type Event = (u16, u16, u8, i64);

/// The events one by one.
pub(crate) fn listed(events: &Events) -> Vec<Event> {
    (0..events.len()).map(|i| (events.x[i], events.y[i], events.polarity[i], events.time[i])).collect()
}

/// An event stays where one of those before it lies beside it and is less than `filter_time` older.
pub(crate) fn denoised(events: &[Event], filter_time: i64) -> Vec<Event> {
    let supports = |&(x, y, _, time): &Event, before: &Event| {
        let distance = u32::from(before.0.abs_diff(x)) + u32::from(before.1.abs_diff(y));
        distance == 1 && time - before.3 < filter_time
    };
    let stays = |place: usize| events[..place].iter().any(|before| supports(&events[place], before));
    (0..events.len()).filter(|&place| stays(place)).map(|place| events[place]).collect()
}

/// An event stays where no event of its pixel that stayed is less than `delta` older.
pub(crate) fn rested(events: &[Event], delta: i64) -> Vec<Event> {
    let mut stayed: Vec<Event> = Vec::new();
    for &(x, y, polarity, time) in events {
        if !stayed.iter().any(|other| (other.0, other.1) == (x, y) && time - other.3 < delta) {
            stayed.push((x, y, polarity, time));
        }
    }
    stayed
}

/// The events of a rectangle, counted from its first pixel.
pub(crate) fn cropped(events: &[Event], (left, top): (u16, u16), (width, height): (u16, u16)) -> Vec<Event> {
    let inside = |event: &&Event| (left..left + width).contains(&event.0) && (top..top + height).contains(&event.1);
    events.iter().filter(inside).map(|&(x, y, polarity, time)| (x - left, y - top, polarity, time)).collect()
}

/// Whether `part` is what is left of `whole` after some were taken out.
pub(crate) fn is_part(part: &[Event], whole: &[Event]) -> bool {
    let mut rest = whole.iter();
    part.iter().all(|event| rest.any(|other| other == event))
}
