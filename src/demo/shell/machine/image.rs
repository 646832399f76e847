//! The files that a container begins with: of its image, of the kernel, of volumes and mounted maps.

use serde_json::Value;

use super::{Machine, PAGES};
use crate::demo::image::Shells;
use crate::demo::object::{items, text};
use crate::demo::shell::outside;

impl Machine {
    pub(super) fn read_files(&mut self, pod: &Value, source: &Value) {
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
            .extend(files.map(|(path, content)| (path, content.into())));
        self.lay_pages();
        let more =
            self.outside
                .proc()
                .into_iter()
                .chain(outside::mounted(&self.outside, pod, source, &self.node));
        self.files
            .extend(more.map(|(path, content)| (path, content.into())));
        self.mount_config(pod, source);
    }

    /// The pages that an nginx image comes with.
    fn lay_pages(&mut self) {
        if crate::demo::image::repository(&self.image)
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
        self.around
            .store
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
            for (name, content) in crate::demo::object::pairs(&map["data"]) {
                self.files
                    .insert(format!("{}/{name}", text(mount, "/mountPath")), content.into());
            }
        }
    }

    /// The volumes that hold what is written: of the pod, or of a claim, which outlives pods.
    pub(super) fn mount_volumes(&mut self, pod: &Value, source: &Value, uid: &str) {
        for mount in items(source, "/volumeMounts") {
            let mut volumes = items(pod, "/spec/volumes").iter();
            let Some(volume) = volumes.find(|volume| volume["name"] == mount["name"]) else {
                continue;
            };
            let claim = text(volume, "/persistentVolumeClaim/claimName");
            let instance = if !claim.is_empty() {
                let uid = self
                    .around
                    .store
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
            self.volumes.push((at, self.around.disks.open(instance)));
        }
        self.volumes.sort_by_key(|(at, _)| std::cmp::Reverse(at.len()));
    }
}
