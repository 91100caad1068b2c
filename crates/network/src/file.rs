//! The format of checkpoints: safetensors, of float32 alone.
//!
//! Eight bytes say how long the header is, a JSON object of what each tensor is and where, padded with spaces to a multiple
//! of eight; then the tensors lie one after another. The crate `safetensors` is not used but in tests: it reads and
//! writes headers by serde, with all that serde has to say of numbers that do not fit, a twentieth of a WebAssembly module.

use decolle_error::{Result, reserve};
use decolle_json::{Misfit, Read, Value, Write};

/// Longest header, in bytes, as in the crate `safetensors`.
const LONGEST_HEADER: usize = 100_000_000;
/// Where texts beside the tensors are.
const METADATA: &str = "__metadata__";
/// The type of all tensors.
const FLOAT32: &str = "F32";

/// A tensor in a file.
pub(crate) struct Entry<'a> {
    name: String,
    dtype: String,
    shape: Vec<usize>,
    start: usize,
    /// Its bytes, little-endian.
    pub data: &'a [u8],
}

impl Entry<'_> {
    /// Why it is no tensor of float32 and these axes, if it is not.
    pub(crate) fn departs(&self, axes: &[usize]) -> Option<String> {
        if self.dtype != FLOAT32 {
            return Some(format!("expected {FLOAT32}, found {}", self.dtype));
        }
        (self.shape != axes).then(|| format!("expected shape {axes:?}, found {:?}", self.shape))
    }
}

/// A file, read; its tensors lie where they should.
pub(crate) struct File<'a> {
    metadata: Value,
    /// By their names.
    entries: Vec<Entry<'a>>,
}

impl<'a> File<'a> {
    /// Reads the header.
    ///
    /// # Errors
    /// Why it is no such file.
    pub(crate) fn read(bytes: &'a [u8]) -> std::result::Result<Self, String> {
        let (length, rest) = bytes.split_first_chunk::<8>().ok_or("expected a header, found fewer than 8 bytes")?;
        let length = decolle_number::saturated(u64::from_le_bytes(*length));
        if length > LONGEST_HEADER || length > rest.len() {
            return Err(format!("expected a header of at most {} bytes", rest.len().min(LONGEST_HEADER)));
        }
        let (header, data) = rest.split_at(length);
        let header = std::str::from_utf8(header).map_err(|_| "the header is no text")?;
        let told = |misfit: Misfit| misfit.within("header").fault("header").into_message();
        let Value::Object(mut header) = decolle_json::parse(header).map_err(told)? else {
            return Err("header: expected an object".into());
        };
        let metadata = header.remove(METADATA).unwrap_or_default();
        let mut entries = Vec::with_capacity(header.len());
        for (name, value) in header {
            let entry = read_entry(value, data).ok_or_else(|| {
                format!("{name}: expected dtype, shape and data_offsets that fit one another and lie in the file")
            })?;
            entries.push(Entry { name, ..entry });
        }
        let mut places: Vec<_> = entries.iter().map(|entry| (entry.start, entry.data.len())).collect();
        places.sort_unstable();
        let end = places.into_iter().try_fold(0, |end, (start, length)| (start == end).then_some(start + length));
        if end != Some(data.len()) {
            return Err("expected tensors that fill the file one after another".into());
        }
        Ok(Self { metadata, entries })
    }

    /// A text beside the tensors.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.metadata.get(name)?.as_str()
    }

    /// The names of its tensors.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| entry.name.as_str())
    }

    /// The tensor of this name.
    pub(crate) fn tensor(&self, name: &str) -> Option<&Entry<'a>> {
        let place = self.entries.binary_search_by(|entry| entry.name.as_str().cmp(name)).ok()?;
        Some(&self.entries[place])
    }
}

/// Reads what the header says of a tensor, which is not yet named.
fn read_entry(mut value: Value, data: &[u8]) -> Option<Entry<'_>> {
    let mut whole_numbers = |name| Vec::<usize>::read(value.get_mut(name)?.take()).ok();
    let (shape, offsets) = (whole_numbers("shape")?, whole_numbers("data_offsets")?);
    let [start, end] = offsets[..] else { return None };
    let data = data.get(start..end)?;
    let dtype = value.get("dtype")?.as_str()?.to_string();
    let count = shape.iter().try_fold(1usize, |count, axis| count.checked_mul(*axis))?;
    // Tensors of other types are refused by their type, wherever they are looked at.
    (dtype != FLOAT32 || count.checked_mul(4)? == data.len()).then_some(Entry {
        name: String::new(),
        dtype,
        shape,
        start,
        data,
    })
}

/// A file of tensors, each by name, axes and bytes, with a text beside them.
///
/// # Errors
/// `memory` where there is none for it.
pub(crate) fn write(
    mut tensors: Vec<(String, Vec<usize>, Vec<u8>)>,
    text_name: &str,
    text: &String,
) -> Result<Vec<u8>> {
    tensors.sort_by(|(name, ..), (other, ..)| name.cmp(other));
    let mut header = String::from("{");
    METADATA.write(&mut header);
    header.push_str(":{");
    text_name.write(&mut header);
    header.push(':');
    text.write(&mut header);
    header.push('}');
    let mut end = 0;
    for (name, shape, data) in &tensors {
        header.push(',');
        name.write(&mut header);
        header.push_str(":{\"dtype\":\"F32\",\"shape\":");
        shape.write(&mut header);
        header.push_str(",\"data_offsets\":");
        vec![end, end + data.len()].write(&mut header);
        header.push('}');
        end += data.len();
    }
    header.push('}');
    while !header.len().is_multiple_of(8) {
        header.push(' ');
    }
    let mut bytes = Vec::new();
    reserve(&mut bytes, 8 + header.len() + end, "checkpoint")?;
    bytes.extend_from_slice(&(header.len() as u64).to_le_bytes());
    bytes.extend_from_slice(header.as_bytes());
    tensors.iter().for_each(|(_, _, data)| bytes.extend_from_slice(data));
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use safetensors::tensor::{Dtype, SafeTensors, TensorView};

    use super::*;

    fn some_tensors() -> Vec<(String, Vec<usize>, Vec<u8>)> {
        [("b.x", vec![2, 1]), ("a", vec![]), ("b.\"", vec![3, 0])]
            .into_iter()
            .map(|(name, shape)| {
                let bytes = (0..4 * shape.iter().product::<usize>()).map(|byte| byte as u8).collect();
                (name.to_string(), shape, bytes)
            })
            .collect()
    }

    fn some_file() -> Vec<u8> {
        write(some_tensors(), "decolle", &"{\"a\": \"é\\n\"}".to_string()).expect("memory")
    }

    #[test]
    fn files_are_those_of_the_crate_safetensors() {
        let tensors = some_tensors();
        let views = tensors.iter().map(|(name, shape, bytes)| {
            (name.as_str(), TensorView::new(Dtype::F32, shape.clone(), bytes).expect("a tensor"))
        });
        let metadata = HashMap::from([("decolle".to_string(), "{\"a\": \"é\\n\"}".to_string())]);
        let expected = safetensors::serialize(views, Some(metadata)).expect("a file");
        assert_eq!(String::from_utf8_lossy(&some_file()), String::from_utf8_lossy(&expected));

        let file = File::read(&expected).expect("a file");
        assert_eq!(file.text("decolle"), Some("{\"a\": \"é\\n\"}"));
        assert!(file.names().eq(["a", "b.\"", "b.x"]));
        for (name, shape, bytes) in &tensors {
            let entry = file.tensor(name).expect("there");
            assert_eq!((entry.departs(shape), entry.data), (None, bytes.as_slice()));
        }
        assert_eq!(file.tensor("a").and_then(|entry| entry.departs(&[1])), Some("expected shape [1], found []".into()));
        assert!(file.tensor("c").is_none());
    }

    #[test]
    fn what_the_crate_safetensors_refuses_is_refused() {
        let good = some_file();
        let length = u64::from_le_bytes(good[..8].try_into().expect("8 bytes")) as usize;
        let (header, data) = (String::from_utf8(good[8..8 + length].to_vec()).expect("a text"), &good[8 + length..]);
        let mut files: Vec<Vec<u8>> = (0..good.len()).map(|end| good[..end].to_vec()).collect();
        files.push([good.as_slice(), &[0]].concat());
        files.push([[255; 8].as_slice(), &good[8..]].concat());
        for (from, to) in [
            ("\"F32\"", "3"),
            ("[0,4]", "[4,0]"),
            ("[0,4]", "[0,8]"),
            ("[0,4]", "[4,8]"),
            ("[0,4]", "[0,4,4]"),
            ("[0,4]", "[0,-4]"),
            ("[3,0]", "[3,1]"),
            ("[3,0]", "[18446744073709551615,18446744073709551615]"),
            ("[2,1]", "2"),
            ("\"shape\"", "\"shapes\""),
            ("{\"__", "[\"__"),
        ] {
            let header = header.replacen(from, to, 1);
            files.push([&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat());
        }
        for file in files {
            let told = String::from_utf8_lossy(&file);
            assert!(SafeTensors::deserialize(&file).is_err(), "{told}");
            assert!(File::read(&file).is_err(), "{told}");
        }
    }
}
