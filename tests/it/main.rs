//! Tests across modules. One binary, so that it links once.

mod configs;
mod support;
