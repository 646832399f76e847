//! Where the program's files are. It must not create or read them.

use std::path::PathBuf;

use etcetera::base_strategy::{BaseStrategy, Xdg};

/// The folders of the program, on every system as the XDG base directory specification says. They need not exist.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Folders {
    /// `$KUBRIS_CONFIG_DIR`, else `$XDG_CONFIG_HOME/kubris`: config.toml, keymap.toml, themes.
    pub config: PathBuf,
    /// `$XDG_STATE_HOME/kubris`: audit journal, trace, saved tables and logs, history.
    pub state: PathBuf,
    /// `$XDG_CACHE_HOME/kubris`: what can be deleted at any time.
    pub cache: PathBuf,
}

impl Folders {
    /// From the environment. Without a home folder everything is below the temporary folder.
    pub fn from_env() -> Self {
        let mut folders = if let Ok(xdg) = Xdg::new() {
            Self {
                config: xdg.config_dir().join("kubris"),
                state: xdg.state_dir().unwrap_or_else(|| xdg.data_dir()).join("kubris"),
                cache: xdg.cache_dir().join("kubris"),
            }
        } else {
            let folder = std::env::temp_dir().join("kubris");
            Self {
                config: folder.join("config"),
                state: folder.join("state"),
                cache: folder.join("cache"),
            }
        };
        if let Some(config) = std::env::var_os("KUBRIS_CONFIG_DIR").filter(|folder| !folder.is_empty()) {
            folders.config = config.into();
        }
        folders
    }
}
