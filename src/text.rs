//! Text as a terminal shows it: width, shortening, harmless forms of untrusted text, fuzzy match. Draws nothing; numbers are written by the model.

mod fuzzy;
mod safe;
mod width;

pub use fuzzy::Fuzzy;
pub use safe::neutralise;
pub use width::{common_prefix, truncate_end, truncate_middle, width};
