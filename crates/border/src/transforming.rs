//! Transforms, slicing and binning of recordings, as bindings offer them.

use decolle_error::{Result, reserve};
use decolle_events::transform::{Extent, TransformRequest};
use decolle_events::{Binning, Events, Pixels, Slicing, Spikes};

/// Transforms a recording that lies in a caller's columns, times in float64; gives sensor and duration afterwards, too.
///
/// # Errors
/// Those of [`TransformRequest::from_json`] and [`TransformRequest::apply`], and of [`Events::from_float_times`]; `memory`.
pub fn transformed(options_json: &str, pixels: Pixels<'_>, times: &[f64]) -> Result<(Events, Extent)> {
    let request = TransformRequest::from_json(options_json)?;
    let events =
        Events::from_float_times(copied(pixels.x, "x")?, copied(pixels.y, "y")?, copied(pixels.p, "p")?, times)?;
    Ok((request.apply(events)?, request.after))
}

fn copied<T: Copy>(column: &[T], name: &str) -> Result<Vec<T>> {
    let mut copy = Vec::new();
    reserve(&mut copy, column.len(), name)?;
    copy.extend_from_slice(column);
    Ok(copy)
}

/// Slices of a recording with these times, four numbers each: its first event, the one after its last, where it begins and
/// where it ends in microseconds.
///
/// # Errors
/// Those of [`Slicing::from_json`] and [`Slicing::slice_float_times`]; `memory`.
pub fn sliced(slicing_json: &str, times: &[f64]) -> Result<Vec<f64>> {
    let slices = Slicing::from_json(slicing_json)?.slice_float_times(times)?;
    let mut numbers = Vec::new();
    reserve(&mut numbers, slices.len() * 4, "slicing")?;
    for slice in slices {
        numbers.extend([slice.first as f64, slice.last as f64, slice.start as f64, slice.end as f64]);
    }
    Ok(numbers)
}

/// Bins a recording that lies in a caller's columns.
///
/// # Errors
/// Those of [`Binning::from_json`] and [`decolle_events::bin_columns`].
pub fn binned(binning_json: &str, pixels: Pixels<'_>, times: &[f64]) -> Result<Spikes> {
    decolle_events::bin_columns(pixels, times, &Binning::from_json(binning_json)?)
}
