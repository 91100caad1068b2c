//! The threads that JavaScript lends: workers, each with an instance of this module over the same memory.
//!
//! `wasm/threads/workers.js` is the other side. A pool that is made asks for threads one by one; each waits here under
//! a number, which goes to a worker, which comes for it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use decolle_error::{Code, Fault};
use decolle_threads::HostThread;
use decolle_web_border::thrown;
use js_sys::{Error, Function};
use wasm_bindgen::prelude::*;

/// Threads that were asked for and that no worker has come for yet, by their numbers.
struct Waiting {
    threads: BTreeMap<u32, HostThread>,
    next: u32,
}

static WAITING: Mutex<Waiting> = Mutex::new(Waiting { threads: BTreeMap::new(), next: 0 });

thread_local! {
    /// What starts a worker; only the instance that makes networks has it.
    static START: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Takes the function that starts a worker for the thread whose number it is given; called once, before any network is
/// made.
#[wasm_bindgen(js_name = lendThreads)]
pub fn lend_threads(start: Function) {
    START.with(|own| *own.borrow_mut() = Some(start));
    decolle_threads::lend_threads(lend, decolle_web_border::failed);
}

fn lend(thread: HostThread) -> Result<(), Fault> {
    let fault = |reason: &str| Fault::new(Code::Backend, format!("a worker: {reason}"));
    let start = START.with(|start| start.borrow().clone()).ok_or_else(|| fault("this is one itself"))?;
    let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    let number = waiting.next;
    waiting.next += 1;
    waiting.threads.insert(number, thread);
    drop(waiting);
    start.call1(&JsValue::NULL, &number.into()).map(|_| ()).map_err(|thrown| {
        WAITING.lock().unwrap_or_else(PoisonError::into_inner).threads.remove(&number);
        fault(&format!("{thrown:?}"))
    })
}

/// Works as the thread of this number, in a worker, until the pool that asked for it has gone.
///
/// # Errors
/// `range` for a number under which no thread waits.
#[wasm_bindgen(js_name = runThread)]
pub fn run_thread(number: u32) -> Result<(), Error> {
    let thread = WAITING.lock().unwrap_or_else(PoisonError::into_inner).threads.remove(&number);
    let missing = || Fault::unfit(Code::Range, &"thread", &"one that waits", &format_args!("number {number}"));
    thread.ok_or_else(missing).map_err(thrown)?.run();
    Ok(())
}
