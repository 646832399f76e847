//! Rows of the action table that do not depend on what a pane shows. It must not know how they are carried out.

use super::actions;

actions! {
    /// What every screen has.
    Global {
        Command "command" Reads [Global ":"] "open the command prompt";
        Help "help" Reads [Global "? F1"] "show and search the keys";
        Back "back" Reads [Global "esc"] "clear the filter, then go back";
        HistoryBack "history-back" Reads [Global "["] "go to the command before";
        HistoryForward "history-forward" Reads [Global "]"] "go to the command after";
        HistoryLast "history-last" Reads [Global "-"] "swap with the last command";
        Header "header" Reads [Global "ctrl-e"] "show or hide the header";
        Kinds "kinds" Reads [Global "ctrl-a"] "list all kinds with their names";
        Redraw "redraw" Reads [Global "ctrl-l"] "draw the whole screen again";
        Hint "hint" Reads [Global "F2"] "read a hint of the game day";
        Quit "quit" Reads [Global "q ctrl-c"] "leave the program";
    }
}

actions! {
    /// The tree of panes.
    Pane {
        FocusNext "focus-next" Reads [Pane "tab"] "focus the next pane";
        FocusPrevious "focus-previous" Reads [Pane "backtab"] "focus the pane before";
        SplitRight "split-right" Reads [Pane "|"] "split the pane, the new one on the right";
        SplitDown "split-down" Reads [Pane "_"] "split the pane, the new one below";
        Zoom "zoom" Reads [Pane "Z"] "give the pane the whole screen, again: undo";
        Close "close" Reads [Pane "X"] "close the pane, and with a table what follows it";
        GrowLeft "resize-left" Reads [Pane "ctrl-left"] "move the pane's border to the left";
        GrowRight "resize-right" Reads [Pane "ctrl-right"] "move the pane's border to the right";
        GrowUp "resize-up" Reads [Pane "ctrl-up"] "move the pane's border up";
        GrowDown "resize-down" Reads [Pane "ctrl-down"] "move the pane's border down";
        Pin "pin" Reads [Pane "!"] "pin a following pane to its object, again: follow";
    }
}

actions! {
    /// Moving through anything that scrolls.
    Move {
        Up "up" Reads [Move "k up"] "one line up";
        Down "down" Reads [Move "j down"] "one line down";
        PageUp "page-up" Reads [Move "ctrl-b pageup"] "one page up";
        PageDown "page-down" Reads [Move "ctrl-f pagedown"] "one page down";
        Top "top" Reads [Move "g home"] "to the first line";
        Bottom "bottom" Reads [Move "G end"] "to the last line";
        Left "left" Reads [Move "left"] "scroll to the left when it does not fit";
        Right "right" Reads [Move "right"] "scroll to the right when it does not fit";
    }
}
