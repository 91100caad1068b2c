//! What is counted while layers run.

use serde::Serialize;

/// Weights that the kernels let meet a trace, a spike or an error: multiply-adds of dense kernels, additions of those that
/// work by events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Operations {
    /// For membrane potentials.
    pub forward: f64,
    /// For gradients.
    pub gradient: f64,
}

/// Time steps by how spikes propagated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Steps {
    /// By events.
    pub events: u64,
    /// Densely.
    pub dense: u64,
}
