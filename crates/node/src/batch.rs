//! A batch as a JavaScript object.
//!
//! The collector sees a handle of a few bytes, so it is told what the batch holds, whenever that may have changed.

use decolle_error::Result;
use decolle_events::Pixels;
use decolle_network::{Lists, copied};
use napi::Env;
use napi::bindgen_prelude::ObjectFinalize;
use napi_derive::napi;

use crate::safely;

/// Spikes of samples, and what the readouts should say.
#[napi(custom_finalize)]
pub struct Batch {
    batch: decolle_border::Batch,
    /// Bytes that the collector was told of.
    told: i64,
}

impl ObjectFinalize for Batch {
    fn finalize(mut self, env: Env) -> napi::Result<()> {
        self.batch.dispose();
        self.tell(&env)
    }
}

#[napi]
impl Batch {
    /// Makes an empty batch.
    #[napi(constructor)]
    pub fn new(inputs: f64, layers: f64, units: f64, samples: f64, steps: f64) -> napi::Result<Self> {
        safely(|| decolle_border::Batch::new(inputs, layers, units, samples, steps))
            .map(|batch| Self { batch, told: 0 })
    }

    /// Bins events into a sample.
    #[napi]
    #[allow(clippy::too_many_arguments, reason = "the columns of events, and where they go")]
    pub fn put_events(
        &mut self,
        env: &Env,
        path: String,
        sample: f64,
        x: &[u16],
        y: &[u16],
        p: &[u8],
        t: &[f64],
        binning_json: String,
    ) -> napi::Result<()> {
        self.change(env, |batch| batch.put_events(&path, sample, Pixels { x, y, p }, t, &binning_json))
    }

    /// Bins a train of (time, unit) into a sample.
    #[napi]
    pub fn put_train(
        &mut self,
        env: &Env,
        path: String,
        sample: f64,
        t: &[f64],
        unit: &[u32],
        binning_json: String,
    ) -> napi::Result<()> {
        self.change(env, |batch| batch.put_train(&path, sample, t, unit, &binning_json))
    }

    /// Puts sparse lists into a sample.
    #[napi]
    pub fn put_spikes(
        &mut self,
        env: &Env,
        path: String,
        sample: f64,
        offsets: &[u32],
        indices: &[u32],
        counts: &[f32],
    ) -> napi::Result<()> {
        self.change(env, |batch| {
            let lists = || {
                let [offsets, indices] = [copied(offsets, "offsets")?, copied(indices, "indices")?];
                Ok(Lists { offsets, indices, counts: copied(counts, "counts")? })
            };
            batch.put_spikes(&path, sample, lists())
        })
    }

    /// Appends whole steps of dense counts to a sample.
    #[napi]
    pub fn append_counts(
        &mut self,
        env: &Env,
        path: String,
        sample: f64,
        counts: &[f32],
        is_first: bool,
    ) -> napi::Result<()> {
        self.change(env, |batch| batch.append_counts(&path, sample, counts, is_first))
    }

    /// Sets one class per sample.
    #[napi]
    pub fn set_classes(&mut self, env: &Env, classes: &[f64]) -> napi::Result<()> {
        self.change(env, |batch| batch.set_classes(classes))
    }

    /// Sets values of the readouts.
    #[napi]
    pub fn set_values(&mut self, env: &Env, values: &[f32], per_step: bool, per_layer: bool) -> napi::Result<()> {
        self.change(env, |batch| batch.set_values(copied(values, "target"), per_step, per_layer))
    }

    /// Bytes that it holds.
    #[napi]
    pub fn bytes(&self) -> f64 {
        self.batch.bytes() as f64
    }

    /// Gives the batch up.
    #[napi]
    pub fn dispose(&mut self, env: &Env) -> napi::Result<()> {
        self.batch.dispose();
        self.tell(env)
    }

    pub(crate) fn held(&self) -> Result<std::sync::Arc<decolle_network::Batch>> {
        self.batch.held()
    }

    fn change(&mut self, env: &Env, call: impl FnOnce(&mut decolle_border::Batch) -> Result<()>) -> napi::Result<()> {
        let outcome = safely(|| call(&mut self.batch));
        self.tell(env)?;
        outcome
    }

    fn tell(&mut self, env: &Env) -> napi::Result<()> {
        let bytes = i64::try_from(self.batch.bytes()).unwrap_or(i64::MAX);
        let change = bytes - std::mem::replace(&mut self.told, bytes);
        if change != 0 {
            env.adjust_external_memory(change)?;
        }
        Ok(())
    }
}
