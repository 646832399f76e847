//! Tests across modules. One binary, so that it links once.

#[cfg(test)]
mod cluster;
mod configs;
#[cfg(test)]
mod support;
