//! The demo cluster answers kubectl as the real control plane does: `tests/conformance/story` is played on both.

use std::path::Path;
use std::process::Command;

use kubris::demo;

use super::real::Real;

#[tokio::test]
async fn kubectl_cannot_tell_the_demo_from_the_real_one() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let demo = demo::start(demo::Options::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let kubeconfig = folder.path().join("demo.kubeconfig");
    std::fs::write(&kubeconfig, demo.kubeconfig()).unwrap();
    // Stays, so that a difference can be looked at.
    let outputs = Path::new(env!("CARGO_TARGET_TMPDIR")).join("conformance");
    let _ = std::fs::remove_dir_all(&outputs);
    // The demo runs on a thread of its own, so this one may wait for the script.
    let played = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/conformance/run"))
        .arg(real.folder().join("bin/kubectl"))
        .arg(real.folder().join("admin.kubeconfig"))
        .arg(&kubeconfig)
        .arg(&outputs)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&played.stdout);
    let differs: Vec<&str> = said
        .lines()
        .filter(|line| !line.starts_with("works ") && !line.starts_with("known "))
        .collect();
    assert!(
        played.status.success(),
        "{}\n{}",
        differs.join("\n"),
        String::from_utf8_lossy(&played.stderr)
    );
}
