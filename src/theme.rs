//! Roles and their styles, at the terminal's colour depth. Holds no colour outside theme files.
