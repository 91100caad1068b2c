//! What all objects and names have in common, whatever type they are read as.

use serde_json::{Map, Value};

use crate::camel_case::camel_case;
use crate::misfit::{Misfit, Reason};
use crate::value::Read;

/// The fields of an object while they are taken out one by one.
///
/// Of the fields that do not fit, the one whose name comes first is told; if all do, the first that is asked for and missing.
pub struct Fields {
    fields: Map<String, Value>,
    /// The first field that does not fit, so far, and how.
    unfit: Option<(String, Misfit)>,
    /// The first that is missing.
    missing: Option<Misfit>,
}

impl Fields {
    /// Those of an object that may have the fields `known`, given as in Rust: its own, and those of its part.
    ///
    /// # Errors
    /// Where it is no object.
    #[inline(never)]
    pub fn of(value: Value, expected: &'static str, known: &[&[&str]]) -> Result<Self, Misfit> {
        let Value::Object(fields) = value else { return Err(Misfit::unfit(expected, &value)) };
        let known: Vec<String> = known.iter().copied().flatten().map(|name| camel_case(name)).collect();
        let unknown = fields.keys().find(|name| !known.contains(name)).cloned();
        let unfit = unknown.map(|name| {
            let misfit = Misfit::from(Reason::UnknownField { name: name.clone(), known }).within(&name);
            (name, misfit)
        });
        Ok(Self { fields, unfit, missing: None })
    }

    /// The field `name`, given as in Rust; nothing where it is not there, or does not fit.
    #[inline(never)]
    pub fn take<T: Read>(&mut self, name: &str) -> Option<T> {
        T::read(self.value(name)?).map_err(|misfit| self.refuse(name, misfit)).ok()
    }

    /// The same for a field that has to be there.
    #[inline(never)]
    pub fn required<T: Read>(&mut self, name: &str) -> Option<T> {
        self.demand(name);
        self.take(name)
    }

    #[inline(never)]
    fn value(&mut self, name: &str) -> Option<Value> {
        self.fields.remove(&camel_case(name))
    }

    #[inline(never)]
    fn demand(&mut self, name: &str) {
        if self.missing.is_none() && !self.fields.contains_key(&camel_case(name)) {
            self.missing = Some(Misfit::missing(name));
        }
    }

    #[cold]
    #[inline(never)]
    fn refuse(&mut self, name: &str, misfit: Misfit) {
        let name = camel_case(name);
        if self.unfit.as_ref().is_none_or(|(first, _)| name < *first) {
            let misfit = misfit.within(&name);
            self.unfit = Some((name, misfit));
        }
    }

    /// Why the object is refused, if it is; all fields have been taken.
    #[inline(never)]
    pub fn finish(self) -> Option<Misfit> {
        self.unfit.map(|(_, misfit)| misfit).or(self.missing)
    }
}

/// A struct whose fields stand among those of the objects that have it; [`part!`](crate::part) makes one.
pub trait Part: Sized {
    /// Its fields, given as in Rust.
    const NAMES: &'static [&'static str];

    /// Takes its fields out of an object's; nothing where one of them is to blame that the whole is refused.
    fn take(fields: &mut Fields) -> Option<Self>;
}

/// Which of the names, given as in Rust, a value is.
///
/// # Errors
/// Where it is none of them.
#[inline(never)]
pub fn name(value: Value, names: &[&str]) -> Result<usize, Misfit> {
    let Value::String(name) = value else { return Err(Misfit::unfit("a string", &value)) };
    let known: Vec<String> = names.iter().map(|name| camel_case(name)).collect();
    match known.iter().position(|known| *known == name) {
        Some(index) => Ok(index),
        None => Err(Reason::NoneOf { name, known }.into()),
    }
}

/// Which of the names, given as in Rust, the `type` of an object is, and the object without it.
///
/// # Errors
/// Where it is none of them, or not there.
#[inline(never)]
pub fn tag(value: Value, names: &[&str]) -> Result<(usize, Value), Misfit> {
    let Value::Object(mut fields) = value else { return Err(Misfit::unfit("an object with a type", &value)) };
    let tag = fields.remove("type").ok_or_else(|| Misfit::missing("type"))?;
    let index = name(tag, names).map_err(|misfit| misfit.within("type"))?;
    Ok((index, Value::Object(fields)))
}

#[cfg(test)]
mod tests {
    use crate::camel_case::camel_case;

    #[test]
    fn names_are_those_that_serde_writes() {
        #[derive(serde::Serialize)]
        #[serde(rename_all = "camelCase")]
        struct All {
            units: u32,
            dropout_in_evaluation: u32,
            beta1: u32,
            r#type: [Variant; 3],
        }
        #[derive(serde::Serialize)]
        #[serde(rename_all = "camelCase")]
        enum Variant {
            Dense,
            SmoothL1,
            Conv2d,
        }
        let r#type = [Variant::Dense, Variant::SmoothL1, Variant::Conv2d];
        let written = serde_json::to_value(All { units: 0, dropout_in_evaluation: 0, beta1: 0, r#type }).unwrap();
        for (index, name) in ["Dense", "SmoothL1", "Conv2d"].iter().enumerate() {
            assert_eq!(written["type"][index], camel_case(name));
        }
        let mut fields = ["units", "dropout_in_evaluation", "beta1", "r#type"].map(camel_case);
        fields.sort();
        assert!(written.as_object().unwrap().keys().eq(&fields), "{fields:?}");
    }
}
