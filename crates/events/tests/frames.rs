//! The simulated camera before frames and before a spot, from outside.

use decolle_error::Code;
use decolle_events::{Events, FrameCamera, FrameOptions, Sensor, SpotCamera, SpotOptions};
use decolle_random::Generator;
use proptest::prelude::*;

/// A sensor without mismatch, refractory time, noise and leak.
fn plain(threshold: f64) -> Sensor {
    Sensor { threshold, threshold_mismatch: 0.0, refractory: 0, noise_rate: 0.0, leak_rate: 0.0 }
}

fn options(width: u16, height: u16, sensor: Sensor) -> FrameOptions {
    FrameOptions { width, height, sensor, ..FrameOptions::default() }
}

/// All events of frames that are so far apart, in microseconds.
fn watched(options: &FrameOptions, frames: &[Vec<u8>], interval: i64) -> Events {
    let mut camera = FrameCamera::new(options).unwrap();
    joined(frames.iter().enumerate().map(|(number, frame)| camera.expose(frame, number as i64 * interval).unwrap()))
}

fn joined(pieces: impl Iterator<Item = Events>) -> Events {
    pieces.fold(Events::default(), |mut all, mut piece| {
        all.x.append(&mut piece.x);
        all.y.append(&mut piece.y);
        all.polarity.append(&mut piece.polarity);
        all.time.append(&mut piece.time);
        all
    })
}

/// Frames of random luminance between two bounds.
fn random_frames(count: usize, pixels: usize, (least, most): (u32, u32)) -> Vec<Vec<u8>> {
    let mut generator = Generator::new(1, "frames");
    let mut frame = || (0..pixels).map(|_| (least + generator.below(most - least + 1)) as u8).collect();
    (0..count).map(|_| frame()).collect()
}

/// What the camera is meant to do, microsecond by microsecond in float64: a pixel fires whenever the log intensity, which runs
/// linearly, has moved by a threshold from where the pixel fired last.
fn by_definition(toe: f64, threshold: f64, pixel: impl Fn(usize) -> u8, count: usize, interval: i64) -> Vec<(i64, u8)> {
    let intensity = |byte: u8| {
        let over = f64::from(byte) / 255.0 / toe;
        if over < 1.0 { over - 1.0 } else { over.ln() }
    };
    let mut reference = intensity(pixel(0));
    let mut fired = Vec::new();
    for frame in 1..count {
        let (before, now) = (intensity(pixel(frame - 1)), intensity(pixel(frame)));
        for elapsed in 0..interval {
            let reached = before + (now - before) * (elapsed + 1) as f64 / interval as f64;
            let time = (frame as i64 - 1) * interval + elapsed;
            while reached >= reference + threshold && now > before {
                reference += threshold;
                fired.push((time, 1));
            }
            while reached <= reference - threshold && now < before {
                reference -= threshold;
                fired.push((time, 0));
            }
        }
    }
    fired
}

#[test]
fn events_are_those_of_the_definition() {
    let (pixels, frames, interval) = (64, 12, 2_000);
    let shown = random_frames(frames, pixels, (0, 255));
    let options = options(8, 8, plain(0.23));
    let events = watched(&options, &shown, interval);
    let mut of_pixel = vec![Vec::new(); pixels];
    for event in 0..events.len() {
        let pixel = usize::from(events.y[event]) * 8 + usize::from(events.x[event]);
        of_pixel[pixel].push((events.time[event], events.polarity[event]));
    }
    let mut count = 0;
    for (pixel, fired) in of_pixel.iter().enumerate() {
        let expected = by_definition(options.toe, 0.23, |frame| shown[frame][pixel], frames, interval);
        let polarities = |fired: &[(i64, u8)]| fired.iter().map(|&(_, polarity)| polarity).collect::<Vec<u8>>();
        assert_eq!(polarities(fired), polarities(&expected), "pixel {pixel}");
        // float32 against float64 may put a crossing into the microsecond beside.
        assert!(fired.iter().zip(&expected).all(|(one, other)| one.0.abs_diff(other.0) <= 1), "pixel {pixel}");
        count += fired.len();
    }
    assert!(count > 64 * 11, "{count}");
}

#[test]
fn a_still_scene_is_silent_whatever_it_shows() {
    let [frame] = &random_frames(1, 64 * 48, (0, 255))[..] else { unreachable!() };
    let shown = vec![frame.clone(); 30];
    let options = FrameOptions { width: 64, height: 48, ..FrameOptions::default() };
    assert!(watched(&options, &shown, 33_333).is_empty());
}

#[test]
fn an_edge_that_moves_fires_where_and_when_it_passes_and_by_its_side() {
    // A bright half, 200 over 50, whose edge moves one column to the right each 10 ms.
    let (bright, dark) = (200u8, 50u8);
    let frame =
        |edge: usize| (0..16 * 16).map(|pixel| if pixel % 16 < edge { bright } else { dark }).collect::<Vec<u8>>();
    let shown: Vec<Vec<u8>> = (4..=12).map(frame).collect();
    let events = watched(&options(16, 16, plain(0.4)), &shown, 10_000);
    assert!(events.polarity.iter().all(|&polarity| polarity == 1));
    // ln 4 has three thresholds of 0.4.
    assert_eq!(events.len(), 8 * 16 * 3);
    let step = 0.4 / 4f64.ln();
    for event in 0..events.len() {
        let column = i64::from(events.x[event]);
        assert!((4..12).contains(&column));
        let within = events.time[event] - (column - 4) * 10_000;
        let crossings = [1.0, 2.0, 3.0].map(|crossing| (crossing * step * 10_000.0) as i64);
        assert!(crossings.iter().any(|crossing| crossing.abs_diff(within) <= 1), "{within} of {crossings:?}");
    }
    let back: Vec<Vec<u8>> = shown.into_iter().rev().collect();
    let events = watched(&options(16, 16, plain(0.4)), &back, 10_000);
    assert!(events.len() == 8 * 16 * 3 && events.polarity.iter().all(|&polarity| polarity == 0));
}

#[test]
fn a_scene_twice_as_bright_gives_the_same_events_above_the_toe() {
    // No pixel comes back to where it began, where rounding would decide whether it has moved by whole thresholds.
    let mut dim = random_frames(20, 64, (20, 127));
    dim[1..].iter_mut().flatten().for_each(|byte| *byte |= 1);
    dim[0].fill(24);
    let bright: Vec<Vec<u8>> = dim.iter().map(|frame| frame.iter().map(|byte| 2 * byte).collect()).collect();
    let options = options(8, 8, plain(0.17));
    let (dim, bright) = (watched(&options, &dim, 5_000), watched(&options, &bright, 5_000));
    assert!(dim.len() > 1_000, "{}", dim.len());
    // Rounding may move an event into the microsecond beside, and there among others.
    let sorted = |events: &Events| {
        let mut all: Vec<_> =
            (0..events.len()).map(|i| (events.x[i], events.y[i], events.time[i] / 5_000, events.polarity[i])).collect();
        all.sort_unstable();
        all
    };
    assert!(sorted(&dim) == sorted(&bright), "{} and {} events", dim.len(), bright.len());
    // Below it the same contrast is less: the dark is calmer.
    let dark = |byte: u8| watched(&options, &[vec![byte; 64], vec![2 * byte; 64]], 5_000).len();
    assert!(dark(5) < dark(20) / 2, "{} of {}", dark(5), dark(20));
}

#[test]
fn luminance_in_bytes_and_in_shares_of_white_is_the_same() {
    let shown = random_frames(10, 64, (0, 255));
    let options = options(8, 8, plain(0.2));
    let mut camera = FrameCamera::new(&options).unwrap();
    let shares = joined(shown.iter().enumerate().map(|(number, frame)| {
        let shares: Vec<f32> = frame.iter().map(|&byte| f32::from(byte) / 255.0).collect();
        camera.expose_float(&shares, number as i64 * 10_000).unwrap()
    }));
    let bytes = watched(&options, &shown, 10_000);
    assert_eq!((shares.len(), &shares.x.len()), (bytes.len(), &bytes.x.len()));
    assert!(shares.time.iter().zip(&bytes.time).all(|(one, other)| one.abs_diff(*other) <= 1));
}

#[test]
fn after_a_gap_the_camera_settles_and_goes_on() {
    let mut camera = FrameCamera::new(&options(8, 8, plain(0.2))).unwrap();
    camera.expose(&[50; 64], 0).unwrap();
    assert!(camera.expose(&[200; 64], 500_000).unwrap().is_empty());
    assert_eq!(camera.expose(&[50; 64], 999_999).unwrap().len(), 6 * 64);
    camera.settle();
    assert!(camera.expose(&[200; 64], 7).unwrap().is_empty());
    assert_eq!(camera.expose(&[50; 64], 8_000).unwrap().len(), 6 * 64);
}

#[test]
fn noise_begins_with_the_first_frame_and_comes_at_its_rate() {
    let sensor = Sensor { noise_rate: 5.0, ..plain(0.2) };
    let start = 1_700_000_000_000_000;
    let mut camera = FrameCamera::new(&options(64, 64, sensor)).unwrap();
    let events = joined((0..61).map(|frame| camera.expose(&[90; 4096], start + frame * 33_333).unwrap()));
    assert!(events.time.iter().all(|time| (start..start + 60 * 33_333).contains(time)));
    // 4,096 pixels for two seconds at five a second: 40,960; five standard deviations are a thousand.
    assert!((39_900..42_000).contains(&events.len()), "{}", events.len());
}

#[test]
fn what_is_no_frame_changes_nothing() {
    let mut camera = FrameCamera::new(&options(8, 8, plain(0.2))).unwrap();
    camera.expose(&[50; 64], 1_000).unwrap();
    let untouched = camera.clone();
    let fault = camera.expose(&[50; 63], 2_000).unwrap_err();
    assert_eq!(fault.to_string(), "[shape] luminance: expected 64 pixels, the sensor's, found 63");
    for (time, code) in [(1_000, Code::TimeOrder), (0, Code::TimeOrder), (1 << 53, Code::Range)] {
        assert_eq!(camera.expose(&[200; 64], time).unwrap_err().code, code);
    }
    for (value, code) in [(f32::NAN, Code::NotFinite), (1.5, Code::Range), (-0.1, Code::Range)] {
        let mut frame = [0.5; 64];
        frame[17] = value;
        let fault = camera.expose_float(&frame, 2_000).unwrap_err();
        assert_eq!((fault.code, fault.path()), (code, Some("luminance[17]")));
    }
    let mut other = untouched;
    assert_eq!(camera.expose(&[200; 64], 2_000).unwrap(), other.expose(&[200; 64], 2_000).unwrap());
}

#[test]
fn options_are_refused_field_by_field() {
    for (text, start) in [
        (r#"{"seed": -1}"#, "camera.seed: "),
        (r#"{"width": 7}"#, "camera.width: expected a whole number from 8 to 512, found 7"),
        (r#"{"height": 513}"#, "camera.height: "),
        (r#"{"toe": 0}"#, "camera.toe: "),
        (r#"{"gap": 10}"#, "camera.gap: "),
        (r#"{"sensor": {"leakRate": 11}}"#, "camera.sensor.leakRate: expected 0 to 10, found 11"),
        (r#"{"sensor": {"refractory": 0.5}}"#, "camera.sensor.refractory: "),
        (r#"{"radius": 2}"#, "camera.radius: unknown field"),
    ] {
        let fault = FrameOptions::from_json(text).unwrap_err();
        assert!(fault.message.starts_with(start), "{text}: {fault}");
    }
    for (text, start) in [
        (r#"{"radius": 0}"#, "spot.radius: "),
        (r#"{"contrast": 4}"#, "spot.contrast: "),
        (r#"{"sensor": {"noiseRate": 101}}"#, "spot.sensor.noiseRate: "),
    ] {
        let fault = SpotOptions::from_json(text).unwrap_err();
        assert!(fault.message.starts_with(start), "{text}: {fault}");
    }
    assert_eq!(FrameOptions::from_json("{}").unwrap(), FrameOptions::default());
    assert_eq!(SpotOptions::from_json("{}").unwrap(), SpotOptions::default());
}

#[test]
fn a_spot_brightens_before_it_and_darkens_behind() {
    let sensor = plain(0.2);
    let options = SpotOptions { width: 32, height: 32, radius: 2.0, sensor, ..SpotOptions::default() };
    let mut camera = SpotCamera::new(&options).unwrap();
    camera.put(8.0, 16.0).unwrap();
    // It rests: nothing moves.
    assert!(camera.move_to(8.0, 16.0, 0, 10_000).unwrap().is_empty());
    let events = camera.move_to(24.0, 16.0, 10_000, 26_000).unwrap();
    assert!(events.time.iter().all(|time| (10_000..26_000).contains(time)));
    let mut seen = [0usize; 2];
    for event in 0..events.len() {
        let centre = 8.0 + (events.time[event] - 10_000) as f64 / 1_000.0;
        let ahead = f64::from(events.x[event]) + 0.5 - centre;
        let polarity = events.polarity[event];
        assert!(ahead.abs() < 3.0, "{ahead}");
        assert!(if polarity == 1 { ahead > -0.5 } else { ahead < 0.5 }, "{ahead} at {polarity}");
        seen[usize::from(polarity)] += 1;
    }
    assert!(seen[0] > 100 && seen[1] > 100, "{seen:?}");
    // Put elsewhere it makes no events, and what was there leaves none behind.
    camera.put(4.0, 4.0).unwrap();
    assert!(camera.move_to(4.0, 4.0, 26_000, 30_000).unwrap().is_empty());
}

#[test]
fn a_spot_that_cannot_move_stays_as_it_was() {
    let mut camera = SpotCamera::new(&SpotOptions::default()).unwrap();
    assert_eq!(camera.move_to(1.0, 1.0, 0, 1).unwrap_err().code, Code::Config);
    camera.put(10.0, 10.0).unwrap();
    camera.move_to(11.0, 10.0, 0, 1_000).unwrap();
    let mut other = camera.clone();
    assert_eq!(camera.move_to(12.0, 10.0, 999, 2_000).unwrap_err().code, Code::TimeOrder);
    assert_eq!(camera.move_to(12.0, 10.0, 1_000, 1_000).unwrap_err().code, Code::TimeOrder);
    assert_eq!(camera.move_to(12.0, 10.0, 1_000, 1 << 40).unwrap_err().code, Code::Range);
    assert_eq!(camera.move_to(f64::NAN, 10.0, 1_000, 2_000).unwrap_err().code, Code::NotFinite);
    assert_eq!(camera.put(0.0, f64::INFINITY).unwrap_err().code, Code::NotFinite);
    assert_eq!(camera.move_to(14.0, 9.0, 1_000, 3_000).unwrap(), other.move_to(14.0, 9.0, 1_000, 3_000).unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_frames_give_events_in_order_within_the_sensor_and_the_same_again(
        frames in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 12 * 9), 2..6),
        interval in 1i64..60_000,
        seed in 0u64..100,
        leak_rate in prop_oneof![Just(0.0), 0.0..10.0f64],
    ) {
        let sensor = Sensor { noise_rate: 3.0, leak_rate, ..FrameOptions::default().sensor };
        let options = FrameOptions { seed, ..options(12, 9, sensor) };
        let events = watched(&options, &frames, interval);
        prop_assert_eq!(&watched(&options, &frames, interval), &events);
        prop_assert!(events.x.iter().all(|&x| x < 12) && events.y.iter().all(|&y| y < 9));
        let end = interval * (frames.len() as i64 - 1);
        prop_assert!(events.time.iter().all(|time| (0..end).contains(time)));
        let Events { x, y, polarity, time } = events;
        prop_assert!(Events::new(x, y, polarity, time).is_ok());
    }
}
