//! One instance of a container, as far as its log depends on it. Writes nothing.

use crate::clock::Timestamp;
use crate::demo::image::Nature;
use crate::demo::shell::Transcript;

/// One instance of one container.
#[derive(Debug, Clone)]
pub struct Instance {
    /// Uid of the pod.
    pub uid: String,
    /// Pod name.
    pub pod: String,
    /// Container name.
    pub container: String,
    /// Its image.
    pub image: String,
    /// What programs of this image do.
    pub nature: &'static Nature,
    /// Which one: 0 is the first.
    pub number: u32,
    /// When it began.
    pub began: Timestamp,
    /// When it ended; `None` while it runs.
    pub ended: Option<Timestamp>,
    /// When it will end by itself, seconds after it began, and with which code.
    pub fate: Option<(i64, i32)>,
    /// Memory limit in bytes; 0: none.
    pub limit: u64,
    /// How many times its usual lines it writes.
    pub louder: f64,
    /// What troubles made it write: from when, until when, and what.
    pub complaints: Vec<(Timestamp, Option<Timestamp>, String)>,
    /// What the shell wrote for it; then nothing is made up.
    pub transcript: Option<Transcript>,
}
