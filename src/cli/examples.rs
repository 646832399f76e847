//! What stands below the help of each command: lines a person can copy. Text only.

/// `get`.
pub const GET: &str = "Examples:
  kubris get po                              pods of the context's namespace
  kubris get po -A -l app=web -o wide        by label, everywhere, every column
  kubris get po,svc -n shop                  several kinds, one table each
  kubris get deploy/web svc/web -o yaml      objects by name, as the API server has them
  kubris get po -o csv | cut -d, -f1,3       `-o csv`: every column of the view, cores in thousandths, memory in bytes
  kubris get crontabs.stable.example.com     any kind the server serves

Columns of one title (`%R` of CPU and of MEM) are called after their column in CSV: `CPU %R`, `MEM %R`.";

/// `nodes`.
pub const NODES: &str = "Examples:
  kubris nodes                               requested, limits, used; pods against slots and addresses
  kubris nodes -l eks.amazonaws.com/nodegroup=blue
  kubris nodes -o json | jq '.[] | select(.headroom < 1) | .name'
  kubris nodes -o csv                        every column

JSON has a member for each column, by its title in lower case with `-` for blanks: `.cpu.used`, `.[\"cpu-%u\"]`, `.headroom`.";

/// `events`.
pub const EVENTS: &str = "Examples:
  kubris events                              of the context's namespace, newest first
  kubris events -A --warnings                warnings of the whole cluster
  kubris events --for deploy/web -o csv      of one object";

/// `logs`.
pub const LOGS: &str = "Examples:
  kubris logs deploy/web                     all pods of it, those to come, too
  kubris logs web-7d9f8c6b5-xk2p1 -c app -p  the previous instance of a container
  kubris logs '^web-' -A --since 1h -i error lines with `error` of pods whose names match, in all namespaces
  kubris logs -l app=web --no-follow -o json | jq .message
  kubris logs -f '^import-'                  waits for a pod of that name when there is none yet";

/// `scale`.
pub const SCALE: &str = "Examples:
  kubris scale deploy/web 5                  says what it will do and asks
  kubris scale deploy/web +2 --yes           without being asked
  kubris scale sts/db 50%                    half, rounded up";

/// `exec`.
pub const EXEC: &str = "Examples:
  kubris exec web-1                          a shell (bash, else sh)
  kubris exec deploy/web -c app -- env       in the most active pod of a deployment
  tar c . | kubris exec web-1 -- tar x -C /tmp
The exit code is the command's, as kubectl's is.";

/// `contexts`.
pub const CONTEXTS: &str = "Examples:
  kubris contexts                            which can be used, and why the others cannot
  kubris --context staging get po";

/// `completion`.
pub const COMPLETION: &str = "Examples:
  kubris completion bash > ~/.local/share/bash-completion/completions/kubris
  kubris completion zsh > \"${fpath[1]}/_kubris\"
  kubris completion fish > ~/.config/fish/completions/kubris.fish";

/// `config`.
pub const CONFIG: &str = "Examples:
  kubris config > ~/.config/kubris/config.toml   all settings with their defaults, to change
  kubris config --keymap                         all keys
  kubris config --check                          what is wrong in the files";

/// `demo`.
pub const DEMO: &str = "Examples:
  kubris demo                                the explorer on a pretend cluster
  kubris demo --pods 10000 --nodes 200 --churn 250/s    250 changes of pods a second: 50 are replaced
  kubris demo --serve                        for kubectl and others; prints the kubeconfig
  kubris demo --serve --faults               takes orders to misbehave; with the token T and the address A of the kubeconfig:
    curl -k -H \"Authorization: Bearer $T\" $A/debug/faults -d '{\"path\": \"*/pods\", \"query\": \"watch=\", \"cutAfterLines\": 3, \"times\": 2}'
  An order is for requests of a path (* is any text), method, query, so many times. What happens to them:
    status (with retryAfter, message), hang, delayMs, drop, gone, cutAfterLines, cutAfterBytes, endAfterBytes, closeAfterMs,
    silentAfterMs, bytesPerSecond, loseEvents (with after), line or lineBase64 (put into a log; with after, lineBytes)
  or, to the cluster: forbid {verb, resource, namespace}, down or up (an API group), offlineMs, cut, silence, expireToken,
    clockSkewSeconds, compact, rotateLogs
  GET lists the orders, DELETE withdraws them all or, with its number behind the path, one. /debug/requests tells what was asked.";

/// `gameday`.
pub const GAMEDAY: &str = "Examples:
  kubris gameday                             any of them; find out what is wrong, mend it
  kubris gameday list                        their names, which tell a little
  kubris gameday oom-leak --flavor gke
  kubris gameday --example > my.yaml         a file to begin your own with
  kubris gameday ./my.yaml
Inside: F2 reads a hint, :solution gives up, :gameday shows the story so far.";
