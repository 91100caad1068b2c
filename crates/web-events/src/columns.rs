//! Events as a JavaScript object.

use decolle_events::Events;
use decolle_web_border::object;
use js_sys::{Float64Array, Uint8Array, Uint16Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** The events of a recording as columns of equal length. */
export interface EventColumns { x: Uint16Array; y: Uint16Array; p: Uint8Array; t: Float64Array; }
"#;

/// The events as columns, each copied.
pub(crate) fn columns(events: &Events) -> JsValue {
    object([
        ("x", Uint16Array::from(&events.x[..]).into()),
        ("y", Uint16Array::from(&events.y[..]).into()),
        ("p", Uint8Array::from(&events.polarity[..]).into()),
        ("t", Float64Array::from(&events.float_times()[..]).into()),
    ])
}
