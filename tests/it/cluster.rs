//! The suite on a real control plane: runs when `KUBRIS_TEST_KUBECONFIG` names the kubeconfig that `tests/cluster/up` printed, else says that it was skipped.

mod acts;
mod clients;
mod conformance;
mod encodings;
mod exec;
mod feeds;
mod identities;
mod log_history;
mod logs;
mod pod_states;
mod pods;
mod real;
mod served;
mod session;
mod usage;
