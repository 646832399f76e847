//! What one finds inside a container: its names, environment, files and programs, taken from what is around it when the command starts.

mod environment;
mod image;
mod root;

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::Value;

use super::around::{Around, Running};
use super::disk::{Disk, Files};
use super::outside::Outside;
use super::programs::{PROGRAMS, is_shell};
use crate::clock::Timestamp;
use crate::demo::image::{Nature, Shells, nature};
use crate::demo::kubelet_api::{ExecRequest, Usage};
use crate::demo::object::{items, text};

/// A running container.
#[derive(Debug)]
pub struct Machine {
    /// Namespace.
    pub namespace: String,
    /// Pod name, which is also the host name.
    pub pod: String,
    /// Its address.
    pub ip: String,
    /// Its node.
    pub node: String,
    /// Image.
    pub image: String,
    /// What the image does.
    pub nature: &'static Nature,
    /// Environment.
    pub environment: BTreeMap<String, String>,
    /// Files by full path; what is written goes through [`Machine::write`].
    pub files: Files,
    /// Command line of process 1.
    pub command: String,
    /// When it began.
    pub began: Timestamp,
    /// Memory limit in bytes; 0: none.
    pub limit: u64,
    /// Its node, as far as it can be seen.
    pub outside: Outside,
    /// What stands before every path, after `chroot`.
    pub root: String,
    /// The cluster.
    pub around: Around,
    disk: Disk,
    /// What other containers and pods see, too: where it is mounted, longest path first.
    volumes: Vec<(String, Disk)>,
}

impl Machine {
    /// The container that a request names, of a pod; `None` if the pod has none of that name.
    pub fn of(around: Around, pod: &Value, running: Running, request: &ExecRequest) -> Option<Self> {
        let lists = [
            "/spec/containers",
            "/spec/initContainers",
            "/spec/ephemeralContainers",
        ];
        let mut all = lists.iter().flat_map(|list| items(pod, list));
        let source = all.find(|c| text(c, "/name") == request.container)?;
        let image = text(source, "/image").to_owned();
        let node = text(pod, "/spec/nodeName").to_owned();
        let outside = Outside::of(pod, &around.store.read("nodes", "", &node).unwrap_or_default());
        let instance = (running.uid.to_string(), request.container.clone(), running.number);
        let mut machine = Self {
            namespace: request.namespace.clone(),
            pod: request.pod.clone(),
            ip: running.ip,
            node,
            nature: nature(&image),
            image,
            environment: BTreeMap::new(),
            files: Files::new(),
            command: String::new(),
            began: running.began,
            limit: running.limit,
            outside,
            root: String::new(),
            disk: around.disks.open(instance),
            around,
            volumes: Vec::new(),
        };
        machine.command = machine.first_process(&command_of(source));
        machine.read_environment(pod, source);
        machine.read_files(pod, source);
        machine.mount_volumes(pod, source, &running.uid);
        machine.refresh();
        Some(machine)
    }

    fn first_process(&self, command: &[String]) -> String {
        let last = crate::demo::image::repository(&self.image)
            .rsplit('/')
            .next()
            .unwrap_or("app")
            .to_owned();
        match command.first() {
            Some(first) if !first.starts_with('-') => command.join(" "),
            Some(_) => format!("/{last} {}", command.join(" ")),
            None => format!("/app/{last} --config /etc/{last}/config.yaml"),
        }
    }

    /// Its host name: the node's, where it has the node's network.
    pub fn host(&self) -> &str {
        if self.outside.network {
            &self.node
        } else {
            &self.pod
        }
    }

    /// The page that this container's nginx has at a path.
    pub fn serves(&self, path: &str) -> Option<&Bytes> {
        let index = if path.is_empty() || path.ends_with('/') {
            "index.html"
        } else {
            ""
        };
        self.files
            .get(&format!("{PAGES}/{}{index}", path.trim_start_matches('/')))
    }

    /// The address of a service; empty if there is none.
    pub fn address_of(&self, namespace: &str, service: &str) -> String {
        let service = self.around.store.read("services", namespace, service);
        service.map_or_else(String::new, |service| {
            text(&service, "/spec/clusterIP").to_owned()
        })
    }

    /// Sees what others have written meanwhile.
    pub fn refresh(&mut self) {
        if self.root.is_empty() {
            self.disk.lay_over("", &mut self.files);
            for (at, disk) in &self.volumes {
                disk.lay_over(at, &mut self.files);
            }
        }
    }

    /// The disk that a path lies on, and its path there.
    fn disk_of(&self, path: &str) -> (&Disk, String) {
        let full = format!("{}{path}", self.root);
        let mounted = self.volumes.iter().find_map(|(at, disk)| {
            let inside = full.strip_prefix(at)?;
            inside.starts_with('/').then(|| (disk, inside.to_owned()))
        });
        mounted.unwrap_or((&self.disk, full))
    }

    /// Writes a file that the next command here sees, too. Whether there was room for it.
    pub fn write(&mut self, path: String, content: impl Into<Bytes>) -> bool {
        let content = content.into();
        let (disk, inside) = self.disk_of(&path);
        let fits = disk.write(&inside, content.clone());
        if fits {
            self.files.insert(path, content);
        }
        fits
    }

    /// Takes a file away; whether it was there.
    pub fn remove(&mut self, path: &str) -> bool {
        let (disk, inside) = self.disk_of(path);
        disk.remove(&inside);
        self.files.remove(path).is_some()
    }

    /// Whether a program is there; its path if it is.
    ///
    /// # Errors
    /// The words of the runtime: `executable file not found in $PATH`, or that there is no such file.
    pub fn find(&self, program: &str) -> Result<String, String> {
        let missing = || {
            if program.contains('/') {
                format!("stat {program}: no such file or directory")
            } else {
                "executable file not found in $PATH".to_owned()
            }
        };
        let name = program.rsplit('/').next().unwrap_or(program);
        match is_shell(program, self.nature.shells) {
            Some(true) => Ok(format!("/bin/{name}")),
            None if self.nature.shells != Shells::None && PROGRAMS.contains(&name) => {
                Ok(format!("/usr/bin/{name}"))
            }
            Some(false) | None => Err(missing()),
        }
    }

    /// The time in the cluster.
    pub fn now(&self) -> Timestamp {
        self.around.store.clock().now()
    }

    /// What its pod uses now, by container.
    pub fn usage(&self) -> Vec<(String, Usage)> {
        let neighbours = &self.around.neighbours;
        neighbours.usage(&self.namespace, &self.pod, self.now())
    }

    /// Whether `path` is a folder: something lies below it, or it is one of the usual ones.
    pub fn is_folder(&self, path: &str) -> bool {
        let below = format!("{}/", path.trim_end_matches('/'));
        path == "/"
            || FOLDERS.contains(&path)
            || self.files.keys().any(|file| file.starts_with(&below))
            || FOLDERS.iter().any(|folder| folder.starts_with(&below))
    }

    /// The names directly in a folder, sorted, each with whether it is a folder itself.
    pub fn entries(&self, path: &str) -> Vec<(String, bool)> {
        let below = format!("{}/", path.trim_end_matches('/'));
        let mut names: BTreeMap<String, bool> = BTreeMap::new();
        for full in self.files.keys().map(String::as_str).chain(FOLDERS) {
            if let Some(rest) = full.strip_prefix(&below).filter(|rest| !rest.is_empty()) {
                let (name, deeper) = rest
                    .split_once('/')
                    .map_or((rest, false), |(name, _)| (name, true));
                *names.entry(name.to_owned()).or_default() |= deeper || FOLDERS.contains(&full);
            }
        }
        names.remove(".keep"); // what `mkdir` leaves
        names.into_iter().collect()
    }
}

impl Machine {
    /// Every file and folder by its full path, and whether it is a folder; sorted.
    pub fn everything(&self) -> BTreeMap<String, bool> {
        let mut all: BTreeMap<String, bool> = FOLDERS
            .iter()
            .map(|folder| ((*folder).to_owned(), true))
            .collect();
        all.insert("/".to_owned(), true);
        for file in self.files.keys() {
            let folders = file.char_indices().filter(|(at, c)| *c == '/' && *at > 0);
            all.extend(folders.filter_map(|(at, _)| Some((file.get(..at)?.to_owned(), true))));
            if !file.ends_with("/.keep") {
                all.insert(file.clone(), false);
            }
        }
        all
    }
}

/// What a container was told to run.
pub fn command_of(container: &Value) -> Vec<String> {
    let words = |list: &str| {
        items(container, list)
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
    };
    words("/command").chain(words("/args")).collect()
}

/// Where nginx keeps its pages.
pub const PAGES: &str = "/usr/share/nginx/html";

const FOLDERS: [&str; 19] = [
    "/app", "/bin", "/dev", "/etc", "/home", "/lib", "/media", "/mnt", "/opt", "/proc", "/root", "/run",
    "/sbin", "/srv", "/sys", "/tmp", "/usr", "/var", "/var/log",
];
