//! Rows of the action table for every table: order, filter, marks, columns, namespaces. It must not know how they are carried out.

use super::actions;

actions! {
    /// The table itself.
    Table {
        Filter "filter" Reads [Table "/"] "filter: regexp, !inverse, -l selector, -f fuzzy";
        Faults "faults" Reads [Table "ctrl-z"] "show faults only";
        Wide "wide" Reads [Table "ctrl-w"] "show all columns";
        Refresh "refresh" Reads [Table "ctrl-r"] "list again";
        Save "save-table" Reads [Table "ctrl-s"] "save what is shown as CSV";
        Mark "mark" Reads [Table "space"] "mark, again: unmark";
        MarkRange "mark-range" Reads [Table "ctrl-space"] "mark from the nearest mark to here";
        ClearMarks "clear-marks" Reads [Table "ctrl-\\"] "clear all marks";
        SortName "sort-name" Reads [Table "N"] "sort by name, again: reverse";
        SortAge "sort-age" Reads [Table "A"] "sort by age";
        SortStatus "sort-status" Reads [Table "S"] "sort by status";
        SortNamespace "sort-namespace" Reads [Table "P"] "sort by namespace";
        SortCpu "sort-cpu" Reads [Table "C"] "sort by CPU";
        SortMemory "sort-memory" Reads [Table "M"] "sort by memory";
        SortReady "sort-restarts" Reads [Table "R"] "sort by restarts, else by ready";
        ColumnLeft "column-left" Reads [Table "shift-left"] "choose the column to the left";
        ColumnRight "column-right" Reads [Table "shift-right"] "choose the column to the right";
        SortColumn "sort-column" Reads [Table "O"] "sort by the chosen column";
        AllNamespaces "all-namespaces" Reads [Table "0"] "all namespaces";
        Favourite1 "favourite-1" Reads [Table "1"] "first favourite namespace";
        Favourite2 "favourite-2" Reads [Table "2"] "second favourite namespace";
        Favourite3 "favourite-3" Reads [Table "3"] "third favourite namespace";
        Favourite4 "favourite-4" Reads [Table "4"] "fourth favourite namespace";
        Favourite5 "favourite-5" Reads [Table "5"] "fifth favourite namespace";
        Favourite6 "favourite-6" Reads [Table "6"] "sixth favourite namespace";
        Favourite7 "favourite-7" Reads [Table "7"] "seventh favourite namespace";
        Favourite8 "favourite-8" Reads [Table "8"] "eighth favourite namespace";
        Favourite9 "favourite-9" Reads [Table "9"] "ninth favourite namespace";
        Warnings "warnings" Reads [Events ""] "show warnings only";
    }
}

impl Table {
    /// Which favourite namespace it stands for, counted from 1. `None` for everything else.
    pub const fn favourite(self) -> Option<usize> {
        Some(match self {
            Self::Favourite1 => 1,
            Self::Favourite2 => 2,
            Self::Favourite3 => 3,
            Self::Favourite4 => 4,
            Self::Favourite5 => 5,
            Self::Favourite6 => 6,
            Self::Favourite7 => 7,
            Self::Favourite8 => 8,
            Self::Favourite9 => 9,
            _ => return None,
        })
    }
}
