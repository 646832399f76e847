//! Rows of the action table for text panes (YAML, describe). The only one that leads to a change is `edit`, which is a row of the objects.

use super::actions;

actions! {
    /// A text pane.
    Text {
        Search "search" Reads [Text "/"] "search";
        NextMatch "next-match" Reads [Text "n"] "next match";
        PreviousMatch "previous-match" Reads [Text "N"] "match before";
        AutoRefresh "auto-refresh" Reads [Text "r"] "keep it up to date, again: stop";
        FullScreen "full-screen" Reads [Text "f"] "full screen";
        Copy "copy" Reads [Text "c"] "copy all";
        ManagedFields "managed-fields" Reads [Text "m"] "show or hide managedFields";
        Decode "decode-text" Reads [Text "x"] "show or hide a value of a secret";
        Fold "fold" Reads [Text "z"] "fold or unfold here";
        Save "save-text" Reads [Text "ctrl-s"] "save to a file";
    }
}
