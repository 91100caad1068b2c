//! Lists of fields and variants, from which types are read.

/// Makes a struct readable from an object that has its fields, in camelCase, and no others.
///
/// A field that may be left out is followed by its default: `momentum = 0.0`, `drop = None`. With `or` and a value behind the
/// list, all fields may be left out, and are those of that value. An `Option` tells a `null` that is there from a field that
/// is not where `=> given` follows it: then it is `Some` of whatever is there.
///
/// ```
/// # #[derive(Debug, PartialEq)]
/// struct Drop {
///     every: u32,
///     factor: f32,
/// }
///
/// decolle_json::object! { Drop { every, factor } or Self { every: 30, factor: 5.0 } }
///
/// # let drop: Drop = decolle_json::read("drop", r#"{"every": 10}"#)?;
/// # assert_eq!(drop, Drop { every: 10, factor: 5.0 });
/// # Ok::<(), decolle_error::Fault>(())
/// ```
///
/// Faults of several fields are told by the first of their names; then the first that is missing.
#[macro_export]
macro_rules! object {
    ($type:ident { $($field:ident),* $(,)? } or $usual:expr) => {
        impl $crate::Read for $type {
            fn read(value: $crate::Value) -> ::std::result::Result<Self, $crate::Misfit> {
                let usual: Self = $usual;
                $crate::__fields!(value, "an object", { $($field = usual.$field),* })
            }
        }
    };
    ($type:ident { $($fields:tt)* }) => {
        $crate::object! { $type, "an object" { $($fields)* } }
    };
    ($type:ident, $expected:literal { $($fields:tt)* }) => {
        impl $crate::Read for $type {
            fn read(value: $crate::Value) -> ::std::result::Result<Self, $crate::Misfit> {
                $crate::__fields!(value, $expected, { $($fields)* })
            }
        }
    };
}

/// Makes an enum of names alone readable from a string that is one of them, in camelCase.
///
/// ```
/// # #[derive(Clone, Copy, Debug, PartialEq)]
/// enum Split {
///     Train,
///     Test,
/// }
///
/// decolle_json::names! { Split { Train, Test } }
///
/// # assert_eq!(decolle_json::read::<Split>("split", r#""test""#)?, Split::Test);
/// # Ok::<(), decolle_error::Fault>(())
/// ```
#[macro_export]
macro_rules! names {
    ($type:ident { $($variant:ident),* $(,)? }) => {
        $crate::__all_variants!($type { $($variant),* });

        impl $crate::Read for $type {
            fn read(value: $crate::Value) -> ::std::result::Result<Self, $crate::Misfit> {
                let index = $crate::name(value, &[$(stringify!($variant)),*])?;
                Ok([$(Self::$variant),*][index])
            }
        }
    };
}

/// Makes an enum of objects readable: the field `type` is a variant's name in camelCase, the others are the variant's own, or
/// those of the struct that it holds. Defaults are as in [`object!`].
///
/// ```
/// # #[derive(Debug, PartialEq)]
/// struct Dense {
///     units: u32,
/// }
///
/// decolle_json::object! { Dense { units } }
///
/// # #[derive(Debug, PartialEq)]
/// enum Layer {
///     Dense(Dense),
///     Pool { side: u32 },
/// }
///
/// decolle_json::tagged! { Layer { Dense, Pool { side = 2 } } }
///
/// # let layers: Vec<Layer> = decolle_json::read("layers", r#"[{"type": "dense", "units": 3}, {"type": "pool"}]"#)?;
/// # assert_eq!(layers, [Layer::Dense(Dense { units: 3 }), Layer::Pool { side: 2 }]);
/// # Ok::<(), decolle_error::Fault>(())
/// ```
#[macro_export]
macro_rules! tagged {
    ($type:ident { $($variant:ident $({ $($fields:tt)* })?),* $(,)? }) => {
        $crate::__all_variants!($type { $($variant),* });

        impl $crate::Read for $type {
            fn read(value: $crate::Value) -> ::std::result::Result<Self, $crate::Misfit> {
                let (index, value) = $crate::tag(value, &[$(stringify!($variant)),*])?;
                let variants: &[fn($crate::Value) -> ::std::result::Result<Self, $crate::Misfit>] =
                    &[$($crate::__variant!($variant $({ $($fields)* })?)),*];
                variants[index](value)
            }
        }
    };
}

/// Reads the fields of a struct or variant.
#[doc(hidden)]
#[macro_export]
macro_rules! __fields {
    ($value:expr, $expected:literal, $($variant:ident)? { $($field:ident $(= $default:expr)? $(=> $given:ident)?),* $(,)? }) => {{
        #[allow(unused_mut, reason = "there may be no fields")]
        let mut fields = $crate::Fields::of($value, $expected, &[$(stringify!($field)),*])?;
        $(let $field = $crate::__field!(fields, $field $(= $default)? $(=> $given)?);)*
        match (fields.finish(), $($field,)*) {
            (None, $(Some($field),)*) => Ok(Self $(::$variant)? { $($field),* }),
            (misfit, ..) => Err(misfit.expect("a field that is nothing was refused")),
        }
    }};
}

/// What a field is; nothing where it is to blame that the whole is refused.
#[doc(hidden)]
#[macro_export]
macro_rules! __field {
    ($fields:ident, $field:ident) => {
        $fields.required(stringify!($field))
    };
    ($fields:ident, $field:ident = $default:expr) => {
        Some($fields.take(stringify!($field)).unwrap_or_else(|| $default))
    };
    ($fields:ident, $field:ident => given) => {
        Some($fields.take(stringify!($field)))
    };
}

/// The function that reads what a variant holds.
#[doc(hidden)]
#[macro_export]
macro_rules! __variant {
    ($variant:ident) => {
        |value| $crate::Read::read(value).map(Self::$variant)
    };
    ($variant:ident { $($fields:tt)* }) => {
        |value| $crate::__fields!(value, "an object", $variant { $($fields)* })
    };
}

/// Refuses to compile a list in which a variant is missing.
#[doc(hidden)]
#[macro_export]
macro_rules! __all_variants {
    ($type:ident { $($variant:ident),* }) => {
        const _: fn(&$type) = |value| match value {
            $($type::$variant { .. } => (),)*
        };
    };
}
