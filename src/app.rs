//! The state of the program and its one pure update function. No clock, no I/O, no drawing.
