//! Recordings of event cameras.
