//! What controllers of a layer go by: how often something happened.

/// Events of late, and how many there could have been one each of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Occurrences {
    /// How many: spikes, or Σ ⌊|e|/θ⌋ of an error trigger.
    pub events: u64,
    /// Neurons times steps times samples.
    pub chances: u64,
}

decolle_json::object! { Occurrences { events, chances } }

impl Occurrences {
    /// Events a neuron and step; nothing where there was no chance.
    pub fn rate(&self) -> Option<f64> {
        (self.chances > 0).then(|| self.events as f64 / self.chances as f64)
    }

    /// Takes in what came later.
    pub fn add(&mut self, later: Self) {
        self.events = self.events.saturating_add(later.events);
        self.chances = self.chances.saturating_add(later.chances);
    }
}
