//! What the server sends, as partial structs for both encodings. Keeps nothing.
