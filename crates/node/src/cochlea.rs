//! A cochlea: sound as spikes of channels.

use decolle_events::CochleaOptions;
use napi::bindgen_prelude::Float32Array;
use napi_derive::napi;

use crate::recording::TrainColumns;
use crate::safely;

/// A cochlea that listens: sound as spikes of channels.
#[napi]
pub struct Cochlea {
    cochlea: decolle_events::Cochlea,
}

#[napi]
impl Cochlea {
    /// Builds the cochlea.
    #[napi(constructor)]
    pub fn new(options_json: String) -> napi::Result<Self> {
        let cochlea = safely(|| decolle_events::Cochlea::new(&CochleaOptions::from_json(&options_json)?))?;
        Ok(Self { cochlea })
    }

    /// The spikes of the next samples.
    #[napi]
    pub fn hear(&mut self, samples: Float32Array) -> napi::Result<TrainColumns> {
        safely(|| self.cochlea.hear(&samples)).map(TrainColumns::from)
    }

    /// Lets samples go by that nobody heard.
    #[napi]
    pub fn skip(&mut self, samples: f64) -> napi::Result<()> {
        safely(|| self.cochlea.skip(samples))
    }
}
