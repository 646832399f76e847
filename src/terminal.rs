//! The terminal: one reader, its modes, and their restoring. Draws nothing.
