//! What is counted while layers run.

/// Weights that the kernels let meet a trace, a spike or an error: multiply-adds of dense kernels, additions of those that
/// work by events.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Operations {
    /// For membrane potentials.
    pub forward: f64,
    /// For gradients.
    pub gradient: f64,
}

decolle_json::written! { Operations { forward, gradient } }

/// Time steps by how spikes propagated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    /// By events.
    pub events: u64,
    /// Densely.
    pub dense: u64,
}

decolle_json::written! { Steps { events, dense } }
