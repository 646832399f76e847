//! Syntax colours, off the loop. Never awaited by it.
