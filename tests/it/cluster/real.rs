//! The running control plane of `tests/cluster`. One test has it at a time.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};
use kubris::model::{Gvr, ObjectKey, Uid};
use serde_json::Value;
use tokio::sync::{Mutex, MutexGuard};

static TURN: Mutex<()> = Mutex::const_new(());

/// The control plane, for one test.
pub struct Real {
    /// May do everything.
    pub client: kube::Client,
    folder: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

impl Real {
    /// `None` where there is none; said on stderr past the test harness, which keeps what passing tests print.
    pub async fn connect() -> Option<Self> {
        let Some(path) = std::env::var_os("KUBRIS_TEST_KUBECONFIG") else {
            let test = std::thread::current().name().unwrap_or("a test").to_owned();
            let _ = writeln!(
                std::io::stderr(),
                "SKIPPED {test}: KUBRIS_TEST_KUBECONFIG is not set, see tests/cluster/README.md"
            );
            return None;
        };
        let turn = TURN.lock().await;
        let path = PathBuf::from(path);
        Some(Self {
            client: client(&path).await,
            folder: path.parent().unwrap().to_owned(),
            _turn: turn,
        })
    }

    /// The folder of the cluster: kubeconfigs, logs, programs.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// An object with its uid.
    pub async fn key(&self, gvr: Gvr, namespace: &str, name: &str) -> ObjectKey {
        let mut key = ObjectKey {
            gvr,
            namespace: namespace.into(),
            name: name.into(),
            uid: Uid::NONE,
        };
        let text = self.send("GET", &key.path(None), &Value::Null).await.unwrap();
        let object: Value = serde_json::from_str(&text).unwrap();
        key.uid = Uid::parse(object["metadata"]["uid"].as_str().unwrap());
        key
    }

    /// `tests/cluster/ctl`: kills, starts, freezes or thaws one of its processes.
    pub fn control(&self, verb: &str, process: &str) {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cluster/ctl");
        let status = Command::new(script)
            .arg(&self.folder)
            .args([verb, process])
            .status();
        assert!(status.expect("ctl starts").success(), "ctl {verb} {process}");
    }

    /// Waits until the API server is ready again.
    pub async fn settle(&self) {
        let ready = async {
            while self.send("GET", "/readyz", &Value::Null).await.is_err() {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), ready)
            .await
            .expect("the API server is ready again");
    }

    /// Waits until metrics-server has measured nodes and pods: it takes a while after its start, and after that of the API server.
    pub async fn measured(&self) {
        let measured = async {
            for resource in ["nodes", "pods"] {
                let path = format!("/apis/metrics.k8s.io/v1beta1/{resource}");
                while !self
                    .send("GET", &path, &Value::Null)
                    .await
                    .is_ok_and(|said| said.contains("\"usage\""))
                {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(180), measured)
            .await
            .expect("metrics-server has measured nodes and pods");
    }

    /// What the pinned kubectl prints.
    pub fn kubectl(&self, arguments: &[&str]) -> String {
        let output = Command::new(self.folder.join("bin/kubectl"))
            .arg("--kubeconfig")
            .arg(self.folder.join("admin.kubeconfig"))
            .args(arguments)
            .output()
            .expect("kubectl starts");
        assert!(
            output.status.success(),
            "kubectl {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).expect("kubectl prints UTF-8")
    }

    /// A request with a JSON body, or none for `Value::Null`; the answer as text.
    pub async fn send(&self, method: &str, path: &str, body: &Value) -> Result<String, kube::Error> {
        let body = if body.is_null() {
            Vec::new()
        } else {
            serde_json::to_vec(body).unwrap()
        };
        self.request(method, path, "application/json", body).await
    }

    /// A JSON patch.
    pub async fn patch(&self, path: &str, operations: &Value) -> Result<String, kube::Error> {
        let body = serde_json::to_vec(operations).unwrap();
        self.request("PATCH", path, "application/json-patch+json", body)
            .await
    }

    async fn request(
        &self,
        method: &str,
        path: &str,
        kind: &str,
        body: Vec<u8>,
    ) -> Result<String, kube::Error> {
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", kind)
            .body(body)
            .unwrap();
        self.client.request_text(request).await
    }
}

async fn client(kubeconfig: &Path) -> kube::Client {
    let kubeconfig = Kubeconfig::read_from(kubeconfig).expect("a kubeconfig");
    let config = kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
        .await
        .expect("a usable kubeconfig");
    kube::Client::try_from(config).expect("a client")
}
