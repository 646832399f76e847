//! Tests across modules. One binary, so that it links once.

#[cfg(test)]
mod architecture;
#[cfg(test)]
mod cluster;
#[cfg(test)]
mod configs;
mod pod_states;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod guards;
#[cfg(test)]
mod support;
