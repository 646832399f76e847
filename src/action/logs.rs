//! Rows of the action table for log panes. None of them may change the cluster: a slip of focus must not delete anything.

use super::actions;

actions! {
    /// A log pane.
    Logs {
        Follow "follow" Reads [Logs "s"] "follow, again: pause without loss";
        Tail "log-tail" Reads [Logs "0"] "the last lines";
        Head "log-head" Reads [Logs "1"] "from the first line";
        Since1m "log-1m" Reads [Logs "2"] "the last minute";
        Since5m "log-5m" Reads [Logs "3"] "the last 5 minutes";
        Since15m "log-15m" Reads [Logs "4"] "the last 15 minutes";
        Since30m "log-30m" Reads [Logs "5"] "the last 30 minutes";
        Since1h "log-1h" Reads [Logs "6"] "the last hour";
        Filter "log-filter" Reads [Logs "/"] "filter lines; Tab in the prompt searches instead";
        NextMatch "log-next" Reads [Logs "n"] "next match";
        PreviousMatch "log-previous" Reads [Logs "N"] "match before";
        Timestamps "timestamps" Reads [Logs "t"] "time stamps, again: UTC, local, relative, none";
        Wrap "wrap" Reads [Logs "w"] "wrap long lines";
        Mark "log-mark" Reads [Logs "m"] "draw a line under what was seen";
        Containers "all-containers" Reads [Logs "a"] "all containers, again: the default one";
        FullScreen "log-full-screen" Reads [Logs "f"] "full screen";
        Previous "log-instance" Reads [Logs "p"] "previous instance, again: the present one";
        Clear "log-clear" Reads [Logs "C"] "clear what is shown";
        Copy "log-copy" Reads [Logs "c"] "copy what is shown";
        Save "log-save" Reads [Logs "ctrl-s"] "save all that was received";
        Pretty "log-json" Reads [Logs "y"] "the line as pretty JSON";
        Pod "log-pod" Reads [Logs "enter"] "go to the pod of the line";
    }
}
