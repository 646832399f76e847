//! What can be typed after `kubris`. It must not carry anything out.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum, ValueHint};

use super::examples;
use crate::demo::world::flavor::Flavor;

/// A terminal cluster explorer for Kubernetes. Without a command it opens on the pods of the current context.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "kubris",
    version,
    max_term_width = 110,
    disable_help_subcommand = true
)]
#[command(after_help = "keys: press ? inside · no cluster at hand: kubris demo · settings: kubris config")]
pub struct Args {
    /// Which cluster, and how.
    #[command(flatten)]
    pub global: Global,
    /// Open with this command instead of pods, as typed after `:` inside (`-c :nodes`, `-c 'po shop /web'`)
    #[arg(short = 'c', long = "command", value_name = "COMMAND", help_heading = None)]
    pub open: Option<String>,
    /// What to do instead of opening the explorer.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Options of every command.
#[derive(Debug, Clone, Default, ClapArgs)]
#[command(next_help_heading = "Cluster")]
pub struct Global {
    /// Kubeconfig file, instead of $KUBECONFIG and ~/.kube/config
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig, instead of its current one
    #[arg(long, global = true, value_name = "NAME")]
    pub context: Option<String>,
    /// Namespaces, separated by commas, instead of the context's
    #[arg(
        short,
        long,
        global = true,
        value_name = "NAMES",
        value_delimiter = ',',
        conflicts_with = "all_namespaces"
    )]
    pub namespace: Vec<String>,
    /// All namespaces
    #[arg(short = 'A', long, global = true)]
    pub all_namespaces: bool,
    /// Act as this user
    #[arg(long = "as", global = true, value_name = "USER")]
    pub impersonate: Option<String>,
    /// Act as a member of this group; may be repeated
    #[arg(
        long = "as-group",
        global = true,
        value_name = "GROUP",
        requires = "impersonate"
    )]
    pub impersonate_groups: Vec<String>,
    /// Refuse every change
    #[arg(long, global = true, conflicts_with = "write")]
    pub readonly: bool,
    /// Allow changes, also where the context is protected or read-only
    #[arg(long, global = true)]
    pub write: bool,
}

impl Global {
    /// `--readonly` (`Some(true)`), `--write` (`Some(false)`), or neither.
    pub fn read_only(&self) -> Option<bool> {
        (self.readonly || self.write).then_some(self.readonly)
    }
}

/// One-shot commands.
#[derive(Debug, Clone, Subcommand)]
pub enum Command {
    /// List objects, with the columns of the explorer
    Get(Get),
    /// List nodes with their capacity
    Nodes(Nodes),
    /// List events, newest first
    Events(Events),
    /// Tail the logs of pods, in order of time
    Logs(Logs),
    /// Change the number of replicas
    Scale(Scale),
    /// Run a command in a container
    Exec(Exec),
    /// List the contexts of the kubeconfig, usable or not
    Contexts(Contexts),
    /// Print a completion script for a shell
    Completion(Completion),
    /// Print all settings with their defaults, as a commented file
    Config(Config),
    /// Open a pretend cluster that needs no server, or serve it to others
    Demo(Demo),
    /// Find and mend what breaks in a pretend cluster, against the clock
    Gameday(Gameday),
    /// Print what is needed to understand a problem: versions, folders, terminal, settings, kubeconfig
    Diag,
}

/// How a list is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
    /// Columns, as in the explorer
    #[default]
    Table,
    /// All columns
    Wide,
    /// The objects as the API server sends them; for views, rows by column name
    Json,
    /// The same as YAML
    Yaml,
    /// All columns, separated by commas
    Csv,
    /// kind/name
    Name,
}

/// Objects by their labels.
#[derive(Debug, Clone, Default, ClapArgs)]
pub struct Labels {
    /// Label selector (`app=web,tier!=test`)
    #[arg(
        short = 'l',
        long,
        value_name = "SELECTOR",
        default_value = "",
        hide_default_value = true
    )]
    pub selector: String,
}

/// `get`.
#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = examples::GET)]
pub struct Get {
    /// Kinds by any of their names (`po`, `deploy,sts`, `crontabs.stable.example.com`), a category (`all`), or KIND/NAME, several of them
    pub kind: String,
    /// Names of objects; all of them when there is none
    pub names: Vec<String>,
    /// Which of them.
    #[command(flatten)]
    pub labels: Labels,
    /// How to print
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Format,
    /// What kubectl has and this has not: the explorer is for that.
    #[arg(short, long, hide = true)]
    pub watch: bool,
}

/// `nodes`.
#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = examples::NODES)]
pub struct Nodes {
    /// Names of nodes; all of them when there is none
    pub names: Vec<String>,
    /// Which of them.
    #[command(flatten)]
    pub labels: Labels,
    /// How to print
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Format,
}

/// `events`.
#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = examples::EVENTS)]
pub struct Events {
    /// Warnings only
    #[arg(long)]
    pub warnings: bool,
    /// Events about one object only
    #[arg(long = "for", value_name = "KIND/NAME")]
    pub about: Option<String>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Format,
}

/// `logs`.
#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = examples::LOGS)]
pub struct Logs {
    /// KIND/NAME of anything that has pods (`deploy/web`, `node/ip-10-0-1-5`), or a regular expression for names of pods
    #[arg(default_value = "", hide_default_value = true)]
    pub query: String,
    /// Which of them.
    #[command(flatten)]
    pub labels: Labels,
    /// This container only
    #[arg(short, long, value_name = "NAME")]
    pub container: Option<String>,
    /// All containers, init containers too
    #[arg(long, conflicts_with = "container")]
    pub all_containers: bool,
    /// How far back to begin (`15m`, `48h`); `0s` for all there is
    #[arg(short, long, value_name = "SPAN", value_parser = span)]
    pub since: Option<u64>,
    /// Lines a container to begin with; -1 for all there are
    #[arg(long, value_name = "LINES", allow_negative_numbers = true)]
    pub tail: Option<i64>,
    /// The previous instance of each container
    #[arg(short, long)]
    pub previous: bool,
    /// Wait for pods, too, when there are none of that name yet; lines are followed anyway
    #[arg(short, long, conflicts_with = "no_follow")]
    pub follow: bool,
    /// End with what there is instead of waiting for more
    #[arg(long)]
    pub no_follow: bool,
    /// Streams open at once; the rest waits
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    pub max_log_requests: Option<u32>,
    /// Print time stamps
    #[arg(short, long)]
    pub timestamps: bool,
    /// Lines that match this regular expression only; may be repeated
    #[arg(short, long, value_name = "REGEX")]
    pub include: Vec<String>,
    /// Not the lines that match this regular expression; may be repeated
    #[arg(short, long, value_name = "REGEX")]
    pub exclude: Vec<String>,
    /// How to print
    #[arg(short, long, value_enum, default_value_t)]
    pub output: LogFormat,
}

/// How log lines are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum LogFormat {
    /// Pod, container and line
    #[default]
    Default,
    /// The line
    Raw,
    /// An object a line
    Json,
}

/// `scale`.
#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = examples::SCALE)]
pub struct Scale {
    /// KIND/NAME of what is to be scaled
    pub target: String,
    /// How many: `5`, `+2`, `-1`, `x1.5` or `50%`
    #[arg(allow_hyphen_values = true)]
    pub replicas: String,
    /// Do it without asking
    #[arg(short, long)]
    pub yes: bool,
}

/// `exec`.
#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = examples::EXEC)]
pub struct Exec {
    /// Pod, or KIND/NAME of what has pods (`deploy/web`): the most active of them
    pub pod: String,
    /// Container; the default one otherwise
    #[arg(short, long, value_name = "NAME")]
    pub container: Option<String>,
    /// Pass standard input on, even when it is no pipe
    #[arg(short = 'i', long)]
    pub stdin: bool,
    /// With a terminal; the default when no command is given and there is one
    #[arg(short, long)]
    pub tty: bool,
    /// Command and its arguments; a shell when there is none
    #[arg(last = true)]
    pub command: Vec<String>,
}

/// `contexts`.
#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = examples::CONTEXTS)]
pub struct Contexts {
    /// How to print
    #[arg(short, long, value_enum, default_value_t)]
    pub output: Format,
}

/// `completion`.
#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = examples::COMPLETION)]
pub struct Completion {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// `config`.
#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = examples::CONFIG)]
pub struct Config {
    /// Print what is wrong in the files instead, and fail if anything is
    #[arg(long, group = "what")]
    pub check: bool,
    /// Print the JSON schema of config.toml instead
    #[arg(long, group = "what")]
    pub schema: bool,
    /// Print where the files are instead
    #[arg(long, group = "what")]
    pub paths: bool,
    /// Print all keys as a keymap file instead
    #[arg(long, group = "what")]
    pub keymap: bool,
}

/// `demo`.
#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = examples::DEMO)]
pub struct Demo {
    /// Serve until interrupted instead of opening the explorer; prints where the kubeconfig is
    #[arg(long)]
    pub serve: bool,
    /// Take orders to misbehave at /debug/faults: latency, errors, broken streams, lost events, a wrong clock
    #[arg(long, requires = "serve")]
    pub faults: bool,
    /// Port on 127.0.0.1; any free one when 0
    #[arg(long, default_value_t = 0)]
    pub port: u16,
    /// Write the kubeconfig here instead of the state folder
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "serve")]
    pub write_kubeconfig: Option<PathBuf>,
    /// At least this many pods
    #[arg(long, default_value_t = 0)]
    pub pods: usize,
    /// At least this many nodes
    #[arg(long, default_value_t = Demo::default().nodes)]
    pub nodes: usize,
    /// Changes a second that a watcher of pods sees of those that `--pods` adds, besides what happens anyway: `1000/s` replaces 200 pods, as each
    /// makes five changes
    #[arg(long, default_value_t = 0.0, value_name = "CHANGES/S", value_parser = per_second)]
    pub churn: f64,
    /// Log lines a second that all pods write together: `100000`, `300/s`; 0: as many as their programs usually do
    #[arg(long, default_value_t = 0.0, value_name = "LINES/S", value_parser = per_second)]
    pub log_rate: f64,
    /// Equal seeds give equal clusters; 7 unless a scenario's file says otherwise
    #[arg(long)]
    pub seed: Option<u64>,
    /// Let this go wrong, in a cluster that is otherwise sound, as with --calm (`kubris gameday list` names them; or a FILE, see `kubris gameday --example`)
    #[arg(long, value_name = "NAME|FILE", value_hint = ValueHint::FilePath)]
    pub scenario: Option<String>,
    /// Begin without anything wrong
    #[arg(long)]
    pub calm: bool,
    /// Whose cluster it looks like; eks unless a scenario's file says otherwise
    #[arg(long, value_enum)]
    pub flavor: Option<Flavor>,
}

impl Default for Demo {
    fn default() -> Self {
        Self {
            serve: false,
            faults: false,
            port: 0,
            write_kubeconfig: None,
            pods: 0,
            nodes: 9,
            churn: 0.0,
            log_rate: 0.0,
            seed: None,
            scenario: None,
            calm: false,
            flavor: None,
        }
    }
}

/// `gameday`.
#[derive(Debug, Clone, ClapArgs)]
#[command(after_help = examples::GAMEDAY)]
pub struct Gameday {
    /// Which one: `list` names them, `random` is any; or a FILE of your own
    #[arg(default_value = "random", value_name = "NAME|FILE", value_hint = ValueHint::FilePath)]
    pub scenario: String,
    /// Whose cluster it looks like; eks unless the file says otherwise
    #[arg(long, value_enum)]
    pub flavor: Option<Flavor>,
    /// Equal seeds give equal clusters; 7 unless the file says otherwise
    #[arg(long)]
    pub seed: Option<u64>,
    /// Print a game day's file, with everything that can stand in one, to begin your own with
    #[arg(long)]
    pub example: bool,
}

fn span(text: &str) -> Result<u64, String> {
    crate::config::seconds(text).ok_or_else(|| "expected a span like `15m`, `48h` or `1h30m`".to_owned())
}

/// A rate, with or without its unit.
fn per_second(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix("/s").unwrap_or(text).parse().ok();
    number
        .filter(|rate: &f64| rate.is_finite() && *rate >= 0.0)
        .ok_or_else(|| "expected so many a second, like `50` or `2.5/s`, not below 0".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Result<Args, clap::Error> {
        Args::try_parse_from(std::iter::once("kubris").chain(line.split_whitespace()))
    }

    #[test]
    fn the_definition_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn global_options_stand_anywhere() {
        let args = parse("-n a,b get po --context prod --as me --as-group x --as-group y").unwrap();
        assert_eq!(args.global.namespace, ["a", "b"]);
        assert_eq!(args.global.context.as_deref(), Some("prod"));
        assert_eq!(args.global.impersonate_groups, ["x", "y"]);
        assert!(parse("-A -n a").is_err());
        assert!(parse("--as-group x").is_err());
        assert_eq!(parse("--write").unwrap().global.read_only(), Some(false));
        assert_eq!(parse("").unwrap().global.read_only(), None);
        assert!(parse("--write --readonly").is_err());
    }

    #[test]
    fn the_same_letter_means_what_the_command_needs() {
        assert_eq!(parse("-c :nodes").unwrap().open.as_deref(), Some(":nodes"));
        let Some(Command::Exec(exec)) = parse("exec web-1 -c app -- ls -c /").unwrap().command else {
            panic!()
        };
        assert_eq!(
            (exec.container.as_deref(), exec.command.join(" ").as_str()),
            (Some("app"), "ls -c /")
        );
        let Some(Command::Logs(logs)) = parse("logs deploy/web -c app --since 1h --tail -1")
            .unwrap()
            .command
        else {
            panic!()
        };
        assert_eq!(
            (logs.container.as_deref(), logs.since, logs.tail),
            (Some("app"), Some(3600), Some(-1))
        );
    }

    #[test]
    fn wishes_of_scale_may_begin_with_a_sign() {
        for wish in ["5", "+2", "-1", "x1.5", "50%"] {
            let args = parse(&format!("scale deploy/web {wish} --yes")).unwrap();
            let Some(Command::Scale(scale)) = args.command else {
                panic!("{wish}")
            };
            assert_eq!((scale.replicas.as_str(), scale.yes), (wish, true));
        }
    }

    #[test]
    fn the_demo_takes_its_size() {
        let args = parse("demo --serve --pods 10000 --nodes 200 --churn 2.5 --seed 3").unwrap();
        let Some(Command::Demo(demo)) = args.command else {
            panic!()
        };
        assert_eq!((demo.pods, demo.nodes, demo.seed), (10_000, 200, Some(3)));
        assert!(parse("demo --churn -1").is_err());
    }

    #[test]
    fn a_rate_may_say_its_unit() {
        for (word, rate) in [("1000/s", 1000.0), ("2.5/s", 2.5), ("50", 50.0)] {
            let args = parse(&format!("demo --churn {word} --log-rate {word}")).unwrap();
            let Some(Command::Demo(demo)) = args.command else {
                panic!("{word}")
            };
            assert_eq!((demo.churn, demo.log_rate), (rate, rate));
        }
        for word in ["/s", "1000/m", "inf", "-1/s"] {
            let said = parse(&format!("demo --churn={word}")).unwrap_err().to_string();
            assert!(said.contains("2.5/s"), "{said}");
        }
    }
}
