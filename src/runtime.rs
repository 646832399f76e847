//! The one loop: input, messages, work, frame.
