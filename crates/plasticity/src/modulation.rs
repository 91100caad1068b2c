//! What becomes of the error that comes back to a neuron, such as error-triggered learning makes of it.

use decolle_error::{Code, Fault, Result};

use crate::document::NodeDocument;

/// Changes the error that comes back to a neuron: a graph over `error`, `potential` and `errorThreshold`.
#[derive(Clone, Debug, PartialEq)]
pub struct ModulationDocument {
    /// The graph.
    pub nodes: Vec<NodeDocument>,
    /// Index of the node that is the error to go on with.
    pub error: usize,
    /// θ at first, above 0, where `errorThreshold` stands in the graph.
    pub threshold: Option<f64>,
}

decolle_json::object! { ModulationDocument { nodes, error, threshold = None => omitted } }

impl ModulationDocument {
    /// θ at first; 0 where it has none.
    ///
    /// # Errors
    /// `range` for a θ that is not above 0, is missing, or stands nowhere in the graph.
    pub(crate) fn first_threshold(&self) -> Result<f64> {
        let used = self.nodes.iter().any(|node| node.op == "errorThreshold");
        let found = self.threshold.map_or_else(|| "none".to_string(), |threshold| threshold.to_string());
        let wrong = |expected: &str| Err(Fault::unfit(Code::Range, &"modulation.threshold", &expected, &found));
        match self.threshold {
            None if !used => Ok(0.0),
            Some(threshold) if used && threshold > 0.0 && threshold.is_finite() => Ok(threshold),
            _ if used => wrong("a number above 0"),
            _ => wrong("none, since no errorThreshold stands in the graph"),
        }
    }
}
