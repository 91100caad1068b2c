//! What is drawn: how often, from where, and that it depends on nothing else.

use super::reference::{Event, is_part, listed};
use super::{EVERY, LATEST};
use decolle_events::Events;
use decolle_events::transform::{Draw, Extent, Transforms};

const SENSOR: Extent = Extent { width: 30, height: 20, duration: 100_000 };

/// Events at every pixel, one every hundred microseconds.
fn plenty() -> Events {
    let mut events = Events::default();
    for number in 0..6_000u32 {
        events.x.push((number * 7 % 30) as u16);
        events.y.push((number / 30 % 20) as u16);
        events.polarity.push((number % 2) as u8);
        events.time.push(i64::from(number) * 100);
    }
    events
}

fn drawn(json: &str, draw: Draw) -> Vec<Event> {
    listed(&Transforms::from_json(&format!("[{json}]")).unwrap().apply(plenty(), SENSOR, draw).unwrap())
}

fn at(seed: u64, epoch: u32, index: u32) -> Draw {
    Draw { seed, epoch, index }
}

#[test]
fn seed_epoch_and_number_each_give_other_draws_and_the_same_ones_the_same() {
    let random = ["dropEvent", "dropEventBy", "randomFlipPolarity", "Jitter", "timeSkew", "uniformNoise"];
    for json in EVERY.iter().filter(|json| random.iter().any(|name| json.contains(name))) {
        let made = drawn(json, at(1, 2, 3));
        assert_eq!(drawn(json, at(1, 2, 3)), made, "{json}");
        for other in [at(2, 2, 3), at(1, 3, 3), at(1, 2, 4), at(1, 3, 2)] {
            assert_ne!(drawn(json, other), made, "{json} {other:?}");
        }
    }
}

#[test]
fn a_transform_more_does_not_change_what_another_draws() {
    let noise = r#"{"type": "timeJitter", "std": 30}"#;
    let times = |json: &str| -> Vec<i64> { drawn(json, at(1, 0, 0)).iter().map(|event| event.3).collect() };
    let alone = times(noise);
    for before in [
        r#"{"type": "randomFlipLR"}"#,
        r#"{"type": "randomFlipPolarity"}"#,
        r#"{"type": "spatialJitter", "outliers": "clip"}"#,
        r#"{"type": "randomCrop", "width": 30, "height": 20}"#,
    ] {
        assert_eq!(times(&format!("{before}, {noise}")), alone, "{before}");
        assert_eq!(times(&format!("{noise}, {before}")), alone, "{before}");
    }
    // The second of a kind draws for itself, or both would move each event alike.
    let twice = times(&format!("{noise}, {noise}"));
    let doubled = times(r#"{"type": "timeJitter", "std": 60}"#);
    assert_ne!(twice, doubled);
}

#[test]
fn as_many_events_are_dropped_as_the_probability_says() {
    for (probability, expected) in [(0.0, 6_000.0), (0.25, 4_500.0), (1.0, 0.0)] {
        let json = format!(r#"{{"type": "dropEvent", "probability": {probability}}}"#);
        let kept = drawn(&json, at(1, 0, 0));
        assert!(is_part(&kept, &listed(&plenty())));
        let deviation = (6_000.0f64 * probability * (1.0 - probability)).sqrt();
        assert!((kept.len() as f64 - expected).abs() <= 5.0 * deviation, "{}", kept.len());
    }
}

#[test]
fn an_interval_is_drawn_from_once_a_recording() {
    let json = r#"{"type": "dropEvent", "probability": [0.1, 0.9]}"#;
    let kept: Vec<usize> = (0..40).map(|index| drawn(json, at(1, 0, index)).len()).collect();
    assert!(kept.iter().min().unwrap() < &1_800 && kept.iter().max().unwrap() > &4_200, "{kept:?}");
}

#[test]
fn dropping_by_area_leaves_out_one_rectangle() {
    let all = listed(&plenty());
    let mut places = Vec::new();
    for index in 0..20 {
        let kept = drawn(r#"{"type": "dropEventByArea", "share": 0.4}"#, at(1, 0, index));
        let lost: Vec<&Event> = all.iter().filter(|event| !kept.contains(event)).collect();
        let (left, top) = (lost.iter().map(|e| e.0).min().unwrap(), lost.iter().map(|e| e.1).min().unwrap());
        let inside = |event: &Event| (left..left + 12).contains(&event.0) && (top..top + 8).contains(&event.1);
        let expected: Vec<Event> = all.iter().copied().filter(|event| !inside(event)).collect();
        assert_eq!(kept, expected);
        places.push((left, top));
    }
    places.sort_unstable();
    places.dedup();
    assert!(places.len() > 10, "{places:?}");
    assert!(drawn(r#"{"type": "dropEventByArea", "share": 1}"#, at(1, 0, 0)).is_empty());
}

#[test]
fn dropping_by_time_leaves_out_one_stretch() {
    let all = listed(&plenty());
    for index in 0..20 {
        let kept = drawn(r#"{"type": "dropEventByTime", "share": 0.25}"#, at(1, 0, index));
        let lost: Vec<i64> =
            all.iter().map(|event| event.3).filter(|time| !kept.iter().any(|e| e.3 == *time)).collect();
        assert!(lost.windows(2).all(|pair| pair[1] - pair[0] == 100));
        assert!((1_499..=1_500).contains(&lost.len()), "{}", lost.len());
    }
    assert!(drawn(r#"{"type": "dropEventByTime", "share": 1}"#, at(1, 0, 0)).is_empty());
}

#[test]
fn a_random_crop_may_lie_anywhere() {
    let all = listed(&plenty());
    let mut places = Vec::new();
    for index in 0..200 {
        let kept = drawn(r#"{"type": "randomCrop", "width": 28, "height": 19}"#, at(1, 0, index));
        let place = (0..=2u16).flat_map(|left| (0..=1u16).map(move |top| (left, top)));
        let found = place.into_iter().find(|&place| super::cropped(&all, place, (28, 19)) == kept);
        places.push(found.expect("a crop of the recording"));
    }
    for place in (0..=2).flat_map(|left| (0..=1).map(move |top| (left, top))) {
        let count = places.iter().filter(|found| **found == place).count();
        // A sixth of 200 is 33, with a standard deviation of 5.3.
        assert!((7..=60).contains(&count), "{place:?}: {count}");
    }
}

#[test]
fn flips_happen_as_often_as_not() {
    let all = listed(&plenty());
    for name in ["randomFlipLR", "randomFlipUD"] {
        let json = format!(r#"{{"type": "{name}"}}"#);
        let stayed = (0..200).filter(|&index| drawn(&json, at(1, 0, index)) == all).count();
        assert!((65..=135).contains(&stayed), "{name}: {stayed}");
    }
    let flipped = drawn(r#"{"type": "randomFlipPolarity"}"#, at(1, 0, 0));
    let changed = flipped.iter().zip(&all).filter(|(one, other)| one.2 != other.2).count();
    assert!((2_800..=3_200).contains(&changed), "{changed}");
}

#[test]
fn jitter_of_time_has_its_deviation_and_keeps_every_pixel() {
    let std = 30.0;
    let jittered = drawn(&format!(r#"{{"type": "timeJitter", "std": {std}}}"#), at(1, 0, 0));
    // Events of one pixel and polarity lie so far apart that they cannot have changed places.
    let key = |event: &Event| (event.0, event.1, event.2, event.3);
    let (mut before, mut after) = (listed(&plenty()), jittered);
    before.sort_by_key(key);
    after.sort_by_key(key);
    let moved: Vec<f64> = before
        .iter()
        .zip(&after)
        .map(|(one, other)| {
            assert_eq!((one.0, one.1, one.2), (other.0, other.1, other.2));
            (other.3 - one.3) as f64
        })
        .collect();
    let mean = moved.iter().sum::<f64>() / moved.len() as f64;
    let deviation = (moved.iter().map(|by| by * by).sum::<f64>() / moved.len() as f64).sqrt();
    assert!(mean.abs() < 5.0 * std / (moved.len() as f64).sqrt(), "{mean}");
    assert!((deviation / std - 1.0).abs() < 0.06, "{deviation}");
}

#[test]
fn jitter_of_pixels_has_its_variances_and_covariance() {
    let middle = Events::new(vec![500; 20_000], vec![500; 20_000], vec![0; 20_000], vec![0; 20_000]).unwrap();
    let sensor = Extent { width: 1000, height: 1000, duration: 1 };
    let json = r#"[{"type": "spatialJitter", "varX": 90, "varY": 40, "sigmaXy": -30}]"#;
    let moved = Transforms::from_json(json).unwrap().apply(middle, sensor, at(1, 0, 0)).unwrap();
    let by = |column: &[u16]| column.iter().map(|&place| f64::from(place) - 500.0).collect::<Vec<f64>>();
    let (x, y) = (by(&moved.x), by(&moved.y));
    let product = |one: &[f64], other: &[f64]| {
        one.iter().zip(other).map(|(one, other)| one * other).sum::<f64>() / one.len() as f64
    };
    assert_eq!(x.len(), 20_000);
    // Rounding to whole pixels adds a twelfth.
    assert!((product(&x, &x) - 90.0).abs() < 5.0, "{}", product(&x, &x));
    assert!((product(&y, &y) - 40.0).abs() < 2.5, "{}", product(&y, &y));
    assert!((product(&x, &y) + 30.0).abs() < 3.0, "{}", product(&x, &y));
}

#[test]
fn events_that_leave_the_sensor_are_dropped_or_go_to_its_border() {
    let wide = |outliers: &str| {
        drawn(&format!(r#"{{"type": "spatialJitter", "varX": 1e4, "varY": 0, "outliers": "{outliers}"}}"#), at(1, 0, 0))
    };
    let (dropped, clipped) = (wide("drop"), wide("clip"));
    assert_eq!(clipped.len(), 6_000);
    let inside: Vec<Event> = clipped.iter().copied().filter(|event| (1..29).contains(&event.0)).collect();
    assert!(is_part(&inside, &dropped) && dropped.len() < 2_000);
    let border = clipped.iter().filter(|event| event.0 == 0 || event.0 == 29).count();
    assert!(border > 4_000, "{border}");
}

#[test]
fn noise_is_added_between_the_first_and_the_last_event() {
    let made = drawn(r#"{"type": "uniformNoise", "count": 3000}"#, at(1, 0, 0));
    assert!(is_part(&listed(&plenty()), &made));
    assert_eq!(made.len(), 9_000);
    let noise: Vec<&Event> = made.iter().filter(|event| event.3 % 100 != 0).collect();
    for half in [
        noise.iter().filter(|event| event.0 < 15).count(),
        noise.iter().filter(|event| event.1 < 10).count(),
        noise.iter().filter(|event| event.2 == 1).count(),
        noise.iter().filter(|event| event.3 < 300_000).count(),
    ] {
        assert!((1_340..=1_640).contains(&half), "{half} of {}", noise.len());
    }
}

#[test]
fn times_that_would_leave_what_float64_holds_stop_there() {
    let extent = Extent { width: 1, height: 1, duration: 1 };
    let end = Events::new(vec![0; 2], vec![0; 2], vec![0; 2], vec![LATEST - 1, LATEST]).unwrap();
    let json = r#"[{"type": "timeSkew", "coefficient": 1000000, "offset": 9007199254740991}]"#;
    let made = Transforms::from_json(json).unwrap().apply(end, extent, Draw::default()).unwrap();
    assert_eq!(made.time, [LATEST, LATEST]);
}
