//! Tests across modules. One binary, so that it links once.

#![allow(
    clippy::too_many_lines,
    clippy::string_slice,
    clippy::format_push_string,
    clippy::format_collect,
    clippy::match_wild_err_arm,
    clippy::needless_pass_by_value,
    clippy::unused_self,
    reason = "tests tell a story in one piece and may panic; what they share is plain"
)]

#[cfg(test)]
mod acting;
#[cfg(test)]
mod app;
#[cfg(test)]
mod app_cluster;
#[cfg(test)]
mod app_containers;
#[cfg(test)]
mod app_idle;
#[cfg(test)]
mod app_edit;
#[cfg(test)]
mod app_logs;
#[cfg(test)]
mod app_panes;
#[cfg(test)]
mod app_tables;
#[cfg(test)]
mod app_texts;
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
mod gameday;
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
mod speed;
#[cfg(test)]
mod support;
