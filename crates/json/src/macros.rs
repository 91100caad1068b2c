//! Lists of fields and variants, from which types are read and written.

/// Makes a struct readable from an object that has its fields, in camelCase, and no others; and writable as such an object, in
/// the order of the list.
///
/// A field that may be left out is followed by its default: `momentum = 0.0`, `drop = None`. With `or` and a value behind the
/// list, all fields may be left out, and are those of that value. An `Option` tells a `null` that is there from a field that
/// is not where `=> given` follows it: then it is `Some` of whatever is there.
///
/// All fields are written, but for those that are `=> given` and are not, and those that are as their default where
/// `=> omitted` follows it: `drop = None => omitted`.
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
/// Fields that several structs have in common are a struct of their own, listed by [`part!`](crate::part!); `with` and its
/// field behind the list puts them behind the others, as if they were listed there.
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

        $crate::written! { $type { $($field),* } }
    };
    ($type:ident { $($fields:tt)* } $(with $part:ident: $Part:ty)?) => {
        $crate::object! { $type, "an object" { $($fields)* } $(with $part: $Part)? }
    };
    ($type:ident, $expected:literal { $($fields:tt)* } $(with $part:ident: $Part:ty)?) => {
        impl $crate::Read for $type {
            fn read(value: $crate::Value) -> ::std::result::Result<Self, $crate::Misfit> {
                $crate::__fields!(value, $expected, { $($fields)* } $(with $part: $Part)?)
            }
        }

        $crate::written! { $type { $($fields)* } $(with $part)? }
    };
}

/// Makes a struct a part of objects: its fields stand among theirs, listed as in [`object!`], which takes it by `with`.
///
/// ```
/// # #[derive(Debug, PartialEq)]
/// struct Look {
///     color: Option<String>,
///     width: f32,
/// }
///
/// decolle_json::part! { Look { color = None => omitted, width = 1.0 } }
///
/// # #[derive(Debug, PartialEq)]
/// struct Line {
///     length: f32,
///     look: Look,
/// }
///
/// decolle_json::object! { Line { length } with look: Look }
///
/// let line: Line = decolle_json::read("line", r#"{"width": 2, "length": 3}"#)?;
/// assert_eq!(line, Line { length: 3.0, look: Look { color: None, width: 2.0 } });
/// assert_eq!(decolle_json::write(&line), r#"{"length":3.0,"width":2.0}"#);
/// # Ok::<(), decolle_error::Fault>(())
/// ```
#[macro_export]
macro_rules! part {
    ($type:ident { $($field:ident $(= $default:expr)? $(=> $how:ident)?),* $(,)? }) => {
        impl $crate::Part for $type {
            const NAMES: &'static [&'static str] = &[$(stringify!($field)),*];

            fn take(fields: &mut $crate::Fields) -> Option<Self> {
                $(let $field = $crate::__field!(fields, $field $(= $default)? $(=> $how)?);)*
                Some(Self { $($field: $field?),* })
            }
        }

        $crate::written! { $type { $($field $(= $default)? $(=> $how)?),* } }
    };
}

/// Makes a struct writable as an object of its fields, in camelCase and in the order of the list; for structs that are not
/// read, so that some fields may not be listed.
///
/// ```
/// struct Outcome {
///     loss: Option<f64>,
///     update_count: usize,
///     readout: Vec<f32>,
/// }
///
/// decolle_json::written! { Outcome { loss, update_count } }
///
/// let outcome = Outcome { loss: None, update_count: 3, readout: vec![0.5] };
/// assert_eq!(decolle_json::write(&outcome), r#"{"loss":null,"updateCount":3}"#);
/// ```
#[macro_export]
macro_rules! written {
    ($type:ident { $($field:ident $(= $default:expr)? $(=> $how:ident)?),* $(,)? } $(with $part:ident)?) => {
        impl $crate::Write for $type {
            fn write(&self, text: &mut String) {
                let values: &[Option<&dyn $crate::Write>] =
                    &[$($crate::__written!(self.$field $(= $default)? $(=> $how)?)),*];
                $crate::put_fields(text, &[$(stringify!($field)),*], values);
                $($crate::put_part(text, &self.$part);)?
            }
        }
    };
}

/// Makes an enum of names alone readable from a string that is one of them, in camelCase, and writable as it.
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

        impl $crate::Write for $type {
            fn write(&self, text: &mut String) {
                let name = match self {
                    $(Self::$variant => stringify!($variant),)*
                };
                $crate::put_variant(text, name);
            }
        }
    };
}

/// Makes an enum of objects readable and writable: the field `type`, written first, is a variant's name in camelCase, the
/// others are the variant's own, or those of the struct that it holds. Defaults are as in [`object!`].
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
///
/// Where all fields have defaults, `as` and a name behind the list makes a constant of that name: all variants with their
/// defaults.
///
/// ```
/// # #[derive(Debug, PartialEq)]
/// enum Distance {
///     Squared {},
///     Huber { width: f32 },
/// }
///
/// decolle_json::tagged! { Distance { Squared {}, Huber { width = 1.0 } } as ALL }
///
/// assert_eq!(Distance::ALL, [Distance::Squared {}, Distance::Huber { width: 1.0 }]);
/// ```
#[macro_export]
macro_rules! tagged {
    ($type:ident { $($variant:ident { $($field:ident = $default:expr),* $(,)? }),* $(,)? } as $all:ident) => {
        $crate::tagged! { $type { $($variant { $($field = $default),* }),* } }

        impl $type {
            /// All of them, each with its defaults.
            pub const $all: &[Self] = &[$(Self::$variant { $($field: $default),* }),*];
        }
    };
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

        impl $crate::Write for $type {
            fn write(&self, text: &mut String) {
                let start = text.len();
                $($crate::__put_variant!(self, text, $variant $({ $($fields)* })?);)*
                let name = match self {
                    $(Self::$variant { .. } => stringify!($variant),)*
                };
                $crate::put_tag(text, start, name);
            }
        }
    };
}

/// Reads the fields of a struct or variant.
#[doc(hidden)]
#[macro_export]
macro_rules! __fields {
    (
        $value:expr, $expected:literal,
        $($variant:ident)? { $($field:ident $(= $default:expr)? $(=> $how:ident)?),* $(,)? } $(with $part:ident: $Part:ty)?
    ) => {{
        let names: &[&[&str]] = &[&[$(stringify!($field)),*], $(<$Part as $crate::Part>::NAMES)?];
        #[allow(unused_mut, reason = "there may be no fields")]
        let mut fields = $crate::Fields::of($value, $expected, names)?;
        $(let $field = $crate::__field!(fields, $field $(= $default)? $(=> $how)?);)*
        $(let $part = <$Part as $crate::Part>::take(&mut fields);)?
        match (fields.finish(), $($field,)* $($part,)?) {
            (None, $(Some($field),)* $(Some($part),)?) => Ok(Self $(::$variant)? { $($field,)* $($part,)? }),
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
    ($fields:ident, $field:ident = $default:expr $(=> omitted)?) => {
        Some($fields.take(stringify!($field)).unwrap_or_else(|| $default))
    };
    ($fields:ident, $field:ident => given) => {
        Some($fields.take(stringify!($field)))
    };
}

/// A field as it is written; nothing where it is left out.
#[doc(hidden)]
#[macro_export]
macro_rules! __written {
    ($self:ident.$field:ident $(= $default:expr)?) => {
        Some(&$self.$field)
    };
    ($self:ident.$field:ident = $default:expr => omitted) => {
        $crate::unless_usual(&$self.$field, &$default)
    };
    ($self:ident.$field:ident => given) => {
        $crate::unless_usual(&$self.$field, &None)
    };
}

/// Writes what a variant holds, if it is this one.
#[doc(hidden)]
#[macro_export]
macro_rules! __put_variant {
    ($self:ident, $text:ident, $variant:ident) => {
        #[allow(irrefutable_let_patterns, reason = "there may be one variant")]
        if let Self::$variant(inner) = $self {
            $crate::Write::write(inner, $text);
        }
    };
    ($self:ident, $text:ident, $variant:ident { $($field:ident $(= $default:expr)?),* $(,)? }) => {
        #[allow(irrefutable_let_patterns, reason = "there may be one variant")]
        if let Self::$variant { $($field),* } = $self {
            $crate::put_fields($text, &[$(stringify!($field)),*], &[$(Some($field)),*]);
        }
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
