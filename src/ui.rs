//! Draws a screen with ratatui. Decides nothing.
