//! The small shell inside pretend containers: what `kubectl exec` finds there. It computes its answers and touches nothing of the real machine.

mod around;
mod builtin;
mod console;
mod disk;
mod editor;
mod files;
mod full_screen;
mod glob;
mod machine;
mod net;
mod outside;
mod parse;
mod process;
mod programs;
mod rhythm;
mod interpreter;
mod session;
mod sum;
mod system;
mod tar;
mod text_tools;
mod told;
mod transcript;

use crate::demo::kubelet_api::{ExecRequest, Exit, Streams};

pub use around::{Around, Name, Neighbours, Running};
pub use disk::Disks;
pub use machine::{Machine, command_of};
pub use process::{Process, Program};
pub use told::main_command;
pub use transcript::{Logs, Transcript};

use self::console::Console;
use self::rhythm::Rhythm;
use self::session::Session;

/// Runs a command in a container until it ends.
pub async fn run(machine: Machine, request: ExecRequest, streams: Streams) -> Exit {
    let Some(program) = request.command.first().cloned() else {
        return Exit::Failed("no command given".into());
    };
    if let Err(why) = machine.find(&program) {
        let id = crate::demo::ids::stable_hex(&[&machine.pod, &program], 64);
        return Exit::Failed(format!(
            "failed to start exec \"{id}\": OCI runtime exec failed: exec failed: unable to start container process: exec: \"{program}\": {why}: unknown"
        ));
    }
    let console = Console::new(streams, request.tty, request.stdin);
    let rhythm = Rhythm::of(machine.around.store.clock());
    let mut session = Session::new(machine, console, rhythm);
    let code = session.exec(&request.command).await;
    Exit::Code(session.left.unwrap_or(code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::demo::clock::Clock;
    use crate::demo::kubelet_api::{Kubelets, Output};
    use crate::demo::resource::Registry;
    use crate::demo::store::Store;
    use crate::demo::world::{self, World};
    use bytes::Bytes;
    use tokio::sync::{mpsc, watch};

    struct Terminal {
        keys: Option<mpsc::Sender<Bytes>>,
        screen: mpsc::Receiver<Output>,
        size: watch::Sender<(u16, u16)>,
        exit: tokio::task::JoinHandle<Exit>,
    }

    fn world() -> World {
        let clock = Clock::driven(Timestamp::from_seconds(1_795_000_000));
        World::build(
            &Store::new(Registry::builtin(), clock, 7),
            &world::Options::default(),
        )
        .unwrap()
    }

    fn start(stem: &str, command: &[&str], tty: bool) -> Terminal {
        start_in(&world(), stem, command, tty)
    }

    fn start_in(world: &World, stem: &str, command: &[&str], tty: bool) -> Terminal {
        let pod = world
            .lock()
            .pods
            .keys()
            .find(|key| key.1.starts_with(stem))
            .unwrap()
            .clone();
        let container = world.lock().pods[&pod].spec.containers[0].name.clone();
        let (keys, input) = mpsc::channel(64);
        let (output, screen) = mpsc::channel(64);
        let (size, sizes) = watch::channel((80, 24));
        let request = ExecRequest {
            namespace: pod.0.to_string(),
            pod: pod.1.to_string(),
            container,
            command: command.iter().map(|word| (*word).to_owned()).collect(),
            stdin: true,
            tty,
        };
        let task = world.exec(
            request,
            Streams {
                input,
                output,
                size: sizes,
            },
        );
        Terminal {
            keys: Some(keys),
            screen,
            size,
            exit: tokio::spawn(task),
        }
    }

    impl Terminal {
        async fn type_in(&self, text: &str) {
            self.keys
                .as_ref()
                .unwrap()
                .send(Bytes::copy_from_slice(text.as_bytes()))
                .await
                .unwrap();
        }

        /// Everything printed until `wanted` was seen.
        async fn until(&mut self, wanted: &str) -> String {
            let mut seen = String::new();
            while !seen.contains(wanted) {
                match self.screen.recv().await {
                    Some(Output::Out(bytes) | Output::Err(bytes)) => seen += &String::from_utf8_lossy(&bytes),
                    None => panic!("`{wanted}` never came: {seen:?}"),
                }
            }
            seen
        }

        async fn end(mut self) -> (String, String, Exit) {
            self.keys = None;
            let (mut out, mut err) = (String::new(), String::new());
            while let Some(output) = self.screen.recv().await {
                match output {
                    Output::Out(bytes) => out += &String::from_utf8_lossy(&bytes),
                    Output::Err(bytes) => err += &String::from_utf8_lossy(&bytes),
                }
            }
            (out, err, self.exit.await.unwrap())
        }
    }

    async fn once(command: &[&str]) -> (String, String, Exit) {
        start("checkout-", command, false).end().await
    }

    #[tokio::test]
    async fn commands_give_their_output_and_exit_code() {
        assert_eq!(
            once(&["echo", "a  b", "$HOME"]).await,
            ("a  b $HOME\n".into(), String::new(), Exit::Code(0))
        );
        assert_eq!(
            once(&["sh", "-c", "echo one; exit 3"]).await,
            ("one\n".into(), String::new(), Exit::Code(3))
        );
        assert_eq!(
            once(&["bash", "-c", "nonsense"]).await,
            (String::new(), "sh: nonsense: not found\n".into(), Exit::Code(127))
        );
        let (out, _, _) = once(&[
            "sh",
            "-c",
            "echo $APP_NAME $?; env | grep -c AWS_; cat /etc/hostname | wc -l",
        ])
        .await;
        assert_eq!(out, "checkout 0\n0\n1\n");
        let (out, _, exit) = once(&[
            "sh",
            "-c",
            "command -v nope >/dev/null 2>&1 && exec nope || echo fallback",
        ])
        .await;
        assert_eq!((out.as_str(), exit), ("fallback\n", Exit::Code(0)));
    }

    /// What a script prints, in a container whose image has a shell.
    async fn script(world: &World, text: &str) -> String {
        let terminal = start_in(world, "checkout-", &["sh", "-c", text], false);
        let (out, err, _) = terminal.end().await;
        out + &err
    }

    #[tokio::test]
    async fn words_and_variables_that_are_too_long_end_a_script() {
        let world = world();
        for (text, printed) in [
            (
                "x=0123456789; for i in $(seq 20); do x=$x$x; done; echo never",
                "sh: Argument list too long\n",
            ),
            (
                "echo $(seq 90000) | wc -w; echo $(seq 90000) $(seq 90000); echo never",
                "90000\nsh: Argument list too long\n",
            ),
            (
                "x=0123456789; for i in $(seq 16); do x=$x$x; done; for i in $(seq 30); do export a$i=$x || break; done; \
                 echo $i; y=$x; echo never",
                "25\nsh: out of memory\nsh: out of memory\n",
            ),
        ] {
            assert_eq!(script(&world, text).await, printed, "{text}");
        }
    }

    #[tokio::test]
    async fn scripts_do_what_people_type_into_containers() {
        let world = world();
        for (text, printed) in [
            ("for i in 1 2 3; do echo -n $i; done", "123"),
            ("for i in $(seq 2); do echo line $i; done | wc -l", "2\n"),
            ("i=0; while [ $i -lt 3 ]; do i=$((i+1)); done; echo $i", "3\n"),
            ("until false; do echo once; break; done", "once\n"),
            ("ls /nosuch 2>/dev/null; echo $?", "1\n"),
            ("if [ -f /etc/hosts ]; then echo yes; else echo no; fi", "yes\n"),
            ("echo \"${NOPE:-other} ${#APP_NAME}\"", "other 8\n"),
            (
                "x=1; (x=2; cd /tmp; exit 3); echo $?; { y=3; }; echo $x$y $PWD$(exit 5)",
                "3\n13 /\n",
            ),
            ("echo a b c | while read first rest; do echo $rest; done", "b c\n"),
            (
                "printf 'a\\nb\\n' > /tmp/x; while read l; do echo \"<$l>\"; done < /tmp/x",
                "<a>\n<b>\n",
            ),
            (
                "echo -en 'a\\tb'; APP=1 printenv APP NOPE APP_NAME",
                "a\tb1\ncheckout\n",
            ),
            ("echo one two | xargs -n 1 echo got", "got one\ngot two\n"),
            (
                "case $APP_NAME in check*) echo ours;; *) echo whose;; esac",
                "ours\n",
            ),
            (
                "cat /dev/null; timeout=1; ls -d /opt /srv; tail -f /nosuch",
                "/opt\n/srv\ntail: can't open '/nosuch': No such file or directory\n",
            ),
            ("cat /etc/hos* | grep -c localhost", "2\n"),
            ("echo 'a  b' | awk '{print $2}' | sed 's/b/c/'", "c\n"),
            (
                "! true; echo $?; X=5 sh -c 'echo $X'; echo \"[$X]\"",
                "1\n5\n[]\n",
            ),
            ("echo out; echo err >&2", "out\nerr\n"),
            (
                "{ echo one; ls /nosuch; } > /tmp/both 2>&1; wc -l < /tmp/both",
                "2\n",
            ),
            ("echo `echo inner` $(echo $(echo deep))", "inner deep\n"),
            ("sh -c 'echo $1-$#' zero one two", "one-2\n"),
            (
                "mkdir /tmp/d && touch /tmp/d/a && find /tmp/d -type f && rm -r /tmp/d && ls /tmp/d",
                "/tmp/d/a\nls: /tmp/d: No such file or directory\n",
            ),
            (
                "for i in 1; do",
                "sh: syntax error: unexpected end of file (expecting \"done\")\n",
            ),
            ("echo $((1/0)); echo never", "sh: divide by zero\n"),
        ] {
            assert_eq!(script(&world, text).await, printed, "{text}");
        }
        // What k9s starts.
        let shell = "command -v bash >/dev/null && exec bash || exec sh";
        let terminal = start("checkout-", &["sh", "-c", shell], true);
        terminal.type_in("exit 4\r").await;
        assert_eq!(terminal.end().await.2, Exit::Code(4));
    }

    #[tokio::test]
    async fn an_endless_loop_ends_with_ctrl_c_and_with_its_reader() {
        let mut terminal = start("checkout-", &["sh"], true);
        terminal.type_in("while true; do echo again; done\r").await;
        terminal.until("again\r\nagain").await;
        terminal.type_in("\x03").await;
        terminal.until("^C").await;
        terminal.type_in("echo $?\r").await;
        terminal.until("130\r\n").await;
        let Terminal {
            screen,
            exit,
            keys,
            size,
        } = start("checkout-", &["sh", "-c", "while :; do :; done"], false);
        drop((screen, keys, size));
        exit.await.unwrap();
    }

    #[tokio::test]
    async fn names_are_not_found_while_nobody_serves_dns() {
        let world = world();
        let ask = "nslookup web; curl -s -o /dev/null -w '%{http_code}' http://web";
        let said = script(&world, ask).await;
        assert!(said.contains("Name:\tweb\n") && said.ends_with("200"), "{said}");
        for slice in world.store().list("endpointslices", Some("kube-system")) {
            world
                .store()
                .remove("endpointslices", "kube-system", &slice.name)
                .unwrap();
        }
        let said = script(&world, ask).await;
        assert!(
            said.contains(";; connection timed out; no servers could be reached"),
            "{said}"
        );
        assert!(
            said.contains("curl: (6) Could not resolve host: web") && said.contains("000"),
            "{said}"
        );
    }

    #[tokio::test]
    async fn a_pod_that_mounts_its_node_sees_it() {
        let world = world();
        let node = world.store().list("nodes", None)[0].name.to_string();
        let pod = serde_json::json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "node-debugger", "namespace": "shop"},
            "spec": {"nodeName": node, "hostPID": true, "hostNetwork": true,
                "containers": [{"name": "debugger", "image": "busybox", "command": ["sleep", "infinity"], "volumeMounts": [{"name": "root", "mountPath": "/host"}]}],
                "volumes": [{"name": "root", "hostPath": {"path": "/"}}]},
        });
        world.store().create("pods", "shop", pod).unwrap();
        let clock = world.store().clock().clone();
        for _ in 0..10 {
            clock.advance(std::time::Duration::from_secs(2));
            world.tick(clock.now());
        }
        let text = "chroot /host cat /etc/hostname; ls -d /host/etc; chroot /host sh -c 'echo x > /tmp/new'; cat /host/tmp/new; ls /etc/kubernetes; hostname; ps | grep -c kubelet";
        let terminal = start_in(&world, "node-debugger", &["sh", "-c", text], false);
        let (out, err, exit) = terminal.end().await;
        assert_eq!(exit, Exit::Code(0), "{err}");
        assert_eq!(out, format!("{node}\n/host/etc\nx\n{node}\n1\n"), "{err}");
    }

    #[tokio::test]
    async fn input_is_piped_through() {
        let terminal = start("checkout-", &["cat"], false);
        terminal.type_in("hello\n").await;
        terminal.type_in("world\n").await;
        assert_eq!(
            terminal.end().await,
            ("hello\nworld\n".into(), String::new(), Exit::Code(0))
        );
        let terminal = start("checkout-", &["sh", "-c", "wc -l | tr '\\n' '!'"], false);
        terminal.type_in("1\n2\n3\n").await;
        assert_eq!(terminal.end().await.0, "3!");
    }

    #[tokio::test]
    async fn an_image_without_shell_says_so_in_the_runtimes_words() {
        let (_, _, exit) = start("recommendations-", &["sh"], true).end().await;
        let Exit::Failed(why) = exit else {
            panic!("{exit:?}")
        };
        assert!(
            why.ends_with("exec: \"sh\": executable file not found in $PATH: unknown"),
            "{why}"
        );
        let (_, _, exit) = start("cart-", &["bash"], true).end().await;
        assert!(
            matches!(exit, Exit::Failed(why) if why.contains("exec: \"bash\": executable file not found in $PATH"))
        );
    }

    #[tokio::test]
    async fn a_terminal_edits_lines_and_knows_its_size() {
        let mut terminal = start("checkout-", &["bash"], true);
        terminal.until("# ").await;
        terminal.size.send((132, 43)).unwrap();
        terminal.type_in("stty sizX\x7fe\r").await;
        terminal.until("43 132\r\n").await;
        terminal.type_in("\x1b[A\r").await;
        terminal.until("43 132\r\n").await;
        terminal.type_in("half\x03").await;
        terminal.until("^C").await;
        terminal.type_in("echo $?\r").await;
        terminal.until("130\r\n").await;
        terminal.type_in("exit 7\r").await;
        assert_eq!(terminal.end().await.2, Exit::Code(7));
    }

    #[tokio::test]
    async fn a_long_line_wraps() {
        let mut terminal = start("checkout-", &["sh"], true);
        terminal.size.send((20, 10)).unwrap();
        terminal.until("/ # ").await;
        // The prompt takes four columns: the seventeenth letter stands on the second row.
        terminal.type_in("echo 678901234567").await;
        terminal.until("\r/ # echo 67890123456\r\n\x1b[J").await;
        terminal.until("\x1b[1A\r/ # echo 678901234567\x1b[J").await;
        terminal.type_in("\x1b[H").await;
        terminal.until("\x1b[1A\r\x1b[4C").await;
        terminal.type_in("\r").await;
        terminal.until("\r\n678901234567\r\n").await;
    }

    #[tokio::test]
    async fn a_full_screen_program_gives_the_screen_back() {
        let mut terminal = start("checkout-", &["sh"], true);
        terminal.type_in("top\r").await;
        terminal.until("\x1b[?1049h").await;
        terminal.until("80x24").await;
        terminal.type_in("q").await;
        terminal.until("\x1b[?1049l").await;
        terminal.type_in("\x04").await;
        assert_eq!(terminal.end().await.2, Exit::Code(0));
    }

    #[tokio::test]
    async fn sleep_is_interrupted() {
        let mut terminal = start("checkout-", &["sh"], true);
        terminal.type_in("sleep 1000\r").await;
        terminal.until("sleep 1000\x1b[J\r\n").await;
        terminal.type_in("\x03").await;
        terminal.until("^C").await;
        terminal.type_in("echo $?\r").await;
        terminal.until("130\r\n").await;
    }

    #[tokio::test]
    async fn archives_go_in_and_come_out() {
        // `tar cf` of a folder, in one container; the same bytes into a folder of it, and read there by another command.
        let mut terminal = start("checkout-", &["tar", "cf", "-", "/etc/hostname"], false);
        terminal.keys = None;
        let mut archive = Vec::new();
        while let Some(output) = terminal.screen.recv().await {
            if let Output::Out(bytes) = output {
                archive.extend_from_slice(&bytes);
            }
        }
        assert_eq!(terminal.exit.await.unwrap(), Exit::Code(0));
        assert_eq!(archive.len() % 512, 0);
        let script = "tar -xmf - -C /tmp && cat /tmp/etc/hostname && tar tf - < /dev/null";
        let terminal = start("checkout-", &["sh", "-c", script], false);
        terminal
            .keys
            .as_ref()
            .unwrap()
            .send(archive.into())
            .await
            .unwrap();
        let (out, err, _) = terminal.end().await;
        assert!(out.starts_with("checkout-"), "{out} {err}");
        let (out, err, exit) = once(&["tar", "cf", "-", "/nowhere"]).await;
        assert_eq!((out.trim_matches('\0'), exit), ("", Exit::Code(2)));
        assert!(
            err.contains("tar: /nowhere: Cannot stat: No such file or directory"),
            "{err}"
        );
    }

    #[tokio::test]
    async fn services_are_found_by_name() {
        let (out, _, exit) = once(&["curl", "-s", "http://ledger.payments:5432/"]).await;
        assert!(out.contains("pod ledger-") && exit == Exit::Code(0), "{out}");
        assert_eq!(
            once(&["curl", "http://gateway.team-a"]).await.2,
            Exit::Code(7),
            "no endpoint is ready"
        );
        assert_eq!(once(&["curl", "http://nobody"]).await.2, Exit::Code(6));
    }
}
