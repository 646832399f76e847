//! The table of settings: name, shape, default, help, and where the value goes. The reader, the commented defaults and the JSON schema all come
//! from it. To add a setting, add a field and a row.

use super::settings::{ContextSettings, Limits, LogSettings, Settings, Thresholds, TimeStyle};
use super::shape::{Shape, Value};
use crate::theme::Depth;

/// One setting.
pub(super) struct Entry<T> {
    /// `logs.since`: section and key; a key alone stands above all sections.
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    /// The default as TOML. For contexts: an example.
    pub(super) default: &'static str,
    /// For the commented defaults and the schema; lines of at most 100 characters.
    #[cfg_attr(not(test), expect(dead_code, reason = "the files made from it are embedded"))]
    pub(super) help: &'static str,
    /// Puts a value of the right shape where it belongs.
    pub(super) set: fn(&mut T, Value),
}

const fn entry<T>(
    name: &'static str,
    shape: Shape,
    default: &'static str,
    help: &'static str,
    set: fn(&mut T, Value),
) -> Entry<T> {
    Entry {
        name,
        shape,
        default,
        help,
        set,
    }
}

/// Settings that hold everywhere.
pub(super) const SETTINGS: &[Entry<Settings>] = &[
    entry(
        "theme",
        Shape::Text,
        "\"auto\"",
        "A theme by name: dark, light, contrast, sixteen, nord, or a file of your own: themes/NAME.toml beside this one.\n\
         \"auto\" takes what fits the terminal.",
        |s, v| s.theme = Some(v.text()).filter(|name| name != "auto"),
    ),
    entry(
        "colours",
        Shape::OneOf(&["auto", "truecolor", "256", "16", "none"]),
        "\"auto\"",
        "How many colours the terminal shows. \"auto\" asks its environment: NO_COLOR, COLORTERM, TERM.",
        |s, v| s.colours = Depth::named(&v.text()),
    ),
    entry(
        "ascii",
        Shape::Bool,
        "false",
        "Draw frames and bars with ASCII only.",
        |s, v| s.ascii = v.is_on(),
    ),
    entry(
        "mouse",
        Shape::Bool,
        "true",
        "Listen to the mouse. Shift still selects text in most terminals.",
        |s, v| s.mouse = v.is_on(),
    ),
    entry(
        "view",
        Shape::Text,
        "\"pods\"",
        "The command to open with.",
        |s, v| s.view = v.text(),
    ),
    entry(
        "readonly",
        Shape::Bool,
        "false",
        "Refuse every change, in every context. --write overrides it for one run.",
        |s, v| s.read_only = v.is_on(),
    ),
    entry(
        "protected",
        Shape::Texts(usize::MAX),
        "[\"prod\"]",
        "Contexts whose name contains one of these are protected: red, read-only until `:write`, and a change asks\n\
         for the object's name.",
        |s, v| s.protected = v.texts(),
    ),
    entry(
        "favourites",
        Shape::Texts(9),
        "[\"default\", \"kube-system\"]",
        "Namespaces of the keys 1 to 9; 0 is all namespaces.",
        |s, v| s.favourites = v.texts(),
    ),
    entry(
        "logs.since",
        Shape::Span,
        "\"15m\"",
        "How far back logs begin; \"0s\" for all there is.",
        |s, v| s.logs.since_seconds = v.number(),
    ),
    entry(
        "logs.tail",
        Shape::Integer(0, 1_000_000),
        "200",
        "Lines a container to begin with; 0 for all there are. Older ones come by scrolling up.",
        |s, v| s.logs.tail = v.number() as u32,
    ),
    entry(
        "logs.streams",
        Shape::Integer(1, 1000),
        "100",
        "Streams a log pane opens at once; the rest waits.",
        |s, v| s.logs.streams = v.number() as u32,
    ),
    entry(
        "logs.memory-mib",
        Shape::Integer(1, 65_536),
        "64",
        "Mebibytes of lines a log pane keeps.",
        |s, v| s.logs.memory_mib = v.number() as u32,
    ),
    entry("logs.wrap", Shape::Bool, "false", "Wrap long lines.", |s, v| {
        s.logs.wrap = v.is_on();
    }),
    entry(
        "logs.timestamps",
        Shape::OneOf(&["off", "utc", "local", "relative"]),
        "\"local\"",
        "Time stamps before lines.",
        |s, v| {
            s.logs.timestamps = match v.text().as_str() {
                "off" => TimeStyle::Off,
                "utc" => TimeStyle::Utc,
                "relative" => TimeStyle::Relative,
                _ => TimeStyle::Local,
            };
        },
    ),
    entry(
        "thresholds.cpu",
        Shape::Limits,
        "[70, 90]",
        "Per cent of CPU from which a bar is a warning, and from which it is bad.",
        |s, v| s.thresholds.cpu = v.limits(),
    ),
    entry(
        "thresholds.memory",
        Shape::Limits,
        "[70, 90]",
        "The same for memory.",
        |s, v| s.thresholds.memory = v.limits(),
    ),
    entry(
        "thresholds.pods",
        Shape::Limits,
        "[80, 95]",
        "The same for the pods of a node.",
        |s, v| s.thresholds.pods = v.limits(),
    ),
];

/// Settings of a `[contexts."NAME"]` section.
pub(super) const CONTEXT: &[Entry<ContextSettings>] = &[
    entry("theme", Shape::Text, "\"nord\"", "Its theme.", |s, v| {
        s.theme = Some(v.text());
    }),
    entry(
        "colour",
        Shape::Colour,
        "\"bright-green\"",
        "Its colour: #rrggbb, a name, or one of 256.",
        |s, v| s.colour = Some(v.text()),
    ),
    entry("readonly", Shape::Bool, "true", "Refuse every change.", |s, v| {
        s.read_only = Some(v.is_on());
    }),
    entry(
        "protected",
        Shape::Bool,
        "false",
        "Protected or not, whatever its name.",
        |s, v| s.protected = Some(v.is_on()),
    ),
    entry(
        "namespaces",
        Shape::Texts(usize::MAX),
        "[\"team-a\"]",
        "Namespaces to open with, and to know where they may not be listed.",
        |s, v| s.namespaces = Some(v.texts()),
    ),
    entry(
        "favourites",
        Shape::Texts(9),
        "[\"team-a\", \"team-b\"]",
        "Namespaces of the keys 1 to 9.",
        |s, v| s.favourites = Some(v.texts()),
    ),
];

impl Default for Settings {
    /// The defaults of the table.
    fn default() -> Self {
        let none = Limits { warn: 0, bad: 0 };
        let mut settings = Self {
            theme: None,
            colours: None,
            ascii: false,
            mouse: false,
            view: String::new(),
            read_only: false,
            protected: Vec::new(),
            favourites: Vec::new(),
            logs: LogSettings {
                since_seconds: 0,
                tail: 0,
                streams: 0,
                memory_mib: 0,
                wrap: false,
                timestamps: TimeStyle::Off,
            },
            thresholds: Thresholds {
                cpu: none,
                memory: none,
                pods: none,
            },
        };
        for entry in SETTINGS {
            let value = toml::de::DeValue::parse(entry.default).ok();
            if let Some(value) = value.and_then(|value| entry.shape.read(value.get_ref())) {
                (entry.set)(&mut settings, value);
            }
        }
        settings
    }
}
