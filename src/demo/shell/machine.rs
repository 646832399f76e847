//! What one finds inside a container: its names, environment, files and programs, taken from the world when the command starts.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::disk::Disk;
use super::is_shell;
use super::outside::{self, Outside};
use crate::clock::Timestamp;
use crate::demo::kubelet::status::address;
use crate::demo::kubelet_api::{ExecRequest, Usage};
use crate::demo::world::World;
use crate::demo::world::image::{Nature, Shells, nature};
use crate::demo::world::object::{items, text};
use crate::demo::world::state::key;

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
    pub files: BTreeMap<String, Vec<u8>>,
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
    /// The world outside.
    pub world: World,
    disk: Disk,
    /// What other containers and pods see, too: where it is mounted, longest path first.
    volumes: Vec<(String, Disk)>,
}

impl Machine {
    /// The container a request names; `None` if it does not run.
    pub fn of(world: &World, request: &ExecRequest) -> Option<Self> {
        let pod = world.store().read("pods", &request.namespace, &request.pod)?;
        let inner = world.lock();
        let seen = inner.pods.get(&key(&request.namespace, &request.pod))?.clone();
        drop(inner);
        let life = seen.life.as_ref()?;
        let lists = [
            "/spec/containers",
            "/spec/initContainers",
            "/spec/ephemeralContainers",
        ];
        let mut all = lists.iter().flat_map(|list| items(&pod, list));
        let source = all.find(|c| text(c, "/name") == request.container)?;
        let known = life
            .runs(&seen.spec)
            .find(|(_, container)| container.name == request.container);
        let (began, restarts, limit) = match known {
            Some((run, container)) => (run.running()?, run.restarts, container.limits.1),
            // An ephemeral one, which has no life of its own.
            None => (life.started?, 0, 0),
        };
        let image = text(source, "/image").to_owned();
        let mut machine = Self {
            namespace: request.namespace.clone(),
            pod: request.pod.clone(),
            ip: life.ip.map(address).unwrap_or_default(),
            node: text(&pod, "/spec/nodeName").to_owned(),
            nature: nature(&image),
            image,
            environment: BTreeMap::new(),
            files: BTreeMap::new(),
            command: String::new(),
            began,
            limit,
            outside: Outside::of(
                &pod,
                &world
                    .store()
                    .read("nodes", "", text(&pod, "/spec/nodeName"))
                    .unwrap_or_default(),
            ),
            root: String::new(),
            world: world.clone(),
            disk: world
                .disks()
                .open((seen.uid.to_string(), request.container.clone(), restarts)),
            volumes: Vec::new(),
        };
        machine.command = machine.first_process(&command_of(source));
        machine.read_environment(&pod, source);
        machine.read_files(&pod, source);
        machine.mount_volumes(&pod, source, &seen.uid);
        machine.refresh();
        Some(machine)
    }

    fn first_process(&self, command: &[String]) -> String {
        let last = crate::demo::world::image::repository(&self.image)
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

    /// The page that this container's nginx has at a path, if it is asked at this address.
    pub fn serves(&self, address: &str, path: &str) -> Option<&[u8]> {
        let own = address == "127.0.0.1" || address == self.ip;
        let path = if path.is_empty() || path.ends_with('/') {
            format!("{path}index.html")
        } else {
            path.to_owned()
        };
        let page = self.files.get(&format!("{PAGES}/{path}"));
        page.filter(|_| own).map(Vec::as_slice)
    }

    /// The address of a service; empty if there is none.
    pub fn address_of(&self, namespace: &str, service: &str) -> String {
        let service = self.world.store().read("services", namespace, service);
        service.map_or_else(String::new, |service| {
            text(&service, "/spec/clusterIP").to_owned()
        })
    }

    fn read_environment(&mut self, pod: &Value, source: &Value) {
        let mut all: BTreeMap<String, String> = [
            (
                "PATH",
                "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            ),
            ("HOSTNAME", self.host()),
            ("HOME", "/root"),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        if pod["spec"]["enableServiceLinks"] != false {
            all.extend(self.service_links());
        }
        for from in items(source, "/envFrom") {
            let map = self
                .world
                .store()
                .read("configmaps", &self.namespace, text(from, "/configMapRef/name"))
                .unwrap_or_default();
            all.extend(crate::demo::world::spec::pairs(&map["data"]));
        }
        for one in items(source, "/env") {
            all.insert(text(one, "/name").to_owned(), self.value(pod, one));
        }
        self.environment = all;
    }

    /// The variables of the namespace's services (`pkg/kubelet/envvars`).
    fn service_links(&self) -> Vec<(String, String)> {
        let mut all = Vec::new();
        let services = self.world.store().list("services", Some(&self.namespace));
        let api = self.world.store().object("services", "default", "kubernetes");
        for service in services.iter().chain(&api).map(|service| service.value()) {
            let address = text(&service, "/spec/clusterIP");
            let name = text(&service, "/metadata/name").to_uppercase().replace('-', "_");
            let ports = items(&service, "/spec/ports");
            if matches!(address, "" | "None") || ports.is_empty() {
                continue;
            }
            all.push((format!("{name}_SERVICE_HOST"), address.to_owned()));
            for (at, port) in ports.iter().enumerate() {
                let (number, protocol) = (&port["port"], port["protocol"].as_str().unwrap_or("TCP"));
                let (lower, stem) = (
                    protocol.to_lowercase(),
                    format!("{name}_PORT_{number}_{protocol}"),
                );
                let whole = format!("{lower}://{address}:{number}");
                if at == 0 {
                    all.push((format!("{name}_SERVICE_PORT"), number.to_string()));
                    all.push((format!("{name}_PORT"), whole.clone()));
                }
                if let Some(title) = port["name"].as_str().filter(|title| !title.is_empty()) {
                    let title = title.to_uppercase().replace('-', "_");
                    all.push((format!("{name}_SERVICE_PORT_{title}"), number.to_string()));
                }
                all.push((format!("{stem}_PROTO"), lower));
                all.push((format!("{stem}_PORT"), number.to_string()));
                all.push((format!("{stem}_ADDR"), address.to_owned()));
                all.push((stem, whole));
            }
        }
        all
    }

    fn value(&self, pod: &Value, one: &Value) -> String {
        if let Some(value) = one["value"].as_str() {
            return value.to_owned();
        }
        let from = &one["valueFrom"];
        if let Some(path) = from["fieldRef"]["fieldPath"].as_str() {
            let at = format!("/{}", path.replace('.', "/"));
            return text(pod, &at).to_owned();
        }
        if from.get("resourceFieldRef").is_some() {
            return self.limit.to_string();
        }
        for (kind, resource) in [("secretKeyRef", "secrets"), ("configMapKeyRef", "configmaps")] {
            let Some(reference) = from.get(kind) else { continue };
            let object = self
                .world
                .store()
                .read(resource, &self.namespace, text(reference, "/name"))
                .unwrap_or_default();
            let value = object["data"][text(reference, "/key")]
                .as_str()
                .unwrap_or_default();
            let decoded = if resource == "secrets" {
                STANDARD.decode(value).unwrap_or_default()
            } else {
                value.into()
            };
            return String::from_utf8_lossy(&decoded).into_owned();
        }
        String::new()
    }

    fn read_files(&mut self, pod: &Value, source: &Value) {
        let release = if self.nature.shells == Shells::Bash {
            "Debian GNU/Linux 13 (trixie)"
        } else {
            "Alpine Linux v3.22"
        };
        let (base, space) = ("/var/run/secrets/kubernetes.io/serviceaccount", &self.namespace);
        let root = self.config_map("kube-root-ca.crt");
        let local = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback";
        let dns = self.address_of("kube-system", "kube-dns");
        // EC2 gives its nodes a domain of their own.
        let domain = self
            .node
            .split_once('.')
            .map_or(String::new(), |(_, domain)| format!(" {domain}"));
        let search = format!("svc.cluster.local svc.cluster.local cluster.local{domain}");
        let limit = if self.limit == 0 {
            "max".into()
        } else {
            self.limit.to_string()
        };
        let files = [
            ("/etc/hostname".into(), format!("{}\n", self.host())),
            (
                "/etc/hosts".into(),
                format!(
                    "# Kubernetes-managed hosts file.\n{local}\n{}\t{}\n",
                    self.ip, self.pod
                ),
            ),
            (
                "/etc/resolv.conf".into(),
                format!("search {space}.{search}\nnameserver {dns}\noptions ndots:5\n"),
            ),
            ("/etc/os-release".into(), format!("PRETTY_NAME=\"{release}\"\n")),
            (
                "/etc/passwd".into(),
                "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n".into(),
            ),
            ("/proc/1/cmdline".into(), self.command.replace(' ', "\0")),
            ("/sys/fs/cgroup/memory.max".into(), format!("{limit}\n")),
            (format!("{base}/namespace"), space.clone()),
            (
                format!("{base}/token"),
                "eyJhbGciOiJSUzI1NiIsImtpZCI6ImRlbW8ifQ.pretend.token".into(),
            ),
            (format!("{base}/ca.crt"), text(&root, "/data/ca.crt").to_owned()),
        ];
        self.files
            .extend(files.map(|(path, content)| (path, content.into_bytes())));
        self.lay_pages();
        let more =
            self.outside
                .proc()
                .into_iter()
                .chain(outside::mounted(&self.outside, pod, source, &self.node));
        self.files
            .extend(more.map(|(path, content)| (path, content.into_bytes())));
        self.mount_config(pod, source);
    }

    /// The pages that an nginx image comes with.
    fn lay_pages(&mut self) {
        if crate::demo::world::image::repository(&self.image)
            .rsplit('/')
            .next()
            .is_some_and(|name| name.starts_with("nginx"))
        {
            let page = "<html><head><title>Welcome to nginx!</title></head><body><h1>Welcome to nginx!</h1></body></html>\n";
            self.files.insert(format!("{PAGES}/index.html"), page.into());
            self.files.insert(
                "/etc/nginx/nginx.conf".to_owned(),
                format!("http {{ server {{ listen 80; root {PAGES}; }} }}\n").into(),
            );
        }
    }

    fn config_map(&self, name: &str) -> Value {
        self.world
            .store()
            .read("configmaps", &self.namespace, name)
            .unwrap_or_default()
    }

    fn mount_config(&mut self, pod: &Value, source: &Value) {
        for mount in items(source, "/volumeMounts") {
            let volume = items(pod, "/spec/volumes")
                .iter()
                .find(|volume| volume["name"] == mount["name"]);
            let Some(name) = volume.and_then(|volume| volume["configMap"]["name"].as_str()) else {
                continue;
            };
            let map = self.config_map(name);
            for (name, content) in crate::demo::world::spec::pairs(&map["data"]) {
                self.files.insert(
                    format!("{}/{name}", text(mount, "/mountPath")),
                    content.into_bytes(),
                );
            }
        }
    }

    /// The volumes that hold what is written: of the pod, or of a claim, which outlives pods.
    fn mount_volumes(&mut self, pod: &Value, source: &Value, uid: &str) {
        for mount in items(source, "/volumeMounts") {
            let mut volumes = items(pod, "/spec/volumes").iter();
            let Some(volume) = volumes.find(|volume| volume["name"] == mount["name"]) else {
                continue;
            };
            let claim = text(volume, "/persistentVolumeClaim/claimName");
            let instance = if !claim.is_empty() {
                let uid = self
                    .world
                    .store()
                    .read("persistentvolumeclaims", &self.namespace, claim);
                let uid = uid.map_or_else(String::new, |claim| text(&claim, "/metadata/uid").to_owned());
                (uid, "claim".to_owned(), 0)
            } else if volume.get("emptyDir").is_some() {
                (uid.to_owned(), format!("volume/{}", text(volume, "/name")), 0)
            } else {
                continue;
            };
            let at = text(mount, "/mountPath").trim_end_matches('/').to_owned();
            self.files.entry(format!("{at}/.keep")).or_default();
            self.volumes.push((at, self.world.disks().open(instance)));
        }
        self.volumes.sort_by_key(|(at, _)| std::cmp::Reverse(at.len()));
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
    pub fn write(&mut self, path: String, content: Vec<u8>) -> bool {
        let (disk, inside) = self.disk_of(&path);
        let fits = disk.write(&inside, &content);
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
            None if self.nature.shells != Shells::None && super::builtin::PROGRAMS.contains(&name) => {
                Ok(format!("/usr/bin/{name}"))
            }
            Some(false) | None => Err(missing()),
        }
    }

    /// The time in the cluster.
    pub fn now(&self) -> Timestamp {
        self.world.store().clock().now()
    }

    /// What its pod uses now, by container.
    pub fn usage(&self) -> Vec<(String, Usage)> {
        let inner = self.world.lock();
        inner
            .pods
            .get(&key(&self.namespace, &self.pod))
            .map(|pod| inner.usage_of(pod, self.now()))
            .unwrap_or_default()
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
