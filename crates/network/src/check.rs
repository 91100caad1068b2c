//! What a batch must be: shapes, ranges and finiteness of its options, input and target.

use decolle_error::{Code, Fault, Result, reserve};
use decolle_layer::{Options, one_hot};
use decolle_number::product;

use crate::checkpoint::MOST_COUNTED;
use crate::network::{Counters, Network};
use crate::process::{Input, Target};

/// The greatest count that an input may have in a step, and the greatest size of a target.
const GREATEST: f32 = 1e6;

/// A target that outlives the caller's arrays.
pub(crate) enum OwnedTarget {
    None,
    Classes { classes: Vec<u32>, row: Vec<f32> },
    Values(Vec<f32>),
}

/// A copy of a caller's list, called `field`.
pub(crate) fn copied<T: Copy>(list: &[T], field: &str) -> Result<Vec<T>> {
    let mut copy = Vec::new();
    reserve(&mut copy, list.len(), field)?;
    copy.extend_from_slice(list);
    Ok(copy)
}

pub(crate) fn check_options(options: &Options) -> Result<()> {
    let least_one = |name: &str, value: usize, most: usize| {
        if (1..=most).contains(&value) {
            Ok(())
        } else {
            Err(Fault::new(Code::Range, format!("{name}: expected 1 to {most}, found {value}")))
        }
    };
    least_one("samples", options.samples, 1 << 20)?;
    least_one("steps", options.steps, 1 << 26)?;
    least_one("updateEvery", options.update_every, 1 << 26)
}

pub(crate) fn check_input(input: &Input<'_>, options: &Options, inputs: usize) -> Result<()> {
    let shape = |message: String| Err(Fault::new(Code::Shape, message));
    let cells = options.samples.checked_mul(options.steps).and_then(|cells| cells.checked_add(1));
    if cells != Some(input.offsets.len()) {
        return shape(format!(
            "input.offsets: expected samples · steps + 1 = {} · {} + 1 entries, found {}",
            options.samples,
            options.steps,
            input.offsets.len()
        ));
    }
    if input.indices.len() != input.counts.len() {
        return shape(format!(
            "input.counts: expected one for each of {} indices, found {}",
            input.indices.len(),
            input.counts.len()
        ));
    }
    if input.offsets[0] != 0 {
        return shape(format!("input.offsets[0]: expected 0, found {}", input.offsets[0]));
    }
    if let Some(place) = input.offsets.windows(2).position(|pair| pair[1] < pair[0]) {
        return shape(format!(
            "input.offsets[{}]: expected at least {}, found {}",
            place + 1,
            input.offsets[place],
            input.offsets[place + 1]
        ));
    }
    let last = input.offsets[input.offsets.len() - 1] as usize;
    if last != input.indices.len() {
        return shape(format!(
            "input.offsets[{}]: expected the number of indices, {}, found {last}",
            input.offsets.len() - 1,
            input.indices.len()
        ));
    }
    if let Some(place) = input.indices.iter().position(|&index| index as usize >= inputs) {
        return Err(Fault::new(
            Code::Range,
            format!("input.indices[{place}]: expected 0 to {}, found {}", inputs - 1, input.indices[place]),
        ));
    }
    for (place, &count) in input.counts.iter().enumerate() {
        if !count.is_finite() {
            return Err(Fault::new(
                Code::NotFinite,
                format!("input.counts[{place}]: expected a finite number, found {count}"),
            ));
        }
        if !(count > 0.0 && count <= GREATEST) {
            return Err(Fault::new(
                Code::Range,
                format!("input.counts[{place}]: expected above 0, at most {GREATEST}, found {count}"),
            ));
        }
    }
    Ok(())
}

pub(crate) fn check_target(target: &Target<'_>, options: &Options, layers: usize, units: usize) -> Result<OwnedTarget> {
    match *target {
        Target::None => Ok(OwnedTarget::None),
        Target::Classes(classes) => {
            if classes.len() != options.samples {
                return Err(Fault::new(
                    Code::Shape,
                    format!(
                        "target: expected one class for each of {} samples, found {}",
                        options.samples,
                        classes.len()
                    ),
                ));
            }
            if let Some(place) = classes.iter().position(|&class| class as usize >= units) {
                return Err(Fault::new(
                    Code::Range,
                    format!("target[{place}]: expected a class from 0 to {}, found {}", units - 1, classes[place]),
                ));
            }
            Ok(OwnedTarget::Classes { classes: copied(classes, "target")?, row: one_hot(units) })
        }
        Target::Values(values) => {
            let steps = if options.target_per_step { options.steps } else { 1 };
            let layers = if options.target_per_layer { layers } else { 1 };
            let expected = product([options.samples, steps, layers, units]);
            if values.len() as u64 != expected {
                return Err(Fault::new(
                    Code::Shape,
                    format!(
                        "target: expected samples · steps · layers · units = {} · {steps} · {layers} · {units} = {expected} values, found {}",
                        options.samples,
                        values.len()
                    ),
                ));
            }
            for (place, &value) in values.iter().enumerate() {
                if !value.is_finite() {
                    return Err(Fault::new(
                        Code::NotFinite,
                        format!("target[{place}]: expected a finite number, found {value}"),
                    ));
                }
                if value.abs() > GREATEST {
                    return Err(Fault::new(
                        Code::Range,
                        format!("target[{place}]: expected at most {GREATEST} in size, found {value}"),
                    ));
                }
            }
            Ok(OwnedTarget::Values(copied(values, "target")?))
        }
    }
}

impl Network {
    /// Refuses a batch after which more has been counted than a checkpoint takes.
    pub(crate) fn check_counts(&self, options: &Options) -> Result<()> {
        let Counters { steps, updates, .. } = self.counters;
        // As many updates as steps, and that of a gradient which waited.
        let learned = if options.learn { steps.max(updates.saturating_add(1)) } else { 0 };
        let counted = learned.max(if options.keep_state { self.sequence_step } else { 0 });
        if counted.saturating_add(options.steps as u64) <= MOST_COUNTED {
            return Ok(());
        }
        Err(Fault::new(
            Code::Range,
            format!(
                "steps: expected at most 2^53 - 1 steps and updates in all, found {counted} and {} more",
                options.steps
            ),
        ))
    }
}
