//! The core group's objects as far as rows need them.
