//! All that crosses between the app and the outside. Plain data.
