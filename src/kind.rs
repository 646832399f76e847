//! What a kind is: its row, columns, decoding and description. Knows no particular kind.
