//! Recordings of event cameras as JavaScript objects.
