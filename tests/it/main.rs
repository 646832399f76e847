//! Tests across modules. One binary, so that it links once.

#[cfg(test)]
mod acting;
#[cfg(test)]
mod app;
#[cfg(test)]
mod architecture;
#[cfg(test)]
mod cli;
#[cfg(test)]
mod cluster;
#[cfg(test)]
mod configs;
#[cfg(test)]
mod demo;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod guards;
#[cfg(test)]
mod pod_states;
#[cfg(test)]
mod pty;
#[cfg(test)]
mod readme;
#[cfg(test)]
mod screens;
#[cfg(test)]
mod support;
