//! Plain JavaScript objects, built field by field.

use js_sys::{Object, Reflect};
use wasm_bindgen::prelude::*;

/// An object with the given fields.
pub fn object<const FIELDS: usize>(fields: [(&str, JsValue); FIELDS]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        // Setting a field of a fresh, extensible object cannot fail.
        Reflect::set(&object, &JsValue::from_str(name), &value).expect("a plain object takes any field");
    }
    object.into()
}
