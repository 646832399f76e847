//! The demo cluster answers kubectl as the real control plane does: `tests/conformance/story` is played on both.

use std::path::Path;
use std::process::{Command, Stdio};

use super::real::Real;
use super::served::Served;

#[tokio::test]
async fn kubectl_cannot_tell_the_demo_from_the_real_one() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let demo = Served::start();
    let kubeconfig = demo.kubeconfig();
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

/// What kwok cannot do, and so is not compared: it does not pass on the end of what is typed.
#[tokio::test]
async fn kubectl_pipes_and_copies_in_the_demo() {
    let Some(real) = Real::connect().await else {
        return;
    };
    let demo = Served::start();
    let kubeconfig = demo.kubeconfig();
    let file = demo.folder().join("up");
    let bytes: Vec<u8> = (0..300_000_u32)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    std::fs::write(&file, &bytes).unwrap();
    let run = |streams: &str, input: Option<&Path>, words: &[&str]| {
        let input = input.map_or(Stdio::null(), |path| std::fs::File::open(path).unwrap().into());
        let done = Command::new(real.folder().join("bin/kubectl"))
            .arg("--kubeconfig")
            .arg(&kubeconfig)
            .args(["-n", "shop"])
            .args(words)
            .env("KUBECTL_REMOTE_COMMAND_WEBSOCKETS", streams)
            .stdin(input)
            .output()
            .unwrap();
        (
            done.status.success(),
            done.stdout,
            String::from_utf8_lossy(&done.stderr).into_owned(),
        )
    };
    let (_, name, _) = run(
        "true",
        None,
        &[
            "get",
            "pods",
            "-l",
            "app.kubernetes.io/name=web",
            "-o",
            "jsonpath={.items[0].metadata.name}",
        ],
    );
    let pod = String::from_utf8(name).unwrap();
    // Over WebSocket channels, and over SPDY as older clients do.
    for streams in ["true", "false"] {
        let (worked, piped, said) = run(streams, Some(&file), &["exec", "-i", &pod, "--", "cat"]);
        assert!(worked && piped == bytes, "{said}");
        let there = format!("{pod}:/tmp/there-{streams}");
        let back = demo.folder().join(format!("back-{streams}"));
        let (worked, _, said) = run(streams, None, &["cp", file.to_str().unwrap(), &there]);
        assert!(worked, "{said}");
        let (worked, _, said) = run(streams, None, &["cp", &there, back.to_str().unwrap()]);
        assert!(worked && std::fs::read(&back).unwrap() == bytes, "{said}");
    }
}
