//! A network as a JavaScript object.
//!
//! JavaScript's thread and the thread that runs `advance` share the network behind a lock. It is freed, and with the last
//! network its threads are joined, wherever the last share of it is dropped: in `dispose`, in the finaliser that runs at
//! garbage collection or when the environment (the process or a worker) ends, or at the end of an `advance` that outlived
//! both.
//!
//! The collector sees a handle of a few bytes, so it is told what the network holds, whenever that may have changed.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use decolle_border::Kept;
use decolle_error::Result;
use decolle_network::Options;
use decolle_number::index;
use napi::bindgen_prelude::{AsyncTask, Float32Array, ObjectFinalize, Uint8Array, Uint32Array};
use napi::{Env, Task};
use napi_derive::napi;

use crate::batch::Batch;
use crate::{safely, thrown};

/// How long one `advance` works before it gives the thread back. Node waits for running work when an environment ends,
/// and an abort is noticed only between two calls, so this bounds both.
const SLICE: Duration = Duration::from_millis(100);

/// A tensor taken out of a network.
#[napi(object)]
pub struct TensorData {
    /// Lengths of the axes, slowest first.
    pub shape: Uint32Array,
    /// Values, last axis fastest.
    pub data: Float32Array,
}

/// What came out of a batch.
#[napi(object)]
pub struct BatchOutcome {
    /// JSON of everything but the arrays below.
    pub summary: String,
    /// Votes per class, `[layers, samples, classes]`.
    pub votes: Uint32Array,
    /// The class with most votes, `[layers, samples]`.
    pub predictions: Uint32Array,
    /// Spikes that were recorded, layer after layer `[steps, samples, units]`.
    pub spikes: Uint8Array,
    /// What else was recorded, layer after layer: traces, potentials, readouts, gradients.
    pub recorded: Float32Array,
}

struct Shared {
    held: Mutex<Kept<decolle_network::Network>>,
    /// Whether `dispose` was called; says so without waiting for the lock.
    disposed: AtomicBool,
    /// Whether an `advance` was started whose promise is not settled yet.
    busy: AtomicBool,
    /// Whether that `advance` should stop at the next chunk.
    interrupted: AtomicBool,
    /// Bytes that the collector was told of; written on JavaScript's thread only.
    told: AtomicI64,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Kept<decolle_network::Network>> {
        // No call panics while it holds the lock (`Kept` catches), so a poisoned lock still guards a whole value.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the collector what the network holds now; a network that has gone holds nothing.
    fn tell(&self, env: &Env) -> napi::Result<()> {
        let bytes = self.lock().call(|network| Ok(i64::try_from(network.bytes()).unwrap_or(i64::MAX))).unwrap_or(0);
        self.tell_of(env, bytes)
    }

    fn tell_of(&self, env: &Env, bytes: i64) -> napi::Result<()> {
        let change = bytes - self.told.swap(bytes, Ordering::Relaxed);
        if change != 0 {
            env.adjust_external_memory(change)?;
        }
        Ok(())
    }
}

/// One `advance` on a thread of libuv's pool.
pub struct Advance {
    shared: Arc<Shared>,
}

impl Task for Advance {
    type Output = bool;
    type JsValue = bool;

    fn compute(&mut self) -> napi::Result<bool> {
        let end = Instant::now() + SLICE;
        let shared = &*self.shared;
        // Asked after every chunk, so that `dispose`, which waits for the lock, does not wait long.
        let stop = || {
            let told = |flag: &AtomicBool| flag.load(Ordering::Relaxed);
            told(&shared.interrupted) || told(&shared.disposed) || Instant::now() >= end
        };
        shared.lock().call(|network| network.advance_until(stop)).map_err(thrown)
    }

    fn resolve(&mut self, env: Env, done: bool) -> napi::Result<bool> {
        self.shared.busy.store(false, Ordering::Relaxed);
        self.shared.tell(&env)?;
        Ok(done)
    }

    fn reject(&mut self, env: Env, error: napi::Error) -> napi::Result<bool> {
        self.shared.busy.store(false, Ordering::Relaxed);
        self.shared.tell(&env)?;
        Err(error)
    }
}

/// A network, its state and its learning.
#[napi(custom_finalize)]
pub struct Network {
    shared: Arc<Shared>,
}

impl ObjectFinalize for Network {
    fn finalize(self, env: Env) -> napi::Result<()> {
        self.shared.tell_of(&env, 0)
    }
}

/// A network on the SIMD level that `DECOLLE_SIMD` names, if it does.
fn at_asked_level(mut network: decolle_network::Network) -> Result<decolle_network::Network> {
    if let Ok(name) = std::env::var(crate::ASKED_LEVEL) {
        network.set_level(decolle_network::level_named(&name)?);
    }
    Ok(network)
}

#[napi]
impl Network {
    /// Builds the network that a specification (JSON) describes, which works on `threads` threads.
    #[napi(constructor)]
    pub fn new(env: &Env, specification_json: String, threads: f64) -> napi::Result<Self> {
        Self::built(env, || {
            at_asked_level(decolle_network::Network::new(&specification_json, decolle_border::threads(threads)?)?)
        })
    }

    /// Builds the network that a checkpoint holds.
    #[napi(factory)]
    pub fn from_checkpoint(env: &Env, bytes: &[u8], threads: f64) -> napi::Result<Self> {
        Self::built(env, || {
            at_asked_level(decolle_network::Network::from_checkpoint(bytes, decolle_border::threads(threads)?)?)
        })
    }

    /// Replaces weights, state and counters by those of a checkpoint of the same specification.
    #[napi]
    pub fn restore(&self, env: &Env, bytes: &[u8]) -> napi::Result<()> {
        self.change(env, |network| network.restore(bytes))
    }

    /// The network as a safetensors file.
    #[napi]
    pub fn checkpoint(&self, metadata_json: String) -> napi::Result<Uint8Array> {
        self.call(|network| network.checkpoint(&metadata_json)).map(Uint8Array::new)
    }

    /// JSON: the full specification, shapes of all layers, counters, threads, SIMD level.
    #[napi]
    pub fn describe(&self) -> napi::Result<String> {
        self.call(|network| Ok(network.describe()))
    }

    /// JSON: what the rule of a layer is derived from.
    #[napi]
    pub fn rule_request(&self, layer: f64) -> napi::Result<String> {
        self.call(|network| network.rule_request(decolle_border::whole_number("layer", layer, 0, 1 << 24)?))
    }

    /// Bytes of weights, state and all snapshots.
    #[napi]
    pub fn bytes(&self) -> napi::Result<f64> {
        self.call(|network| Ok(network.bytes() as f64))
    }

    /// Starts work on a batch: checks the options, remembers the state to return to.
    #[napi]
    pub fn begin(&self, batch: &Batch, options_json: String) -> napi::Result<()> {
        self.call(|network| network.begin(batch.held()?, &Options::from_json(&options_json)?))
    }

    /// Works on the batch off the event loop for about a tenth of a second; true when the batch is done.
    #[napi(ts_return_type = "Promise<boolean>")]
    pub fn advance(&self) -> napi::Result<AsyncTask<Advance>> {
        self.call(|_| Ok(()))?;
        self.shared.interrupted.store(false, Ordering::Relaxed);
        self.shared.busy.store(true, Ordering::Relaxed);
        Ok(AsyncTask::new(Advance { shared: Arc::clone(&self.shared) }))
    }

    /// Makes a running `advance` stop at the next chunk and give false.
    #[napi]
    pub fn interrupt(&self) {
        self.shared.interrupted.store(true, Ordering::Relaxed);
    }

    /// Ends the batch and gives its outcome.
    #[napi]
    pub fn finish(&self, env: &Env) -> napi::Result<BatchOutcome> {
        self.change(env, decolle_network::Network::finish).map(|mut outcome| {
            let summary = outcome.to_json();
            let recorded = outcome.recorded.take().unwrap_or_default();
            BatchOutcome {
                summary,
                votes: Uint32Array::new(outcome.votes),
                predictions: Uint32Array::new(outcome.predictions),
                spikes: Uint8Array::new(recorded.spikes),
                recorded: Float32Array::new(recorded.numbers),
            }
        })
    }

    /// Gives the batch up: everything is as before `begin`.
    #[napi]
    pub fn cancel(&self, env: &Env) -> napi::Result<()> {
        self.change(env, |network| {
            network.cancel();
            Ok(())
        })
    }

    /// Sets all neuron state to zero.
    #[napi]
    pub fn reset(&self, env: &Env) -> napi::Result<()> {
        self.change(env, decolle_network::Network::reset)
    }

    /// Takes a snapshot of weights, optimiser, neuron state and counters, on top of those that there are.
    #[napi]
    pub fn take_snapshot(&self, env: &Env) -> napi::Result<()> {
        self.change(env, decolle_network::Network::take_snapshot)
    }

    /// Goes back to the last snapshot, which is then gone.
    #[napi]
    pub fn restore_snapshot(&self, env: &Env) -> napi::Result<()> {
        self.change(env, decolle_network::Network::restore_snapshot)
    }

    /// Drops the last snapshot, if there is one.
    #[napi]
    pub fn drop_snapshot(&self, env: &Env) -> napi::Result<()> {
        self.change(env, |network| {
            network.drop_snapshot();
            Ok(())
        })
    }

    /// Tells the learning-rate schedule which epoch runs, from 0.
    #[napi]
    pub fn set_epoch(&self, epoch: f64) -> napi::Result<()> {
        self.call(|network| {
            network.set_epoch(decolle_border::epoch(epoch)?);
            Ok(())
        })
    }

    /// Names of all tensors.
    #[napi]
    pub fn tensor_names(&self) -> napi::Result<Vec<String>> {
        self.call(|network| Ok(network.tensor_names()))
    }

    /// A copy of a tensor.
    #[napi]
    pub fn tensor(&self, name: String) -> napi::Result<TensorData> {
        self.call(|network| network.tensor(&name)).map(|tensor| TensorData {
            shape: Uint32Array::new(tensor.shape.iter().map(|&length| index(length)).collect()),
            data: Float32Array::new(tensor.data),
        })
    }

    /// Overwrites a tensor.
    #[napi]
    pub fn set_tensor(&self, name: String, data: &[f32]) -> napi::Result<()> {
        self.call(|network| network.set_tensor(&name, data))
    }

    /// Frees the network; waits for the chunk that a running `advance` is in.
    #[napi]
    pub fn dispose(&self, env: &Env) -> napi::Result<()> {
        self.shared.interrupted.store(true, Ordering::Relaxed);
        self.shared.disposed.store(true, Ordering::Relaxed);
        self.shared.lock().end(decolle_border::disposed());
        self.shared.tell_of(env, 0)
    }

    fn built(env: &Env, build: impl FnOnce() -> Result<decolle_network::Network>) -> napi::Result<Self> {
        let shared = Shared {
            held: Mutex::new(Kept::new(safely(build)?)),
            disposed: AtomicBool::new(false),
            busy: AtomicBool::new(false),
            interrupted: AtomicBool::new(false),
            told: AtomicI64::new(0),
        };
        shared.tell(env)?;
        Ok(Self { shared: Arc::new(shared) })
    }

    fn call<T>(&self, call: impl FnOnce(&mut decolle_network::Network) -> Result<T>) -> napi::Result<T> {
        // Both flags are written on JavaScript's thread only, so this is no race.
        if self.shared.disposed.load(Ordering::Relaxed) {
            return Err(thrown(decolle_border::disposed()));
        }
        if self.shared.busy.load(Ordering::Relaxed) {
            return Err(thrown(decolle_border::busy()));
        }
        self.shared.lock().call(call).map_err(thrown)
    }

    /// As `call`, for what changes how much the network holds. What `begin` adds is told of when it is first worked on.
    fn change<T>(&self, env: &Env, call: impl FnOnce(&mut decolle_network::Network) -> Result<T>) -> napi::Result<T> {
        let outcome = self.call(call);
        // A disposed network has been told of; a busy one is told of when its work ends.
        if !self.shared.disposed.load(Ordering::Relaxed) && !self.shared.busy.load(Ordering::Relaxed) {
            self.shared.tell(env)?;
        }
        outcome
    }
}
