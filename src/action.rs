//! The action table: every thing a key or a command can do. Binds nothing and does nothing by itself.
