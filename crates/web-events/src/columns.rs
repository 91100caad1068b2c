//! Events as a JavaScript object.

use decolle_events::{Block, Events, Pixels, Train};
use decolle_web_border::object;
use js_sys::{Float64Array, Uint8Array, Uint16Array, Uint32Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** The events of a recording as columns of equal length. */
export interface EventColumns { x: Uint16Array; y: Uint16Array; p: Uint8Array; t: Float64Array; }
/** A spike train as columns of equal length. */
export interface TrainColumns { t: Float64Array; unit: Uint32Array; }
"#;

/// The events of a recording as columns, each copied.
pub(crate) fn columns(events: &Events) -> JsValue {
    let Events { x, y, polarity, .. } = events;
    copied(Pixels { x, y, p: polarity }, &events.float_times())
}

/// The events of a block as columns, each copied.
pub(crate) fn block_columns(block: &Block) -> JsValue {
    copied(block.pixels(), &decolle_border::float_times(block))
}

/// The spikes of a train as columns, each copied.
pub(crate) fn train_columns(train: &Train) -> JsValue {
    object([
        ("t", Float64Array::from(&train.float_times()[..]).into()),
        ("unit", Uint32Array::from(&train.unit[..]).into()),
    ])
}

fn copied(Pixels { x, y, p }: Pixels<'_>, t: &[f64]) -> JsValue {
    object([
        ("x", Uint16Array::from(x).into()),
        ("y", Uint16Array::from(y).into()),
        ("p", Uint8Array::from(p).into()),
        ("t", Float64Array::from(t).into()),
    ])
}
