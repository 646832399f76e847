//! Arguments and one-shot commands.
