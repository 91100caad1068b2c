//! Writing a recording piece by piece, as both bindings offer it, and the formats there are.

use decolle_error::{Code, Fault, Result, reserve};
use decolle_events::Pixels;
use decolle_events::format::{About, Encoder, FORMATS, encoder, recognised};

/// A file that is written, until it is given up.
pub struct Writing {
    encoder: Option<Box<dyn Encoder>>,
    time: Vec<i64>,
}

impl Writing {
    /// Begins to write; `sensor` is empty where it is not known, `events` below 0.
    ///
    /// # Errors
    /// `unsupported` for a format that is not written; `shape` for a sensor of another length than 0 or 2; those of the format.
    pub fn new(format: &str, sensor: &[u32], events: f64) -> Result<Self> {
        let sensor = match sensor {
            [] => None,
            &[width, height] => Some([width, height]),
            _ => return Err(Fault::unfit(Code::Shape, &"sensor", &"width and height", &sensor.len())),
        };
        let events = decolle_number::whole(events).and_then(|events| u64::try_from(events).ok());
        Ok(Self { encoder: Some(encoder(format, &About { sensor, events })?), time: Vec::new() })
    }

    /// The bytes of the next events.
    ///
    /// # Errors
    /// `not-finite` or `range` for a time that is no whole number; those of the format, each with the index; `disposed`.
    pub fn put(&mut self, pixels: Pixels<'_>, times: &[f64]) -> Result<Vec<u8>> {
        self.time.clear();
        reserve(&mut self.time, times.len(), "t")?;
        for (event, &time) in times.iter().enumerate() {
            self.time.push(decolle_number::whole(time).ok_or_else(|| {
                let code = if time.is_finite() { Code::Range } else { Code::NotFinite };
                Fault::unfit(code, &format_args!("t[{event}]"), &"a whole number of microseconds", &time)
            })?);
        }
        let mut bytes = Vec::new();
        self.encoder.as_mut().ok_or_else(disposed)?.put(pixels, &self.time, &mut bytes)?;
        Ok(bytes)
    }

    /// The bytes that follow the last event.
    ///
    /// # Errors
    /// Those of the format; `disposed`.
    pub fn end(&mut self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.encoder.as_mut().ok_or_else(disposed)?.end(&mut bytes)?;
        Ok(bytes)
    }

    /// Gives the encoder up. A second call does nothing.
    pub fn dispose(&mut self) {
        self.encoder = None;
        self.time = Vec::new();
    }
}

fn disposed() -> Fault {
    Fault::at(Code::Disposed, &"encoder", &"it was disposed before this call")
}

/// Name of the format that the first bytes of a file are recognised by; empty where there is none.
pub fn recognise(first: &[u8]) -> &'static str {
    recognised(first).map_or("", |format| format.name)
}

/// What there is to say of a format.
struct Listed {
    name: String,
    extensions: Vec<String>,
    recognised: bool,
    written: bool,
}

decolle_json::written! { Listed { name, extensions, recognised, written } }

/// JSON: the formats, each with its name, how names of its files end, whether files say that they are of it, and whether it
/// is written.
pub fn formats() -> String {
    let listed = FORMATS.iter().map(|format| Listed {
        name: format.name.to_string(),
        extensions: format.extensions.iter().map(|extension| (*extension).to_string()).collect(),
        recognised: format.recognise.is_some(),
        written: format.encoder.is_some(),
    });
    decolle_json::write(&listed.collect::<Vec<_>>())
}
