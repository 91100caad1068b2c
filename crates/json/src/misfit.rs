//! Where JSON does not fit, as data, and in words.

use decolle_error::{Code, Fault};
use serde_json::Value;

use crate::camel_case::camel_case;

/// Longest text of the caller's that a message repeats.
const LONGEST_FOUND: usize = 60;

/// Where JSON does not fit a type, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit(Box<Place>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    path: String,
    reason: Reason,
}

/// Why JSON does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nothing is there.
    Missing,
    /// Something else is there.
    Unfit {
        /// What should be, such as `a number`.
        expected: &'static str,
        /// What is, such as `an array`; none where what was expected says it all.
        found: Option<String>,
    },
    /// A number that has a fraction, or lies outside what can be held.
    OutOfRange {
        /// What should be.
        expected: &'static str,
        /// The number.
        found: String,
    },
    /// There is no field of this name.
    UnknownField {
        /// The name.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// A string that is none of some names.
    NoneOf {
        /// The string.
        name: String,
        /// The names.
        known: Vec<String>,
    },
    /// The text is no JSON, for what the parser says.
    NoJson(String),
}

impl From<Reason> for Misfit {
    fn from(reason: Reason) -> Self {
        Self(Box::new(Place { path: String::new(), reason }))
    }
}

impl Misfit {
    /// The place, such as `layers[0].units`; empty for the whole.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// What is wrong there.
    pub fn reason(&self) -> &Reason {
        &self.0.reason
    }

    /// That the field, named as in Rust, is not there.
    #[cold]
    #[inline(never)]
    pub fn missing(field: &str) -> Self {
        Self::from(Reason::Missing).within(&camel_case(field))
    }

    /// That a value is something else.
    #[cold]
    #[inline(never)]
    pub fn unfit(expected: &'static str, found: &Value) -> Self {
        Reason::Unfit { expected, found: Some(described(found)) }.into()
    }

    /// That a text is no JSON.
    #[cold]
    #[inline(never)]
    pub(crate) fn no_json(error: &serde_json::Error) -> Self {
        let reason = error.to_string();
        // Nobody but the binding has seen the text, so that its lines and columns say nothing.
        let place = format!(" at line {} column {}", error.line(), error.column());
        Reason::NoJson(reason.strip_suffix(&place).unwrap_or(&reason).into()).into()
    }

    /// The same, where the value is the part `whole` of something, such as a field or `[3]`.
    #[cold]
    #[inline(never)]
    #[must_use]
    pub fn within(mut self, whole: &str) -> Self {
        let path = &mut self.0.path;
        if !(path.is_empty() || path.starts_with('[')) {
            path.insert(0, '.');
        }
        path.insert_str(0, whole);
        self
    }

    /// The fault in the words of those who write JSON; messages call the whole `whole`.
    ///
    /// The code is `range` where a number was expected and found, but has a fraction or lies outside; else it is `config`.
    pub fn fault(&self, whole: &str) -> Fault {
        let Place { path, reason } = &*self.0;
        let code = if matches!(reason, Reason::OutOfRange { .. }) { Code::Range } else { Code::Config };
        let place = if path.is_empty() { whole } else { path };
        match reason {
            Reason::Missing => Fault::unfit(code, &place, &"it", &"none"),
            Reason::Unfit { expected, found: Some(found) } | Reason::OutOfRange { expected, found } => {
                Fault::unfit(code, &place, expected, found)
            }
            _ => Fault::at(code, &place, &reason.told()),
        }
    }
}

impl Reason {
    fn told(&self) -> String {
        match self {
            Self::Unfit { expected, .. } => format!("expected {expected}"),
            // The fault says what was expected and found.
            Self::Missing | Self::OutOfRange { .. } => String::new(),
            Self::UnknownField { name, known } if known.is_empty() => {
                format!("unknown field `{}`; there are none", shortened(name))
            }
            Self::UnknownField { name, known } => {
                format!("unknown field `{}`; there is {}{}", shortened(name), listed(known), meant(name, known))
            }
            Self::NoneOf { name, known } => {
                format!("expected one of {}, found `{}`{}", listed(known), shortened(name), meant(name, known))
            }
            Self::NoJson(reason) if reason == "recursion limit exceeded" => {
                "expected fewer than 128 objects and arrays within one another".into()
            }
            Self::NoJson(reason) => reason.clone(),
        }
    }
}

/// A value as TypeScript calls it.
pub(crate) fn described(value: &Value) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => match (number.is_f64(), number.as_f64()) {
            (true, Some(number)) => {
                let digits = number.to_string();
                if digits.contains('.') { digits } else { digits + ".0" }
            }
            _ => crate::write(number),
        },
        Value::String(text) => shortened(&format!("{text:?}")),
        Value::Array(_) => "an array".into(),
        Value::Object(_) => "an object".into(),
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST_FOUND {
        return text.into();
    }
    text.chars().take(LONGEST_FOUND).chain(['…']).collect()
}

fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// A question for the name that was likely meant, if there is one.
fn meant(name: &str, known: &[String]) -> String {
    nearest(name, known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// The name that was likely meant: letters in another case or order, or up to a third of them wrong.
fn nearest<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    let plain =
        |text: &str| text.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect::<Vec<_>>();
    let name = plain(name);
    if name.len() > LONGEST_FOUND {
        return None;
    }
    let (distance, near) = known.iter().map(|known| (distance(&name, &plain(known)), known.as_str())).min()?;
    (distance <= near.chars().count() / 3).then_some(near)
}

/// How many letters have to be put in, left out or replaced.
fn distance(one: &[char], other: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.iter().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, b) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| name.to_string()).collect()
    }

    #[test]
    fn names_with_nothing_alike_are_not_suggested() {
        assert_eq!(nearest("colour", &names(&["units", "neuron"])), None);
        assert_eq!(nearest("batch_size", &names(&["batchSize", "burnIn"])), Some("batchSize"));
        assert_eq!(nearest("", &names(&["units"])), None);
    }

    #[test]
    fn a_name_may_hold_anything() {
        let reason = Reason::NoneOf { name: "`, expected `x".into(), known: names(&["plain"]) };
        assert_eq!(reason.told(), "expected one of `plain`, found ``, expected `x`");
    }

    #[test]
    fn long_texts_are_cut() {
        let misfit = Misfit::unfit("a number", &"é".repeat(1000).into());
        assert!(misfit.fault("whole").message.chars().count() < 120);
    }

    #[test]
    fn paths_grow_from_within() {
        let misfit = Misfit::missing("burn_in").within("[3]").within("layers").within("network");
        assert_eq!((misfit.path(), misfit.reason()), ("network.layers[3].burnIn", &Reason::Missing));
        assert_eq!(misfit.fault("whole").to_string(), "[config] network.layers[3].burnIn: expected it, found none");
    }
}
