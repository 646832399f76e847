//! The pretend kubelets: what happens to a pod on its node, what it logs, what it uses, what one finds inside. Schedules nothing.

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
