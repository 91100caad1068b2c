//! A network as a JavaScript object.
//!
//! JavaScript's thread and the thread that runs `advance` share the network behind a lock. The thread pool belongs to
//! the network itself and is joined when it is dropped, wherever that happens: in `dispose`, in the finaliser that runs
//! at garbage collection or when the environment (the process or a worker) ends, or at the end of an `advance` that
//! outlived both.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use decolle_border::Goal;
use decolle_error::{Code, Fault, Result};
use decolle_network::{Input, Options};
use napi::bindgen_prelude::{AsyncTask, Float32Array, Uint8Array, Uint32Array};
use napi::{Env, Task};
use napi_derive::napi;

use crate::thrown;

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
    /// Readouts `[layers, steps, samples, classes]`, empty unless recorded.
    pub readout: Float32Array,
}

/// What the lock guards.
enum Held {
    /// A network that can work. Boxed, so that giving it up frees it at once.
    Ready(Box<decolle_network::Network>),
    /// None: it was disposed, or the core panicked and its state is not to be trusted. The fault says which.
    Gone(Fault),
}

struct Shared {
    held: Mutex<Held>,
    /// Whether `dispose` was called; says so without waiting for the lock.
    disposed: AtomicBool,
    /// Whether an `advance` was started whose promise is not settled yet.
    busy: AtomicBool,
    /// Whether that `advance` should stop at the next chunk.
    interrupted: AtomicBool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Held> {
        // No call can panic while it holds the lock (`work` catches), so a poisoned lock still guards a valid value.
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `call` on the network; a panic becomes a `backend` fault and ends the network's life.
    fn work<T>(&self, call: impl FnOnce(&mut decolle_network::Network) -> Result<T>) -> Result<T> {
        let mut held = self.lock();
        let network = match &mut *held {
            Held::Ready(network) => network,
            Held::Gone(fault) => return Err(fault.clone()),
        };
        match catch_unwind(AssertUnwindSafe(|| call(network))) {
            Ok(result) => result,
            Err(panic) => {
                let fault = panicked(&*panic);
                *held = Held::Gone(fault.clone());
                Err(fault)
            }
        }
    }
}

fn panicked(panic: &(dyn std::any::Any + Send)) -> Fault {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
    Fault::new(Code::Backend, format!("network: the core panicked, so it cannot go on: {text}"))
}

fn built(build: impl FnOnce() -> Result<decolle_network::Network>) -> napi::Result<Network> {
    let network =
        catch_unwind(AssertUnwindSafe(build)).unwrap_or_else(|panic| Err(panicked(&*panic))).map_err(thrown)?;
    let shared = Shared {
        held: Mutex::new(Held::Ready(Box::new(network))),
        disposed: AtomicBool::new(false),
        busy: AtomicBool::new(false),
        interrupted: AtomicBool::new(false),
    };
    Ok(Network { shared: Arc::new(shared) })
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
        shared.work(|network| network.advance_until(stop)).map_err(thrown)
    }

    fn resolve(&mut self, _env: Env, done: bool) -> napi::Result<bool> {
        self.shared.busy.store(false, Ordering::Relaxed);
        Ok(done)
    }

    fn reject(&mut self, _env: Env, error: napi::Error) -> napi::Result<bool> {
        self.shared.busy.store(false, Ordering::Relaxed);
        Err(error)
    }
}

/// A network, its state, its learning and its threads.
#[napi]
pub struct Network {
    shared: Arc<Shared>,
}

#[napi]
impl Network {
    /// Builds the network that a specification (JSON) describes, with `threads` threads of its own.
    #[napi(constructor)]
    pub fn new(specification_json: String, threads: f64) -> napi::Result<Self> {
        let threads = decolle_border::threads(threads).map_err(thrown)?;
        built(|| decolle_network::Network::new(&specification_json, threads))
    }

    /// Builds the network that a checkpoint holds.
    #[napi(factory)]
    pub fn from_checkpoint(bytes: &[u8], threads: f64) -> napi::Result<Self> {
        let threads = decolle_border::threads(threads).map_err(thrown)?;
        built(|| decolle_network::Network::from_checkpoint(bytes, threads))
    }

    /// Replaces weights, state and counters by those of a checkpoint of the same specification.
    #[napi]
    pub fn restore(&self, bytes: &[u8]) -> napi::Result<()> {
        self.call(|network| network.restore(bytes))
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

    /// Starts work on a batch: checks everything, copies the arrays, remembers the state to return to.
    #[napi]
    pub fn begin(
        &self,
        offsets: &[u32],
        indices: &[u32],
        counts: &[f32],
        target_kind: String,
        target: &[f32],
        options_json: String,
    ) -> napi::Result<()> {
        self.call(|network| {
            let options = Options::from_json(&options_json)?;
            let goal = Goal::new(&target_kind, target)?;
            network.begin(Input { offsets, indices, counts }, goal.as_target(), &options)
        })
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
    pub fn finish(&self) -> napi::Result<BatchOutcome> {
        self.call(decolle_network::Network::finish).map(|outcome| BatchOutcome {
            summary: outcome.to_json(),
            votes: Uint32Array::new(outcome.votes),
            predictions: Uint32Array::new(outcome.predictions),
            readout: Float32Array::new(outcome.readout),
        })
    }

    /// Gives the batch up: everything is as before `begin`.
    #[napi]
    pub fn cancel(&self) -> napi::Result<()> {
        self.call(|network| {
            network.cancel();
            Ok(())
        })
    }

    /// Sets all neuron state to zero.
    #[napi]
    pub fn reset(&self) -> napi::Result<()> {
        self.call(decolle_network::Network::reset)
    }

    /// Remembers weights, optimiser, neuron state and counters, on top of what is remembered already.
    #[napi]
    pub fn remember(&self) -> napi::Result<()> {
        self.call(decolle_network::Network::remember)
    }

    /// Goes back to what was remembered last, and forgets it.
    #[napi]
    pub fn recall(&self) -> napi::Result<()> {
        self.call(decolle_network::Network::recall)
    }

    /// Forgets what was remembered last, if anything.
    #[napi]
    pub fn forget(&self) -> napi::Result<()> {
        self.call(|network| {
            network.forget();
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
            shape: Uint32Array::new(tensor.shape.iter().map(|&length| length as u32).collect()),
            data: Float32Array::new(tensor.data),
        })
    }

    /// Overwrites a tensor.
    #[napi]
    pub fn set_tensor(&self, name: String, data: &[f32]) -> napi::Result<()> {
        self.call(|network| network.set_tensor(&name, data))
    }

    /// Frees the network and joins its threads; waits for the chunk that a running `advance` is in.
    #[napi]
    pub fn dispose(&self) {
        self.shared.interrupted.store(true, Ordering::Relaxed);
        self.shared.disposed.store(true, Ordering::Relaxed);
        *self.shared.lock() = Held::Gone(decolle_border::disposed());
    }

    fn call<T>(&self, call: impl FnOnce(&mut decolle_network::Network) -> Result<T>) -> napi::Result<T> {
        // Both flags are written on JavaScript's thread only, so this is no race.
        if self.shared.disposed.load(Ordering::Relaxed) {
            return Err(thrown(decolle_border::disposed()));
        }
        if self.shared.busy.load(Ordering::Relaxed) {
            return Err(thrown(decolle_border::busy()));
        }
        self.shared.work(call).map_err(thrown)
    }
}
