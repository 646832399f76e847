//! Files to settings. It collects what is wrong in them and never refuses to start; it must not look at a cluster.

mod folders;
mod read;
mod settings;
mod shape;
mod table;

#[cfg(test)]
mod generate;

pub use folders::Folders;
pub use settings::{ContextSettings, Limits, LogSettings, Settings, Thresholds, TimeStyle};
pub use shape::seconds;

use std::path::Path;

use crate::keymap::Keymap;
use crate::model::Problem;
use crate::theme::{self, Depth, Theme};

/// All settings with their defaults, as a commented file.
pub const DEFAULTS: &str = include_str!("../assets/config.toml");
/// What a configuration file may say, as JSON schema (draft 2020-12).
pub const SCHEMA: &str = include_str!("../assets/config.schema.json");

/// Everything a person has configured.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// What holds everywhere.
    pub settings: Settings,
    /// The keys.
    pub keymap: Keymap,
    /// What is wrong in the files.
    pub problems: Vec<Problem>,
    /// Where files are.
    pub folders: Folders,
    contexts: Vec<(String, ContextSettings)>,
}

impl Config {
    /// Reads `config.toml` and `keymap.toml` of the configuration folder; files that are not there leave the defaults.
    pub fn load(folders: Folders) -> Self {
        let mut config = Self::default();
        if let Some((file, text)) = text_of(&folders.config.join("config.toml"), &mut config.problems) {
            config.read(&file, &text);
        }
        if let Some((file, text)) = text_of(&folders.config.join("keymap.toml"), &mut config.problems) {
            let (keymap, problems) = Keymap::read(&file, &text);
            config.keymap = keymap;
            config.problems.extend(problems);
        }
        config.folders = folders;
        config
    }

    /// Takes over what the text of a configuration file says.
    pub fn read(&mut self, file: &str, text: &str) {
        let contents = read::read(file, text);
        self.settings = contents.settings;
        self.contexts = contents.contexts;
        self.problems.extend(contents.problems);
    }

    /// What a context has of its own: sections whose pattern (`*` stands for anything) matches its name; an earlier one wins.
    pub fn context(&self, name: &str) -> ContextSettings {
        let matching = self.contexts.iter().filter(|(pattern, _)| matches(pattern, name));
        matching.fold(ContextSettings::default(), |settings, (_, more)| {
            settings.or(more.clone())
        })
    }

    /// True when the context is protected: by its section, else by its name.
    pub fn is_protected(&self, context: &str) -> bool {
        self.context(context).protected.unwrap_or_else(|| {
            let name = context.to_lowercase();
            self.settings
                .protected
                .iter()
                .any(|part| !part.is_empty() && name.contains(&part.to_lowercase()))
        })
    }

    /// True when a session on the context starts read-only. `asked` is `--readonly` (`Some(true)`) or `--write` (`Some(false)`) and wins; then
    /// the section of the context, then `readonly`, then protection.
    pub fn is_read_only(&self, context: &str, asked: Option<bool>) -> bool {
        let own = asked.or(self.context(context).read_only);
        own.unwrap_or_else(|| self.settings.read_only || self.is_protected(context))
    }

    /// The favourite namespaces of a context, at most 9.
    pub fn favourites(&self, context: &str) -> Vec<String> {
        self.context(context)
            .favourites
            .unwrap_or_else(|| self.settings.favourites.clone())
    }

    /// The theme for a context, with the colours the terminal has, and what is wrong in its file.
    pub fn theme(&self, context: &str, env: impl Fn(&str) -> Option<String>) -> (Theme, Vec<Problem>) {
        let depth = self.settings.colours.unwrap_or_else(|| Depth::detect(&env));
        let wanted = self
            .context(context)
            .theme
            .or_else(|| self.settings.theme.clone());
        let name = wanted.unwrap_or_else(|| theme::automatic(depth, env).to_owned());
        let (mut theme, problems) = self.theme_named(&name, depth);
        for (pattern, settings) in &self.contexts {
            if let Some(colour) = settings.colour.as_ref().filter(|_| matches(pattern, context)) {
                theme.paint(context, colour);
                break;
            }
        }
        (theme, problems)
    }

    /// Why there is no theme of a name; `None` when there is one.
    pub fn no_theme(&self, name: &str) -> Option<String> {
        let path = self.folders.config.join("themes").join(format!("{name}.toml"));
        let known: Vec<&str> = theme::EMBEDDED.iter().map(|(name, _)| *name).collect();
        let is_name = !name.is_empty() && !name.contains(['/', '\\']) && !name.starts_with('.');
        let found = known.contains(&name) || (is_name && path.exists());
        (!found).then(|| {
            format!(
                "no theme `{name}`: known are {}, and files like {}",
                known.join(", "),
                path.display()
            )
        })
    }

    /// A theme by name: a file in `themes/` of the configuration folder, else one that comes with the program.
    fn theme_named(&self, name: &str, depth: Depth) -> (Theme, Vec<Problem>) {
        let mut problems = Vec::new();
        let is_name = !name.is_empty() && !name.contains(['/', '\\']) && !name.starts_with('.');
        let path = self.folders.config.join("themes").join(format!("{name}.toml"));
        if let Some((file, text)) = is_name.then(|| text_of(&path, &mut problems)).flatten() {
            let (theme, more) = Theme::read(name, &file, &text, depth);
            problems.extend(more);
            return (theme, problems);
        }
        if let Some(message) = self.no_theme(name) {
            problems.push(Problem::new("config.toml", message));
        }
        (Theme::embedded(name, depth), problems)
    }
}

/// The text of a file with its name for messages. `None` when it is not there or cannot be read; the latter is a problem.
fn text_of(path: &Path, problems: &mut Vec<Problem>) -> Option<(String, String)> {
    let file = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => Some((file, text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => {
            problems.push(Problem::new(
                file,
                format!("cannot be read: {error}; the defaults are used"),
            ));
            None
        }
    }
}

/// Whether a name matches a pattern in which `*` stands for any text.
fn matches(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(name) = name.strip_prefix(first) else {
        return false;
    };
    let starts = name.char_indices().map(|(at, _)| at).chain([name.len()]);
    starts
        .filter_map(|at| name.get(at..))
        .any(|tail| matches(rest, tail))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theme::Role;

    fn config(text: &str) -> Config {
        let mut config = Config::default();
        config.read("config.toml", text);
        config
    }

    #[test]
    fn a_theme_that_is_not_there_is_said_without_a_file_to_blame() {
        let config = Config::default();
        let why = config.no_theme("nosuch").unwrap();
        assert!(
            why.starts_with("no theme `nosuch`: known are ") && !why.contains("config.toml"),
            "{why}"
        );
        assert_eq!(config.no_theme(theme::EMBEDDED[0].0), None);
    }

    #[test]
    fn the_defaults_are_those_of_the_table() {
        let settings = Settings::default();
        assert_eq!(settings.logs.since_seconds, 900);
        assert_eq!(settings.logs.tail, 200);
        assert_eq!(settings.thresholds.pods, Limits { warn: 80, bad: 95 });
        assert_eq!(settings.view, "pods");
        assert_eq!(settings.theme, None);
        assert_eq!(settings.favourites, ["default", "kube-system"]);
    }

    #[test]
    fn production_is_protected_and_starts_read_only() {
        let config =
            config("[contexts.\"prod-sandbox\"]\nprotected = false\n[contexts.qa]\nreadonly = true\n");
        assert!(config.is_protected("eks-PROD-1"));
        assert!(config.is_read_only("eks-prod-1", None));
        assert!(!config.is_read_only("eks-prod-1", Some(false)));
        assert!(!config.is_protected("prod-sandbox"));
        assert!(!config.is_read_only("dev", None));
        assert!(config.is_read_only("dev", Some(true)));
        assert!(config.is_read_only("qa", None));
    }

    #[test]
    fn an_earlier_section_of_a_context_wins() {
        let config = config(
            "favourites = [\"x\"]\n[contexts.\"eu-*-prod\"]\nfavourites = [\"a\"]\n[contexts.\"eu-*\"]\nfavourites = [\"b\"]\n\
             namespaces = [\"n\"]\n",
        );
        assert_eq!(config.problems, []);
        assert_eq!(config.favourites("eu-west-prod"), ["a"]);
        assert_eq!(
            config.context("eu-west-prod").namespaces,
            Some(vec!["n".to_owned()])
        );
        assert_eq!(config.favourites("eu-west"), ["b"]);
        assert_eq!(config.favourites("us-west"), ["x"]);
    }

    #[test]
    fn patterns_match_whole_names() {
        assert!(matches("eu-*-prod", "eu-west-1-prod"));
        assert!(matches("*", ""));
        assert!(!matches("eu", "eu-west"));
        assert!(!matches("eu-*-prod", "eu-prod"));
        assert!(matches("*ü*", "über"));
    }

    #[test]
    fn a_context_has_its_theme_and_colour() {
        let config = config("[contexts.dev]\ntheme = \"light\"\ncolour = \"bright-green\"\n");
        let env = |name: &str| (name == "COLORTERM").then(|| "truecolor".to_owned());
        let (theme, problems) = config.theme("dev", env);
        assert_eq!(problems, []);
        assert_eq!(theme.name(), "light");
        assert_ne!(
            theme.context("dev", false),
            theme.style(Role::context("dev", false))
        );
        assert_eq!(config.theme("other", env).0.name(), "dark");
    }

    #[test]
    fn files_of_ones_own_are_found_and_their_mistakes_reported() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        std::fs::create_dir(path.join("themes")).unwrap();
        std::fs::write(path.join("config.toml"), "theme = \"mine\"\nmouse = 3\n").unwrap();
        std::fs::write(path.join("keymap.toml"), "[table]\nyaml = \"Y\"\nyamm = \"x\"\n").unwrap();
        std::fs::write(path.join("themes/mine.toml"), "[roles]\nok = \"bleu\"\n").unwrap();
        let folders = Folders {
            config: path.to_owned(),
            ..Folders::default()
        };
        let config = Config::load(folders);
        let (theme, problems) = config.theme("dev", |_| None);
        assert_eq!(theme.name(), "mine");
        let all: Vec<String> = config
            .problems
            .iter()
            .chain(&problems)
            .map(ToString::to_string)
            .collect();
        assert_eq!(all.len(), 3, "{all:#?}");
        assert!(
            all[0].ends_with("config.toml:2: `mouse`: expected `true` or `false`"),
            "{}",
            all[0]
        );
        assert!(
            all[1].ends_with("keymap.toml:3: unknown action `yamm` in [table], did you mean `yaml`?"),
            "{}",
            all[1]
        );
        assert!(all[2].contains("mine.toml:2: no colour"), "{}", all[2]);
    }

    #[test]
    fn an_unknown_theme_is_reported_and_replaced() {
        let (theme, problems) = config("theme = \"../../etc/passwd\"").theme("dev", |_| None);
        assert_eq!(theme.name(), "dark");
        assert_eq!(problems.len(), 1);
    }

    #[test]
    fn the_commented_defaults_are_the_defaults() {
        let mut all = DEFAULTS.to_owned();
        assert_eq!(config(&all).problems, []);
        all = all
            .lines()
            .map(|line| line.strip_prefix("#: ").unwrap_or(line))
            .fold(String::new(), |text, line| text + line + "\n");
        let config = config(&all);
        assert_eq!(config.problems, []);
        assert_eq!(config.settings, Settings::default());
        assert!(config.context("staging-1").colour.is_some());
    }
}
