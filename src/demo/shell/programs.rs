//! Which programs an image with a shell holds. Runs none.

use crate::demo::image::Shells;

/// Programs that can be started by name where there is a shell.
pub const PROGRAMS: [&str; 67] = [
    "ls", "cat", "env", "printenv", "ps", "top", "df", "du", "free", "hostname", "date", "echo", "printf",
    "sleep", "whoami", "id", "uname", "uptime", "pwd", "true", "false", "wc", "head", "tail", "grep", "sort",
    "uniq", "cut", "tr", "stty", "tput", "clear", "curl", "wget", "ping", "nslookup", "dig", "getent", "nc",
    "less", "touch", "rm", "mkdir", "test", "which", "kill", "base64", "tar", "seq", "find", "mount",
    "netstat", "ss", "chroot", "nproc", "sed", "awk", "xargs", "tee", "cp", "mv", "basename", "dirname",
    "sync", "host", "[", "rmdir",
];

/// The programs that are shells, and whether an image with `shells` holds them.
pub fn is_shell(name: &str, shells: Shells) -> Option<bool> {
    match name.rsplit('/').next().unwrap_or(name) {
        "sh" | "ash" | "dash" => Some(shells != Shells::None),
        "bash" => Some(shells == Shells::Bash),
        _ => None,
    }
}
