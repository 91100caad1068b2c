//! Faults of reading JSON, in the words of those who write it: what serde says of Rust's types becomes arrays, objects and
//! whole numbers, and what it says of the text's lines and columns, which nobody but the binding has seen, is left out.

use decolle_error::{Code, Fault};

/// Longest text of the caller's that a message repeats.
const LONGEST_FOUND: usize = 60;

/// The fault of JSON that does not fit; `path` is where (`.` for the whole, which messages call `whole`), `reason` is what
/// serde says of it.
///
/// The code is `range` where a number was expected and found, but has a fraction or lies outside: so it does not depend on
/// how wide the whole numbers of the platform are. Else it is `config`.
///
/// ```
/// use decolle_json::fault;
/// let fault = fault("specification", "layers[0].units", "invalid type: sequence, expected usize at line 1 column 220");
/// assert_eq!(fault.to_string(), "[config] layers[0].units: expected a whole number from 0, found an array");
/// ```
pub fn fault(whole: &str, path: &str, reason: &str) -> Fault {
    let reason = without_place(reason);
    let place = if path == "." { whole } else { path };
    if let Some(field) = quoted(reason, "missing field ") {
        let place = if path == "." { field.to_string() } else { format!("{path}.{field}") };
        return Fault::new(Code::Config, format!("{place}: expected it, found none"));
    }
    let (code, message) = told(reason);
    Fault::new(code, format!("{place}: {message}"))
}

/// Code and message for what serde says.
fn told(reason: &str) -> (Code, String) {
    if let Some((found, expected)) = between(reason, "invalid type: ").or_else(|| between(reason, "invalid value: ")) {
        let number = found.starts_with("integer ") || found.starts_with("floating point ");
        let code = if number && is_whole(expected) { Code::Range } else { Code::Config };
        return (code, format!("expected {}, found {}", wanted(expected), described(found)));
    }
    if let Some((length, expected)) = between(reason, "invalid length ") {
        return (Code::Config, format!("expected {}, found {length} entries", wanted(expected)));
    }
    for kind in ["unknown field ", "unknown variant "] {
        let Some(name) = quoted(reason, kind) else { continue };
        let known: Vec<&str> = reason[kind.len() + name.len() + 2..].split('`').skip(1).step_by(2).collect();
        let shown = shortened(name);
        let hint = nearest(name, &known).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        let list = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let message = match (kind, known.is_empty()) {
            ("unknown field ", true) => format!("unknown field `{shown}`; there are none"),
            ("unknown field ", false) => format!("unknown field `{shown}`; there is {list}{hint}"),
            _ => format!("expected one of {list}, found `{shown}`{hint}"),
        };
        return (Code::Config, message);
    }
    if reason == "recursion limit exceeded" {
        return (Code::Config, "expected fewer than 128 objects and arrays within one another".into());
    }
    (Code::Config, reason.to_string())
}

/// What stands between `start` and the expectation, and the expectation.
fn between<'a>(reason: &'a str, start: &str) -> Option<(&'a str, &'a str)> {
    reason.strip_prefix(start)?.rsplit_once(", expected ")
}

/// The name in backticks that follows `start`.
fn quoted<'a>(reason: &'a str, start: &str) -> Option<&'a str> {
    let rest = reason.strip_prefix(start)?.strip_prefix('`')?;
    // A name of the caller's may hold backticks itself; serde's own list of names comes after the comma.
    let end = rest.find("`, ").or_else(|| rest.rfind('`'))?;
    Some(&rest[..end])
}

/// Leaves out `at line 1 column 220`.
fn without_place(reason: &str) -> &str {
    let Some((before, place)) = reason.rsplit_once(" at line ") else { return reason };
    let is_place =
        place.split(" column ").all(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()));
    if is_place { before } else { reason }
}

/// Whether what serde expects is one of Rust's whole numbers.
fn is_whole(expected: &str) -> bool {
    matches!(expected, "usize" | "u64" | "u32" | "u16" | "u8" | "i64" | "i32" | "isize")
}

/// What was expected, as TypeScript calls it.
fn wanted(expected: &str) -> String {
    match expected {
        _ if is_whole(expected) => "a whole number from 0".into(),
        "f32" | "f64" => "a number".into(),
        "a sequence" => "an array".into(),
        "a map" => "an object".into(),
        "string or map" | "variant identifier" | "field identifier" => "a string".into(),
        _ if expected.starts_with("struct ") => "an object".into(),
        _ if expected.starts_with("internally tagged enum ") => "an object with a type".into(),
        _ if expected.starts_with("enum ") => "a string".into(),
        _ => expected.into(),
    }
}

/// What was found, as TypeScript calls it.
fn described(found: &str) -> String {
    match found {
        "sequence" => return "an array".into(),
        "map" => return "an object".into(),
        "unit value" | "Option value" => return "null".into(),
        _ => {}
    }
    for kind in ["boolean ", "integer ", "floating point "] {
        if let Some(value) = found.strip_prefix(kind) {
            return value.trim_matches('`').into();
        }
    }
    shortened(found.strip_prefix("string ").unwrap_or(found))
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST_FOUND {
        return text.into();
    }
    text.chars().take(LONGEST_FOUND).chain(['…']).collect()
}

/// The name that was likely meant: letters in another case or order, or up to a third of them wrong.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain =
        |text: &str| text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect::<Vec<_>>();
    let name = plain(name);
    if name.len() > LONGEST_FOUND {
        return None;
    }
    let (distance, near) = known.iter().map(|known| (distance(&name, &plain(known)), *known)).min()?;
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

    #[test]
    fn rust_s_types_become_those_of_javascript() {
        for (reason, expected) in [
            ("invalid type: string \"4\", expected usize", "[config] a: expected a whole number from 0, found \"4\""),
            ("invalid type: null, expected f32 at line 1 column 9", "[config] a: expected a number, found null"),
            ("invalid type: map, expected a string", "[config] a: expected a string, found an object"),
            ("invalid type: boolean `true`, expected struct Readout", "[config] a: expected an object, found true"),
            (
                "invalid type: string \"x, expected y\", expected a boolean",
                "[config] a: expected a boolean, found \"x, expected y\"",
            ),
            ("missing field `units`", "[config] a.units: expected it, found none"),
            (
                "unknown field `learning_rate`, expected `learningRate` or `drop`",
                "[config] a: unknown field `learning_rate`; there is `learningRate`, `drop`; did you mean `learningRate`?",
            ),
            (
                "unknown variant `conv3d`, expected `conv2d` or `dense`",
                "[config] a: expected one of `conv2d`, `dense`, found `conv3d`; did you mean `conv2d`?",
            ),
            ("expected a number, or numbers low and high", "[config] a: expected a number, or numbers low and high"),
        ] {
            assert_eq!(fault("whole", "a", reason).to_string(), expected);
        }
    }

    #[test]
    fn numbers_that_are_not_whole_or_too_wide_are_out_of_range_on_every_platform() {
        for number in ["floating point `0.5`", "integer `-1`", "integer `8589934592`", "floating point `1e300`"] {
            let kind = if number.starts_with('f') { "type" } else { "value" };
            let fault = fault("whole", ".", &format!("invalid {kind}: {number}, expected usize"));
            assert_eq!(fault.code, Code::Range, "{fault}");
            assert!(fault.message.starts_with("whole: expected a whole number from 0, found "), "{fault}");
        }
    }

    #[test]
    fn names_with_nothing_alike_are_not_suggested() {
        assert_eq!(nearest("colour", &["units", "neuron"]), None);
        assert_eq!(nearest("batch_size", &["batchSize", "burnIn"]), Some("batchSize"));
        assert_eq!(nearest("", &["units"]), None);
    }

    #[test]
    fn long_texts_are_cut() {
        let reason = format!("invalid type: string \"{}\", expected usize", "é".repeat(1000));
        assert!(fault("whole", "a", &reason).message.chars().count() < 120);
    }
}
