//! Diagnostics to a file and to a ring inside the program. Never writes to the screen.
