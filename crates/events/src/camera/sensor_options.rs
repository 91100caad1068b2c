//! How pixels can be asked to behave, by all simulated cameras alike.

use crate::check;
use decolle_error::Result;

/// How the pixels of a simulated camera behave.
#[derive(Clone, Debug, PartialEq)]
pub struct Sensor {
    /// Change of the log intensity that makes an event, 0.05 to 2; mean over pixels.
    pub threshold: f64,
    /// Standard deviation of the thresholds from pixel to pixel, 0 to half the threshold.
    pub threshold_mismatch: f64,
    /// Microseconds for which a pixel stays silent after an event, 0 to 1,000,000.
    pub refractory: i64,
    /// Noise events per pixel and second, 0 to 100, either polarity alike.
    pub noise_rate: f64,
    /// Events per pixel and second that a still scene makes since the pixel's memory of the light leaks, 0 to 10, all of
    /// polarity 1.
    pub leak_rate: f64,
}

impl Default for Sensor {
    /// Thresholds as v2e has them by default (0.2 ± 0.03), 1 ms of refractory time, one noise event per pixel and
    /// second, no leak.
    fn default() -> Self {
        Self { threshold: 0.2, threshold_mismatch: 0.03, refractory: 1_000, noise_rate: 1.0, leak_rate: 0.0 }
    }
}

impl Sensor {
    /// Refuses what is out of its range; `path` is what messages call the sensor.
    ///
    /// # Errors
    /// `range`, `not-finite`.
    pub(super) fn check(&self, path: &str) -> Result<()> {
        let at = |name: &str| format!("{path}.{name}");
        check::between(&at("threshold"), self.threshold, 0.05, 2.0)?;
        check::between(&at("thresholdMismatch"), self.threshold_mismatch, 0.0, self.threshold / 2.0)?;
        check::within(&at("refractory"), self.refractory, REFRACTORY.0, REFRACTORY.1)?;
        check::between(&at("noiseRate"), self.noise_rate, 0.0, 100.0)?;
        check::between(&at("leakRate"), self.leak_rate, 0.0, 10.0)
    }
}

/// Shortest and longest refractory time in microseconds.
const REFRACTORY: (i64, i64) = (0, 1_000_000);

/// [`Sensor`] as JSON gives it.
#[derive(Default)]
pub(super) struct GivenSensor {
    threshold: Option<f64>,
    threshold_mismatch: Option<f64>,
    refractory: Option<f64>,
    noise_rate: Option<f64>,
    leak_rate: Option<f64>,
}

decolle_json::object! {
    GivenSensor {
        threshold = None,
        threshold_mismatch = None,
        refractory = None,
        noise_rate = None,
        leak_rate = None,
    }
}

impl GivenSensor {
    /// What is given, and of the rest what is usual; `path` is what messages call the sensor.
    ///
    /// # Errors
    /// `range` for a refractory time that is not whole or out of its range; the others are left to [`Sensor::check`].
    pub(super) fn or(self, usual: &Sensor, path: &str) -> Result<Sensor> {
        let refractory = self.refractory.map_or(Ok(usual.refractory), |value| {
            check::whole(&format!("{path}.refractory"), value, REFRACTORY.0, REFRACTORY.1)
        })?;
        Ok(Sensor {
            threshold: self.threshold.unwrap_or(usual.threshold),
            threshold_mismatch: self.threshold_mismatch.unwrap_or(usual.threshold_mismatch),
            refractory,
            noise_rate: self.noise_rate.unwrap_or(usual.noise_rate),
            leak_rate: self.leak_rate.unwrap_or(usual.leak_rate),
        })
    }
}
