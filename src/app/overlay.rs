//! What stands over the panes and takes all keys: prompts, pickers, confirmations, help. Nothing else is modal.

pub mod confirm;
pub mod help;
pub mod picker;
pub mod prompt;
pub mod scale;

pub use confirm::{Button, Confirm};
pub use help::Help;
pub use picker::{Pick, PickItem, Picker};
pub use prompt::{CommandPrompt, FilterPrompt};
pub use scale::{ScaleDialog, ScaleTarget};

/// The overlay, if there is one.
#[derive(Debug)]
pub enum Overlay {
    /// `:`
    Command(CommandPrompt),
    /// `/`
    Filter(FilterPrompt),
    /// A change to confirm.
    Confirm(Box<Confirm>),
    /// The scale prompt.
    Scale(Box<ScaleDialog>),
    /// Something to choose.
    Picker(Box<Picker>),
    /// Keys and commands.
    Help(Help),
    /// What a credential plugin says.
    Plugin(String),
}
