//! A batch as both bindings hold it: what JavaScript sends is converted and added to it.

use std::sync::Arc;

use decolle_error::{Code, Fault, Result, reserve};
use decolle_events::{Binning, Pixels, Spikes, bin_columns, bin_train};
use decolle_network::{Layout, Lists};

use crate::whole_number;

/// Most samples and steps that there is a place for; what a network works on is less.
const MOST: usize = 1 << 30;

/// The largest class.
const LARGEST_CLASS: u32 = 1 << 24;

/// A batch until it is given up. A network that works on it holds it, too.
pub struct Batch(Option<Arc<decolle_network::Batch>>);

impl Batch {
    /// A batch of some samples for a network of these sizes, without spikes and without a target.
    ///
    /// # Errors
    /// `range`, `memory`.
    pub fn new(inputs: f64, layers: f64, units: f64, samples: f64, steps: f64) -> Result<Self> {
        let layout = Layout {
            inputs: whole_number("inputs", inputs, 1, MOST)?,
            layers: whole_number("layers", layers, 1, MOST)?,
            units: whole_number("units", units, 1, MOST)?,
            samples: whole_number("samples", samples, 0, MOST)?,
            steps: whole_number("steps", steps, 0, MOST)?,
        };
        decolle_network::Batch::new(layout).map(|batch| Self(Some(Arc::new(batch))))
    }

    /// It, to be worked on.
    ///
    /// # Errors
    /// `disposed`.
    pub fn held(&self) -> Result<Arc<decolle_network::Batch>> {
        self.0.clone().ok_or_else(disposed)
    }

    fn changed(&mut self) -> Result<&mut decolle_network::Batch> {
        let batch = self.0.as_mut().ok_or_else(disposed)?;
        Arc::get_mut(batch).ok_or_else(|| Fault::at(Code::Busy, &"batch", &"a network is at work on it"))
    }

    /// Bytes that it holds.
    pub fn bytes(&self) -> usize {
        self.0.as_ref().map_or(0, |batch| batch.bytes())
    }

    /// Gives it up; a network that works on it goes on.
    pub fn dispose(&mut self) {
        self.0 = None;
    }

    /// Samples and steps, and the network that the batch is for.
    fn layout(&mut self) -> Result<Layout> {
        self.changed().map(|batch| *batch.layout())
    }

    /// Puts sparse lists into a sample.
    ///
    /// # Errors
    /// `shape`, `range`, `not-finite`, below `path`, or why there are no lists.
    pub fn put_spikes(&mut self, path: &str, sample: f64, lists: Result<Lists>) -> Result<()> {
        let sample = whole_number("sample", sample, 0, MOST)?;
        let batch = self.changed()?;
        lists.and_then(|lists| batch.put(sample, lists)).map_err(|fault| located(fault, path))
    }

    /// Bins events into a sample.
    ///
    /// # Errors
    /// Those of the events crate, below `path`; `shape` for settings that are not the batch's.
    pub fn put_events(
        &mut self,
        path: &str,
        sample: f64,
        pixels: Pixels<'_>,
        times: &[f64],
        binning_json: &str,
    ) -> Result<()> {
        let layout = self.layout()?;
        let binned = binning_of(&layout, binning_json).and_then(|binning| {
            let cells = 2 * u64::from(binning.plane_width()) * u64::from(binning.plane_height());
            if cells != layout.inputs as u64 {
                let expected = format_args!("{} cells of two polarities, as many as inputs", layout.inputs);
                return Err(Fault::unfit(Code::Shape, &"binning", &expected, &cells));
            }
            bin_columns(pixels, times, &binning)
        });
        self.put_spikes(path, sample, binned.map(lists))
    }

    /// Bins a train of (time, unit) into a sample.
    ///
    /// # Errors
    /// Those of the events crate, below `path`; `shape` for settings that are not the batch's.
    pub fn put_train(
        &mut self,
        path: &str,
        sample: f64,
        times: &[f64],
        unit: &[u32],
        binning_json: &str,
    ) -> Result<()> {
        let layout = self.layout()?;
        let binned =
            binning_of(&layout, binning_json).and_then(|binning| bin_train(times, unit, layout.inputs, &binning));
        self.put_spikes(path, sample, binned.map(lists))
    }

    /// Appends whole steps of dense counts to a sample.
    ///
    /// # Errors
    /// `shape`, `range`, `not-finite`, below `path`.
    pub fn append_counts(&mut self, path: &str, sample: f64, counts: &[f32], is_first: bool) -> Result<()> {
        let sample = whole_number("sample", sample, 0, MOST)?;
        self.changed()?.append_counts(sample, counts, is_first).map_err(|fault| located(fault, path))
    }

    /// Sets classes.
    ///
    /// # Errors
    /// `not-finite` and `range`, with the index, for a class that is no whole number from 0 to 2²⁴, or that the network does
    /// not have; `shape` for another number of them than of samples.
    pub fn set_classes(&mut self, classes: &[f64]) -> Result<()> {
        let mut whole = Vec::new();
        reserve(&mut whole, classes.len(), "target")?;
        for (index, &class) in classes.iter().enumerate() {
            let found = decolle_number::whole(class).and_then(|class| u32::try_from(class).ok());
            whole.push(found.filter(|&class| class <= LARGEST_CLASS).ok_or_else(|| {
                let code = if class.is_finite() { Code::Range } else { Code::NotFinite };
                Fault::unfit(code, &format_args!("target[{index}]"), &"a class (a whole number from 0)", &class)
            })?);
        }
        self.changed()?.set_classes(whole)
    }

    /// Sets values.
    ///
    /// # Errors
    /// `shape`, `range`, `not-finite` with the index.
    pub fn set_values(&mut self, values: Result<Vec<f32>>, per_step: bool, per_layer: bool) -> Result<()> {
        self.changed()?.set_values(values?, per_step, per_layer)
    }
}

fn disposed() -> Fault {
    Fault::at(Code::Disposed, &"batch", &"it was disposed before this call")
}

/// A fault of a sample. What is wrong with settings, or asks for room for its events, is wrong with the sample as a whole.
fn located(fault: Fault, path: &str) -> Fault {
    match fault.path() {
        Some("input.steps") => fault,
        Some(own) if own.starts_with("binning") || own == "events" => fault.of(path),
        _ => fault.within(path),
    }
}

/// Settings that fit a batch.
fn binning_of(layout: &Layout, json: &str) -> Result<Binning> {
    let binning = Binning::from_json(json)?;
    if binning.steps as usize == layout.steps {
        return Ok(binning);
    }
    Err(Fault::unfit(Code::Shape, &"binning.steps", &layout.steps, &binning.steps))
}

fn lists(spikes: Spikes) -> Lists {
    let Spikes { offsets, indices, counts, .. } = spikes;
    Lists { offsets, indices, counts }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: &str = r#"{"width": 2, "height": 1, "timeStep": 10, "steps": 2}"#;

    fn batch() -> Batch {
        Batch::new(4.0, 1.0, 3.0, 1.0, 2.0).unwrap()
    }

    #[test]
    fn classes_are_whole_numbers() {
        let mut batch = Batch::new(4.0, 1.0, 10.0, 2.0, 2.0).unwrap();
        assert_eq!(batch.set_classes(&[0.0, 9.0]), Ok(()));
        for (bad, code) in [(0.5, Code::Range), (-1.0, Code::Range), (f64::NAN, Code::NotFinite), (3e7, Code::Range)] {
            let fault = batch.set_classes(&[1.0, bad]).unwrap_err();
            assert_eq!((fault.code, fault.path()), (code, Some("target[1]")));
        }
    }

    #[test]
    fn faults_of_a_sample_have_its_path() {
        let pixels = Pixels { x: &[0, 2], y: &[0, 0], p: &[0, 1] };
        let fault = batch().put_events("digits[7]", 0.0, pixels, &[0.0, 1.0], STEPS).unwrap_err();
        assert_eq!(fault.message, "digits[7].x[1]: expected below 2, the sensor's side, found 2");
        let fault = batch().put_train("input.trains[0]", 0.0, &[0.0], &[4], STEPS).unwrap_err();
        assert_eq!(fault.message, "input.trains[0].unit[0]: expected 0 to 3, found 4");
        let none = STEPS.replace('2', "0");
        let fault = batch().put_train("input.trains[0]", 0.0, &[], &[], &none).unwrap_err();
        assert_eq!(fault.message, "input.trains[0]: binning.width: expected a whole number from 1 to 65536, found 0");
        assert_eq!(fault.path(), Some("input.trains[0]"));
    }

    #[test]
    fn settings_have_to_be_the_batches_own() {
        let pixels = Pixels { x: &[], y: &[], p: &[] };
        for other in [STEPS.replace("\"steps\": 2", "\"steps\": 3"), STEPS.replace("\"height\": 1", "\"height\": 2")] {
            assert_eq!(batch().put_events("a", 0.0, pixels, &[], &other).unwrap_err().code, Code::Shape, "{other}");
        }
    }

    #[test]
    fn what_is_worked_on_or_given_up_takes_nothing_more() {
        let mut batch = batch();
        let held = batch.held().unwrap();
        assert_eq!(batch.set_classes(&[1.0]).unwrap_err().code, Code::Busy);
        drop(held);
        assert_eq!(batch.set_classes(&[1.0]), Ok(()));
        batch.dispose();
        assert_eq!(batch.set_classes(&[1.0]).unwrap_err().code, Code::Disposed);
        assert_eq!(batch.bytes(), 0);
    }
}
