//! What is refused, with the path of the option or the event.

use decolle_error::Code;
use decolle_events::Events;
use decolle_events::transform::{Draw, Extent, TransformRequest, Transforms};

const SENSOR: Extent = Extent { width: 34, height: 30, duration: 1000 };

#[test]
fn options_are_refused_with_their_path() {
    for (second, code, message) in [
        (r#"{"type": "denoise", "filterTime": 0}"#, Code::Range, "filterTime: expected a whole number from 1 to"),
        (r#"{"type": "denoise", "filterTime": 0.5}"#, Code::Range, "filterTime: expected a whole number"),
        (r#"{"type": "denoise", "filterTime": 1e300}"#, Code::Range, "filterTime: "),
        (r#"{"type": "denoise", "filterTime": "1"}"#, Code::Config, "filterTime: expected a number, found \"1\""),
        (
            r#"{"type": "denoise", "filter_time": 1}"#,
            Code::Config,
            "filter_time: unknown field `filter_time`; there is `filterTime`",
        ),
        (r#"{"type": "denoize"}"#, Code::Config, "type: expected one of"),
        (r#"{"filterTime": 3}"#, Code::Config, "type: expected it, found none"),
        (r#"{"type": 3}"#, Code::Config, "type: expected a string, found 3"),
        (r#"{"type": "centerCrop", "width": 4}"#, Code::Config, "height: expected it, found none"),
        (r#"{"type": "centerCrop", "width": 0, "height": 4}"#, Code::Range, "width: "),
        (r#"{"type": "randomCrop", "width": 4, "height": 65537}"#, Code::Range, "height: "),
        (r#"{"type": "cropTime", "min": -1}"#, Code::Range, "min: "),
        (r#"{"type": "cropTime", "min": 5, "max": 5}"#, Code::Range, "max: expected more than min = 5, found 5"),
        (r#"{"type": "downsample", "space": 0}"#, Code::Range, "space: "),
        (r#"{"type": "downsample", "time": 0.001}"#, Code::Range, "time: "),
        (r#"{"type": "dropEvent"}"#, Code::Config, "probability: expected it, found none"),
        (r#"{"type": "dropEvent", "probability": 1.5}"#, Code::Range, "probability: expected 0 to 1, found 1.5"),
        (
            r#"{"type": "dropEvent", "probability": [0.5, 0.2]}"#,
            Code::Range,
            "probability: expected the smaller number first",
        ),
        (r#"{"type": "dropEvent", "probability": [0.5]}"#, Code::Config, "probability: expected a number, or two"),
        (r#"{"type": "dropEvent", "probability": [0.5, "1"]}"#, Code::Config, "probability[1]: expected a number"),
        (r#"{"type": "dropEventByArea", "share": -0.1}"#, Code::Range, "share: "),
        (r#"{"type": "dropEventByTime", "share": 2}"#, Code::Range, "share: "),
        (r#"{"type": "mergePolarities", "to": 1}"#, Code::Config, "to: unknown field"),
        (r#"{"type": "randomFlipLR", "probability": 2}"#, Code::Range, "probability: "),
        (r#"{"type": "randomFlipUD", "p": 1}"#, Code::Config, "p: unknown field"),
        (
            r#"{"type": "randomFlipPolarity", "probability": null}"#,
            Code::Config,
            "probability: expected a number, found null",
        ),
        (r#"{"type": "refractoryPeriod", "delta": -3}"#, Code::Range, "delta: "),
        (r#"{"type": "spatialJitter", "varX": -1}"#, Code::Range, "varX: "),
        (r#"{"type": "spatialJitter", "sigmaXy": 1.5}"#, Code::Range, "sigmaXy: expected within ±1, "),
        (r#"{"type": "spatialJitter", "outliers": "keep"}"#, Code::Config, "outliers: expected one of `drop`, `clip`"),
        (r#"{"type": "timeJitter", "std": -1}"#, Code::Range, "std: "),
        (r#"{"type": "timeSkew", "coefficient": 0}"#, Code::Range, "coefficient: "),
        (r#"{"type": "timeSkew", "coefficient": 1, "offset": 1e17}"#, Code::Range, "offset: "),
        (r#"{"type": "uniformNoise", "count": 1e9}"#, Code::Range, "count: "),
    ] {
        let fault = Transforms::from_json(&format!(r#"[{{"type": "denoise"}}, {second}]"#)).unwrap_err();
        assert_eq!(fault.code, code, "{second}: {fault}");
        assert!(fault.message.starts_with(&format!("transforms[1].{message}")), "{second}: {fault}");
    }
}

#[test]
fn what_is_no_list_of_objects_is_refused() {
    for (text, message) in [
        ("{}", "transforms: expected an array, found an object"),
        ("[3]", "transforms[0]: expected an object with a type, found 3"),
        ("[", "transforms: EOF"),
    ] {
        let fault = Transforms::from_json(text).unwrap_err();
        assert_eq!(fault.code, Code::Config);
        assert!(fault.message.starts_with(message), "{fault}");
    }
}

#[test]
fn what_does_not_fit_the_sensor_that_is_left_is_refused() {
    for (second, message) in [
        (
            r#"{"type": "centerCrop", "width": 17, "height": 15}"#,
            "width: expected a whole number from 1 to 16, found 17",
        ),
        (
            r#"{"type": "randomCrop", "width": 16, "height": 16}"#,
            "height: expected a whole number from 1 to 15, found 16",
        ),
        (r#"{"type": "downsample", "space": 16}"#, "space: expected at most 15, the sensor's shorter side, found 16"),
    ] {
        let text = format!(r#"[{{"type": "centerCrop", "width": 16, "height": 15}}, {second}]"#);
        let transforms = Transforms::from_json(&text).unwrap();
        let fault = transforms.extent(SENSOR).unwrap_err();
        assert_eq!(fault.code, Code::Range);
        assert_eq!(fault.message, format!("transforms[1].{message}"));
        assert_eq!(transforms.apply(Events::default(), SENSOR, Draw::default()).unwrap_err(), fault);
    }
}

#[test]
fn what_is_no_recording_of_the_sensor_is_refused() {
    let nothing = Transforms::from_json("[]").unwrap();
    let one = |x: u16, polarity: u8, time: i64| Events {
        x: vec![0, x],
        y: vec![0, 0],
        polarity: vec![0, polarity],
        time: vec![0, time],
    };
    for (events, code, message) in [
        (one(34, 0, 0), Code::Range, "x[1]: expected below 34"),
        (one(0, 2, 0), Code::Range, "p[1]: expected 0 or 1"),
        (one(0, 0, -1), Code::TimeOrder, "t[1]: "),
        (one(0, 0, 1 << 53), Code::Range, "t[1]: expected whole microseconds within"),
        (Events { time: vec![0], ..one(0, 0, 0) }, Code::Shape, "x: "),
    ] {
        let fault = nothing.apply(events, SENSOR, Draw::default()).unwrap_err();
        assert_eq!(fault.code, code, "{fault}");
        assert!(fault.message.starts_with(message), "{fault}");
    }
}

#[test]
fn requests_are_refused_field_by_field() {
    let whole = |fields: &str| TransformRequest::from_json(&format!(r#"{{"transforms": [], "width": 2, {fields}}}"#));
    assert!(whole(r#""height": 2, "duration": 9007199254740991, "seed": 1, "epoch": 4294967295, "index": 3"#).is_ok());
    for (fields, code, path) in [
        (r#""height": 0"#, Code::Range, "height"),
        (r#""height": 65537"#, Code::Range, "height"),
        (r#""height": 2, "seed": -1"#, Code::Range, "seed"),
        (r#""height": 2, "epoch": 4294967296"#, Code::Range, "epoch"),
        (r#""height": 2, "index": 0.5"#, Code::Range, "index"),
        (r#""height": 2, "duration": 0"#, Code::Range, "duration"),
        (r#""height": "2""#, Code::Config, "height"),
        (r#""depth": 2"#, Code::Config, "depth"),
    ] {
        let fault = whole(fields).unwrap_err();
        assert_eq!((fault.code, fault.path()), (code, Some(path)), "{fault}");
    }
}
