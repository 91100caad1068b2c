//! Maps and sets of what is numbered from zero without gaps. A value's place is its number, so that nothing is hashed or
//! compared, and going through them is going up the numbers.

use std::marker::PhantomData;
use std::ops::Index;

/// What is numbered from zero: nodes of a graph; state variables, traces and constants, which are plain numbers.
pub trait Number: Copy {
    /// What has this number.
    fn numbered(number: usize) -> Self;
    /// The number.
    fn number(self) -> usize;
}

impl Number for usize {
    fn numbered(number: usize) -> Self {
        number
    }
    fn number(self) -> usize {
        self
    }
}

/// A value for some of what is numbered, with room up to the largest number that has one.
#[derive(Clone, Debug)]
pub struct Map<K, V> {
    values: Vec<Option<V>>,
    keys: PhantomData<K>,
}

impl<K: Number, V> Map<K, V> {
    /// No values.
    pub fn new() -> Self {
        Self { values: Vec::new(), keys: PhantomData }
    }

    /// The value of a key.
    pub fn get(&self, key: K) -> Option<&V> {
        self.values.get(key.number())?.as_ref()
    }

    /// Whether a key has a value.
    pub fn contains(&self, key: K) -> bool {
        self.get(key).is_some()
    }

    /// Room for the value of a key, to be filled or emptied.
    pub fn entry(&mut self, key: K) -> &mut Option<V> {
        let number = key.number();
        if number >= self.values.len() {
            self.values.resize_with(number + 1, || None);
        }
        &mut self.values[number]
    }

    /// Gives a key a value, in the place of what it had.
    pub fn insert(&mut self, key: K, value: V) {
        *self.entry(key) = Some(value);
    }

    /// Takes a key's value out.
    pub fn remove(&mut self, key: K) -> Option<V> {
        self.values.get_mut(key.number())?.take()
    }

    /// Whether no key has a value.
    pub fn is_empty(&self) -> bool {
        self.values.iter().all(Option::is_none)
    }

    /// Keys and values, by number.
    pub fn iter(&self) -> impl Iterator<Item = (K, &V)> {
        self.values.iter().enumerate().filter_map(|(number, value)| Some((K::numbered(number), value.as_ref()?)))
    }

    /// Keys, by number.
    pub fn keys(&self) -> impl Iterator<Item = K> {
        self.iter().map(|(key, _)| key)
    }
}

impl<K: Number, V> Default for Map<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Number, V> Index<K> for Map<K, V> {
    type Output = V;

    fn index(&self, key: K) -> &V {
        self.get(key).expect("it has a value")
    }
}

impl<K: Number, V> FromIterator<(K, V)> for Map<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(values: I) -> Self {
        let mut map = Self::new();
        for (key, value) in values {
            map.insert(key, value);
        }
        map
    }
}

/// Some of what is numbered.
#[derive(Clone, Debug)]
pub(crate) struct Set<K>(Map<K, ()>);

impl<K: Number> Set<K> {
    pub(crate) fn new() -> Self {
        Self(Map::new())
    }

    pub(crate) fn contains(&self, key: K) -> bool {
        self.0.contains(key)
    }

    pub(crate) fn insert(&mut self, key: K) {
        self.0.insert(key, ());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// By number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = K> {
        self.0.keys()
    }

    pub(crate) fn is_subset(&self, other: &Self) -> bool {
        self.iter().all(|key| other.contains(key))
    }
}

impl<K: Number> PartialEq for Set<K> {
    fn eq(&self, other: &Self) -> bool {
        self.is_subset(other) && other.is_subset(self)
    }
}

impl<K: Number> Extend<K> for Set<K> {
    fn extend<I: IntoIterator<Item = K>>(&mut self, keys: I) {
        for key in keys {
            self.insert(key);
        }
    }
}

impl<K: Number> FromIterator<K> for Set<K> {
    fn from_iter<I: IntoIterator<Item = K>>(keys: I) -> Self {
        let mut set = Self::new();
        set.extend(keys);
        set
    }
}
