//! The header of a `.npy` file: a Python dictionary written out, of `descr`, `fortran_order` and `shape`
//! (<https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>).
//!
//! The crates that read it (`npyz`) bring a grammar compiler and big integers along; what NumPy writes are texts, whole numbers,
//! `True` and `False` in tuples, lists and one dictionary.

/// A Python value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Text(&'a str),
    Number(u64),
    Truth(bool),
    /// A tuple, a list, or a dictionary: then keys and values in turn.
    Many(Vec<Value<'a>>),
}

impl<'a> Value<'a> {
    /// The values within; none within others.
    pub(super) fn many(&self) -> &[Value<'a>] {
        if let Self::Many(values) = self { values } else { &[] }
    }

    /// A text's characters.
    pub(super) fn text(&self) -> Option<&'a str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// What a dictionary has under a key.
    pub(super) fn get(&self, key: &str) -> Option<&Value<'a>> {
        self.many().as_chunks::<2>().0.iter().find(|[name, _]| name.text() == Some(key)).map(|[_, value]| value)
    }
}

/// Values within one another that are followed.
const DEEPEST: usize = 16;

/// Reads a value and the white space around it; none where it is something else, with how many bytes made sense.
pub(super) fn parse(text: &str) -> Result<Value<'_>, usize> {
    let mut parser = Parser { rest: text };
    let value = parser.value(0).filter(|_| parser.rest.trim().is_empty());
    value.ok_or(text.len() - parser.rest.len())
}

struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    /// Passes over a character after white space.
    fn pass(&mut self, character: char) -> bool {
        self.rest = self.rest.trim_start();
        let passed = self.rest.strip_prefix(character);
        self.rest = passed.unwrap_or(self.rest);
        passed.is_some()
    }

    /// Takes so many bytes.
    fn split(&mut self, bytes: usize) -> &'a str {
        let (first, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        first
    }

    fn value(&mut self, depth: usize) -> Option<Value<'a>> {
        if depth > DEEPEST {
            return None;
        }
        for (open, close) in [('(', ')'), ('[', ']'), ('{', '}')] {
            if self.pass(open) {
                return self.many(close, depth);
            }
        }
        for quote in ['\'', '"'] {
            if self.pass(quote) {
                let end = self.rest.find([quote, '\\'])?;
                let text = self.split(end);
                return self.pass(quote).then_some(Value::Text(text));
            }
        }
        let end = self.rest.find(|character: char| !character.is_ascii_alphanumeric()).unwrap_or(self.rest.len());
        match self.split(end) {
            "True" => Some(Value::Truth(true)),
            "False" => Some(Value::Truth(false)),
            // Python 2 marked long numbers.
            number => number.trim_end_matches('L').parse().ok().map(Value::Number),
        }
    }

    fn many(&mut self, close: char, depth: usize) -> Option<Value<'a>> {
        let mut values = Vec::new();
        while !self.pass(close) {
            values.push(self.value(depth + 1)?);
            if close == '}' && values.len() % 2 == 1 {
                if !self.pass(':') {
                    return None;
                }
            } else if !self.pass(',') {
                return self.pass(close).then_some(Value::Many(values));
            }
        }
        (close != '}' || values.len() % 2 == 0).then_some(Value::Many(values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_numpy_writes_is_read() {
        let header = "{'descr': [('x', '<u2'), (('long', 't'), '<i8', (3,))], 'fortran_order': False, 'shape': (12L, 4), }  \n";
        let value = parse(header).unwrap();
        assert_eq!(value.get("fortran_order"), Some(&Value::Truth(false)));
        assert_eq!(value.get("shape").unwrap().many(), [Value::Number(12), Value::Number(4)]);
        let fields = value.get("descr").unwrap().many();
        assert_eq!(fields[0].many(), [Value::Text("x"), Value::Text("<u2")]);
        assert_eq!(fields[1].many()[0].many()[1], Value::Text("t"));
        assert_eq!(parse("()"), Ok(Value::Many(Vec::new())));
    }

    #[test]
    fn anything_else_is_refused_where_it_begins() {
        for (text, place) in [("", 0), ("{'a': 1} x", 8), ("{'a'}", 4), ("('a'", 4), ("'a\\'", 2), ("-1", 0), ("[1 2]", 3)] {
            assert_eq!(parse(text), Err(place), "{text}");
        }
        assert!(parse(&"(".repeat(1000)).is_err());
        assert!(parse(&format!("{}1{}", "[".repeat(16), "]".repeat(16))).is_ok());
    }
}
