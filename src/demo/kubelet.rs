//! The pretend kubelets: what happens to a pod on its node, what it logs, what it uses. Schedules nothing, and knows one pod at a time.

pub mod instance;
pub mod life;
pub mod lines;
pub mod log;
pub mod pool;
pub mod run;
pub mod scene;
pub mod spec;
pub mod status;
pub mod step;
pub mod usage;
