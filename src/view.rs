//! What is on screen, as data. Only visible rows become text.
