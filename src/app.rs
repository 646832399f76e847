//! The state of the program and its one pure update function. No clock, no I/O, no drawing.

pub mod command;
pub mod line_edit;
pub mod table;
pub mod toast;
pub mod tree;
