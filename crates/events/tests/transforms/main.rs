//! Transforms by their plain definitions, on recordings of every kind.

mod drawn;
mod reference;
mod refused;

use decolle_events::Events;
use decolle_events::transform::{Draw, Extent, Transforms};
use proptest::prelude::*;
use reference::{Event, cropped, denoised, listed, rested};

/// Largest time that survives float64.
const LATEST: i64 = (1 << 53) - 1;

/// A sensor as wide and high, and a recording on it: crowded or spread out, early, late, long or short.
fn recordings() -> impl Strategy<Value = (Extent, Events)> {
    let sides = prop_oneof![Just((1u32, 1u32)), (1u32..6, 1u32..6), Just((1 << 16, 1 << 16)), Just((40, 3))];
    let begins =
        prop_oneof![Just(0i64), Just(-LATEST), Just(LATEST - 500), -1000i64..1000, Just(1_000_000_000_000_000)];
    (sides, begins, 1i64..50, 0usize..60).prop_flat_map(|((width, height), begin, gap, count)| {
        let event = (0..width, 0..height, 0u8..2, 0..gap);
        prop::collection::vec(event, count).prop_map(move |drawn| {
            let mut events = Events::default();
            let mut time = begin;
            for (x, y, polarity, after) in drawn {
                time = (time + after).min(LATEST);
                events.x.push(x as u16);
                events.y.push(y as u16);
                events.polarity.push(polarity);
                events.time.push(time);
            }
            (Extent { width, height, duration: 1000 }, events)
        })
    })
}

fn apply(json: &str, extent: Extent, events: &Events) -> Vec<Event> {
    let transforms = Transforms::from_json(&format!("[{json}]")).unwrap();
    listed(&transforms.apply(events.clone(), extent, Draw::default()).unwrap())
}

proptest! {
    #[test]
    fn denoise_keeps_what_a_neighbour_supports((extent, events) in recordings(), filter in 1i64..200) {
        let kept = apply(&format!(r#"{{"type": "denoise", "filterTime": {filter}}}"#), extent, &events);
        prop_assert_eq!(kept, denoised(&listed(&events), filter));
    }

    #[test]
    fn pixels_rest_after_events_that_were_kept((extent, events) in recordings(), delta in 1i64..200) {
        let kept = apply(&format!(r#"{{"type": "refractoryPeriod", "delta": {delta}}}"#), extent, &events);
        prop_assert_eq!(kept, rested(&listed(&events), delta));
    }

    #[test]
    fn the_centre_is_as_far_from_both_sides((extent, events) in recordings(), shares in (0.0..1.0f64, 0.0..1.0f64)) {
        let part = |side: u32, share: f64| 1 + ((side - 1) as f64 * share) as u32;
        let (width, height) = (part(extent.width, shares.0), part(extent.height, shares.1));
        prop_assume!(width < 1 << 16 && height < 1 << 16);
        let json = format!(r#"{{"type": "centerCrop", "width": {width}, "height": {height}}}"#);
        let (left, top) = ((extent.width - width) / 2, (extent.height - height) / 2);
        let expected = cropped(&listed(&events), (left as u16, top as u16), (width as u16, height as u16));
        prop_assert_eq!(apply(&json, extent, &events), expected);
        let after = Transforms::from_json(&format!("[{json}]")).unwrap().extent(extent).unwrap();
        prop_assert_eq!(after, Extent { width, height, duration: 1000 });
    }

    #[test]
    fn downsampling_sums_over_blocks_and_rounds_times_down((extent, events) in recordings(), space in 1u32..7, time in 1i64..99) {
        prop_assume!(space <= extent.width && space <= extent.height);
        let json = format!(r#"{{"type": "downsample", "space": {space}, "time": {time}}}"#);
        let (width, height) = (extent.width / space, extent.height / space);
        let expected: Vec<Event> = listed(&events)
            .into_iter()
            .map(|(x, y, p, t)| (u32::from(x) / space, u32::from(y) / space, p, t))
            .filter(|&(x, y, ..)| x < width && y < height)
            .map(|(x, y, p, t)| (x as u16, y as u16, p, (t - t.rem_euclid(time)).max(-LATEST)))
            .collect();
        prop_assert_eq!(apply(&json, extent, &events), expected);
    }

    #[test]
    fn time_is_cropped_from_the_first_event_on((extent, events) in recordings(), min in 0i64..300, more in 1i64..300) {
        let max = min + more;
        let all = listed(&events);
        let kept = |max: i64| -> Vec<Event> {
            all.iter().filter(|event| (min..max).contains(&(event.3 - all[0].3))).copied().collect()
        };
        let both = format!(r#"{{"type": "cropTime", "min": {min}, "max": {max}}}"#);
        prop_assert_eq!(apply(&both, extent, &events), kept(max));
        let open = format!(r#"{{"type": "cropTime", "min": {min}}}"#);
        prop_assert_eq!(apply(&open, extent, &events), kept(i64::MAX));
    }

    #[test]
    fn merged_polarities_are_0_and_all_else_stays((extent, events) in recordings()) {
        let expected: Vec<Event> = listed(&events).into_iter().map(|(x, y, _, t)| (x, y, 0, t)).collect();
        prop_assert_eq!(apply(r#"{"type": "mergePolarities"}"#, extent, &events), expected);
    }

    #[test]
    fn skewed_time_runs_from_the_first_event((extent, events) in recordings(), coefficient in 0.01..20.0f64, offset in -9999i64..9999) {
        let json = format!(r#"{{"type": "timeSkew", "coefficient": {coefficient}, "offset": {offset}}}"#);
        let all = listed(&events);
        let expected: Vec<Event> = all
            .iter()
            .map(|&(x, y, p, t)| {
                let begin = (all[0].3 + offset).clamp(-LATEST, LATEST);
                let elapsed = ((t - all[0].3) as f64 * coefficient + 0.5).floor() as i64;
                (x, y, p, (begin + elapsed).min(LATEST))
            })
            .collect();
        prop_assert_eq!(apply(&json, extent, &events), expected);
    }

    #[test]
    fn a_flip_mirrors_and_two_flips_give_the_recording_back((extent, events) in recordings()) {
        let (wide, high) = ((extent.width - 1) as u16, (extent.height - 1) as u16);
        let all = listed(&events);
        for (name, mirrored) in [
            ("randomFlipLR", Box::new(move |(x, y, p, t)| (wide - x, y, p, t)) as Box<dyn Fn(Event) -> Event>),
            ("randomFlipUD", Box::new(move |(x, y, p, t)| (x, high - y, p, t))),
            ("randomFlipPolarity", Box::new(|(x, y, p, t)| (x, y, 1 - p, t))),
        ] {
            let json = format!(r#"{{"type": "{name}", "probability": 1}}"#);
            let expected: Vec<Event> = all.iter().copied().map(mirrored).collect();
            prop_assert_eq!(apply(&json, extent, &events), expected);
            prop_assert_eq!(apply(&format!("{json}, {json}"), extent, &events), all.clone());
            let never = format!(r#"{{"type": "{name}", "probability": 0}}"#);
            prop_assert_eq!(apply(&never, extent, &events), all.clone());
        }
    }

    #[test]
    fn no_transforms_change_nothing((extent, events) in recordings()) {
        prop_assert_eq!(apply("", extent, &events), listed(&events));
    }

    #[test]
    fn transforms_are_applied_one_after_the_other((extent, events) in recordings()) {
        let [denoise, rest] = [r#"{"type": "denoise", "filterTime": 80}"#, r#"{"type": "refractoryPeriod", "delta": 30}"#];
        let both = apply(&format!("{denoise}, {rest}"), extent, &events);
        prop_assert_eq!(both, rested(&denoised(&listed(&events), 80), 30));
    }
}

/// Every kind of transform with options that fit a sensor of 1×1.
const EVERY: [&str; 17] = [
    r#"{"type": "centerCrop", "width": 1, "height": 1}"#,
    r#"{"type": "cropTime", "min": 10, "max": 100}"#,
    r#"{"type": "denoise"}"#,
    r#"{"type": "downsample", "time": 7}"#,
    r#"{"type": "dropEvent", "probability": [0.2, 0.7]}"#,
    r#"{"type": "dropEventByArea", "share": 0.5}"#,
    r#"{"type": "dropEventByTime", "share": 0.5}"#,
    r#"{"type": "mergePolarities"}"#,
    r#"{"type": "randomCrop", "width": 1, "height": 1}"#,
    r#"{"type": "randomFlipLR"}"#,
    r#"{"type": "randomFlipPolarity"}"#,
    r#"{"type": "randomFlipUD"}"#,
    r#"{"type": "refractoryPeriod", "delta": 9}"#,
    r#"{"type": "spatialJitter", "varX": 3, "varY": 2, "sigmaXy": 1, "outliers": "clip"}"#,
    r#"{"type": "timeJitter", "std": 40}"#,
    r#"{"type": "timeSkew", "coefficient": [0.5, 2], "offset": [-50, 50]}"#,
    r#"{"type": "uniformNoise", "count": 5}"#,
];

#[test]
fn every_kind_is_tested_here() {
    let names: Vec<&str> = decolle_events::transform::TRANSFORMS.iter().map(|kind| kind.name).collect();
    assert_eq!(EVERY.map(|json| json.split('"').nth(3).unwrap()).to_vec(), names);
}

proptest! {
    #[test]
    fn what_comes_out_is_a_recording_of_the_sensor_that_is_told(
        (extent, events) in recordings(),
        chosen in prop::collection::vec(prop::sample::select(&EVERY[..]), 0..6),
        seed in any::<u32>(),
        index in any::<u32>(),
    ) {
        let transforms = Transforms::from_json(&format!("[{}]", chosen.join(", "))).unwrap();
        let draw = Draw { seed: seed.into(), epoch: 2, index };
        let made = transforms.apply(events.clone(), extent, draw).unwrap();
        let after = transforms.extent(extent).unwrap();
        prop_assert!(after.duration >= 1);
        prop_assert!(made.x.iter().all(|&x| u32::from(x) < after.width));
        prop_assert!(made.y.iter().all(|&y| u32::from(y) < after.height));
        prop_assert!(made.time.iter().all(|time| (-LATEST..=LATEST).contains(time)));
        prop_assert!(Events::new(made.x.clone(), made.y.clone(), made.polarity.clone(), made.time.clone()).is_ok());
        prop_assert_eq!(transforms.apply(events, extent, draw).unwrap(), made);
    }
}

#[test]
fn an_empty_recording_stays_empty_and_one_event_goes_through() {
    for json in EVERY {
        let extent = Extent { width: 1, height: 1, duration: 1 };
        assert!(apply(json, extent, &Events::default()).is_empty(), "{json}");
        let one = Events::new(vec![0], vec![0], vec![1], vec![LATEST]).unwrap();
        let left = apply(json, extent, &one);
        assert!(left.len() <= 1 || json.contains("uniformNoise"), "{json}");
        assert!(left.iter().all(|event| (event.0, event.1) == (0, 0)), "{json}");
    }
}
