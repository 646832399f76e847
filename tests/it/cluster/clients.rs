//! Programs built on client-go find in the demo cluster what they find in a real one: `tests/clients` checks both.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::real::Real;
use super::served::Served;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients");

fn program() -> PathBuf {
    let built = Command::new(format!("{FOLDER}/build")).output().unwrap();
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    let said = String::from_utf8(built.stdout).unwrap();
    said.lines().last().unwrap().into()
}

/// Whatever a program did not find.
fn failures(program: &Path, kubeconfig: &Path) -> String {
    let ran = Command::new(program)
        .args(["-answers", &format!("{FOLDER}/answers")])
        .arg(kubeconfig)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    if ran.status.success() {
        assert!(said.starts_with("ok "), "it checked nothing: {said}");
        return String::new();
    }
    let kept: Vec<&str> = said.lines().filter(|line| !line.starts_with("ok ")).collect();
    format!("{}\n{}", kept.join("\n"), String::from_utf8_lossy(&ran.stderr))
}

#[tokio::test]
async fn client_go_finds_the_same_in_both() {
    let Some(real) = Real::connect().await else {
        return;
    };
    real.measured().await;
    let demo = Served::start();
    let kubeconfig = demo.kubeconfig();
    let (program, admin) = (program(), real.folder().join("admin.kubeconfig"));
    // The demo runs on a thread of its own, so this one may wait for both.
    let (ours, theirs) = std::thread::scope(|scope| {
        let theirs = scope.spawn(|| failures(&program, &admin));
        (failures(&program, &kubeconfig), theirs.join().unwrap())
    });
    assert_eq!((ours, theirs), (String::new(), String::new()), "demo, real");
}
