//! Text as a terminal shows it: width, shortening, fuzzy match, humanised numbers. Draws nothing.
