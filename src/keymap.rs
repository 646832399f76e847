//! From chords to actions, per scope, with conflicts reported. Reads no terminal.
