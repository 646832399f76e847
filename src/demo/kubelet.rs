//! The pretend kubelets: what happens to a pod on its node, what it logs, what it uses, what one finds inside. Schedules nothing.

mod http;
pub mod life;
pub mod lines;
pub mod log;
mod report;
pub mod run;
pub mod scene;
pub mod serve;
pub mod spec;
pub mod status;
pub mod step;
pub mod usage;
