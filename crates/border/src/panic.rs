//! Panics at the border of a platform that unwinds: they become faults, and what they left half done is never seen again.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use decolle_error::{Code, Fault, Result};

/// Calls into the core; a panic becomes a `backend` fault.
///
/// # Errors
/// Those of the call, and `backend`.
pub fn caught<T>(call: impl FnOnce() -> Result<T>) -> Result<T> {
    attempt(call).unwrap_or_else(|text| Err(Fault::new(Code::Backend, format!("the core panicked: {text}"))))
}

/// A value of the core until a call on it panics or it is given up.
pub struct Kept<T> {
    /// Boxed, so that giving it up frees it at once; a fault says why there is none.
    value: std::result::Result<Box<T>, Fault>,
}

impl<T> Kept<T> {
    /// Keeps a value.
    pub fn new(value: T) -> Self {
        Self { value: Ok(Box::new(value)) }
    }

    /// Calls on the value. A panic ends its life: this call and every later one is a `backend` fault with its text.
    ///
    /// # Errors
    /// Those of the call; why there is no value, where there is none.
    pub fn call<R>(&mut self, call: impl FnOnce(&mut T) -> Result<R>) -> Result<R> {
        let value = self.value.as_mut().map_err(|gone| gone.clone())?;
        attempt(|| call(value)).unwrap_or_else(|text| {
            let message =
                format!("network: the core panicked, and this network cannot be used any more; make a new one: {text}");
            let fault = Fault::new(Code::Backend, message);
            self.end(fault.clone());
            Err(fault)
        })
    }

    /// Gives the value up; later calls say why.
    pub fn end(&mut self, why: Fault) {
        let value = std::mem::replace(&mut self.value, Err(why));
        // What a panic left half done may panic again when it is freed; then the rest of it is lost, and nothing else.
        let _ = attempt(|| drop(value));
    }
}

fn attempt<T>(call: impl FnOnce() -> T) -> std::result::Result<T, String> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| {
        let text = text_of(&*panic);
        // A payload of another type may panic when it is freed.
        std::mem::forget(panic);
        text
    })
}

fn text_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fragile(Vec<u32>);

    impl Drop for Fragile {
        fn drop(&mut self) {
            assert!(self.0.len() != 1, "half done");
        }
    }

    #[test]
    fn a_panic_is_a_fault_with_its_text() {
        let fault = caught(|| -> Result<()> { panic!("index {} of {}", 3, 2) }).unwrap_err();
        assert_eq!(fault.to_string(), "[backend] the core panicked: index 3 of 2");
        assert_eq!(caught(|| Ok(3)), Ok(3));
    }

    #[test]
    fn after_a_panic_every_call_says_what_it_was() {
        let mut kept = Kept::new(vec![1, 2]);
        assert_eq!(kept.call(|value| Ok(value.len())), Ok(2));
        let first = kept.call(|value| Ok(value[7])).unwrap_err();
        assert_eq!(first.code, Code::Backend);
        assert!(first.message.contains("index is 7"), "{first}");
        assert_eq!(kept.call(|value| Ok(value[0])), Err(first));
    }

    #[test]
    fn a_fault_that_is_none_of_a_panic_leaves_the_value() {
        let mut kept = Kept::new(3);
        let refused = Fault::new(Code::Range, "x");
        assert_eq!(kept.call(|_| Err::<(), _>(refused.clone())), Err(refused));
        assert_eq!(kept.call(|value| Ok(*value)), Ok(3));
    }

    #[test]
    fn a_value_that_panics_when_it_is_freed_is_given_up_all_the_same() {
        let mut kept = Kept::new(Fragile(vec![1]));
        let disposed = crate::disposed();
        kept.end(disposed.clone());
        assert_eq!(kept.call(|_| Ok(())), Err(disposed));
    }
}
